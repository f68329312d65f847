"""template, number, webhook, and what doctor says of an account: against a Graph API that is stricter than Meta's."""

import os
import stat
import time

import pexpect
import pytest

from conftest import PROGRAM
from fakegraph import ACCOUNT, NUMBER, TOKEN, Graph, Refused

PIN = "482913"


class Host:
    """An admin's folder: a config and the credentials beside it."""

    def __init__(self, folder, otpctl, graph):
        self.folder, self.otpctl, self.graph = folder, otpctl, graph
        self.channel = {"phone_number_id": NUMBER, "waba_id": ACCOUNT, "api_version": "v25.0", "template": "login_code",
                        "language": "en_US", "token": "credential:meta-token", "base_url": graph.url}
        self.languages, self.receipts, self.more = ["en_US", "ar"], "none", ""
        self.config = folder / "whatsapp-otp.conf"
        self.state = folder / "state"
        self.state.mkdir()
        self.secret("meta-token", TOKEN)

    def secret(self, name, text):
        (self.folder / "credentials").mkdir(exist_ok=True)
        path = self.folder / "credentials" / name
        path.unlink(missing_ok=True)
        path.write_text(text + "\n")
        path.chmod(0o400)

    def write(self):
        keys = "\n".join(f'{key} = "{value}"' for key, value in self.channel.items())
        languages = ", ".join(f'"{language}"' for language in self.languages)
        self.config.write_text(f'core {{ state_dir = "{self.state}" }}\nchannel "whatsapp" {{ driver = whatsapp_cloud\n{keys}\n'
                               f"languages = {{{languages}}}\nreceipts = {self.receipts} }}\n{self.more}")

    def run(self, *words, **options):
        self.write()
        result = self.otpctl(*words, "--config", str(self.config), config=False, **options)
        for secret in (TOKEN, PIN):
            assert secret not in result.out + result.err
        return result

    def register(self, *words, pin=PIN, status="PENDING"):
        self.graph.status = status
        return self.run("number", "register", "--pin-file", "-", *words, stdin=pin + "\n")

    def doctor(self):
        result = self.run("doctor", "--json", "--pam-dir", str(self.folder), "--sshd", "/nonexistent")
        return [(o["state"], o["detail"]) for o in result.objects if o["name"] == "meta whatsapp"]


@pytest.fixture
def graph():
    running = Graph()
    yield running
    running.stop()
    assert running.wrong == []


@pytest.fixture
def host(tmp_path, otpctl, graph):
    return Host(tmp_path, otpctl, graph)


# Templates.

def test_create_makes_what_is_missing(host, graph):
    graph.approve("en_US", "de")
    result = host.run("template", "create")
    assert (result.status, result.err) == (0, "")
    assert result.lines[:2] == ["login_code en_US: exists, APPROVED", "login_code ar: created, PENDING"]
    made, = graph.made("POST", "message_templates")
    assert made["language"] == "ar" and made["components"][2]["buttons"][0]["text"] == "نسخ الرمز"
    again = host.run("template", "create", "--json")
    assert again.status == 0 and [o["result"] for o in again.objects] == ["exists", "exists"]
    assert len(graph.made("POST", "message_templates")) == 1


@pytest.mark.parametrize("policies, seconds, minutes", [
    ("", 300, 5), ('policy "default" { ttl = 90 }', 90, 1), ('policy "x" { ttl = 600 }', 600, 10),
    ('policy "default" { ttl = 30 }', 30, 1), ('policy "default" { ttl = 120 }\npolicy "x" { ttl = 600 exempt = true }', 120, 2),
])
def test_a_message_does_not_outlive_its_code(host, graph, policies, seconds, minutes):
    host.more = policies
    host.run("template", "create", "--language", "ar")
    made, = graph.made("POST", "message_templates")
    assert made["message_send_ttl_seconds"] == seconds
    assert made["components"][1] == {"type": "footer", "code_expiration_minutes": minutes}


def test_create_in_other_languages(host, graph):
    result = host.run("template", "create", "--language", "pt_BR", "--language", "sw")
    assert result.status == 0
    buttons = [made["components"][2]["buttons"][0].get("text") for made in graph.made("POST", "message_templates")]
    assert buttons == ["Copiar código", None]


def test_a_language_that_is_none(host, graph):
    result = host.run("template", "create", "--language", "en-US")
    assert result.status == 2 and result.err.startswith("whatsapp-otpctl: --language en-US: no language of Meta's")
    assert graph.made("POST", "message_templates") == []


def test_meta_refuses_one_language_and_takes_the_others(host, graph):
    graph.errors["POST", "message_templates"] = Refused(100, "Invalid parameter", error_user_msg="The name is taken for 30 days")
    result = host.run("template", "create")
    assert result.status == 1 and len(graph.made("POST", "message_templates")) == 2
    assert result.err.splitlines()[0] == ("whatsapp-otpctl: template create: en_US: a parameter is invalid (code 100, trace "
                                          "AbCdEf123): The name is taken for 30 days")


def test_list_shows_all_pages(host, graph):
    graph.approve("en_US", "ar", "de", "fr", "it")
    graph.approve("en_US", name="other")
    result = host.run("template", "list", "--json")
    assert result.status == 0 and [o["language"] for o in result.objects] == ["en_US", "ar", "de", "fr", "it", "en_US"]
    assert host.run("template", "list").lines[0].split() == ["NAME", "LANGUAGE", "STATUS", "QUALITY", "CATEGORY", "ID"]


def test_status_says_what_a_sender_would_do(host, graph):
    graph.approve("en_US", "ar")
    assert host.run("template", "status").status == 0
    host.languages += ["de", "fr", "it"]
    graph.approve("de", status="PAUSED", quality="RED")
    graph.approve("fr", status="REJECTED")
    graph.approve("it", name="login_code_old")
    result = host.run("template", "status", "--json")
    assert result.status == 1
    assert {o["language"]: (o["status"], o["usable"]) for o in result.objects} == {
        "en_US": ("APPROVED", True), "ar": ("APPROVED", True), "de": ("PAUSED", False), "fr": ("REJECTED", False),
        "it": ("MISSING", False)}
    effects = [o["effect"] for o in result.objects]
    assert "132015" in effects[2] and "132001" in effects[3] and "there is none" in effects[4]


def test_an_approved_template_of_another_category_sends_no_code(host, graph):
    graph.approve("en_US", "ar", category="MARKETING")
    result = host.run("template", "status")
    assert result.status == 1 and "is no authentication template" in result.out


def test_delete_wants_a_word(host, graph):
    graph.approve("en_US", "ar")
    graph.approve("en_US", name="other")
    refused = host.run("template", "delete")
    assert refused.status == 2 and "add --yes" in refused.err and len(graph.templates) == 3
    assert host.run("template", "delete", "--yes").out == "login_code: deleted in all languages\n"
    assert [t["name"] for t in graph.templates] == ["other"]


# What can be wrong with any of them.

def test_a_wrong_token_is_not_quoted(host):
    host.secret("meta-token", "WrongToken987")
    result = host.run("number", "status")
    assert result.status == 1 and "WrongToken987" not in result.err
    assert result.err == ("whatsapp-otpctl: number status: the access token has expired or is invalid (code 190, trace "
                          "AbCdEf123)\n")


def test_a_wrong_id(host):
    host.channel["phone_number_id"] = "4711"
    result = host.run("number", "status")
    assert result.status == 1 and "code 100" in result.err and "does not exist" in result.err


def test_a_missing_permission(host, graph):
    graph.errors["GET", "message_templates"] = Refused(200, status=403)
    result = host.run("template", "list")
    assert result.status == 1 and result.err.rstrip().endswith(
        "the token needs whatsapp_business_management and the account of waba_id")


def test_no_network(host, graph):
    host.channel["base_url"] = "http://127.0.0.1:1"
    for words in (["number", "status"], ["template", "status"], ["webhook", "status"]):
        result = host.run(*words)
        assert result.status == 3 and "Meta cannot be reached" in result.err


def test_a_proxy_that_answers_for_meta(host, graph):
    graph.errors["GET", NUMBER] = b"<html>please log in</html>"
    result = host.run("number", "status")
    assert result.status == 3 and "the answer is not one of the Graph API (HTTP 200)" in result.err


def test_an_answer_that_breaks_off(host, graph):
    graph.errors["POST", "request_code"] = "drop"
    result = host.run("number", "request-code", "--method", "SMS")
    assert result.status == 3 and "look whether it took effect" in result.err
    assert len(graph.made("POST", "request_code")) == 1


def test_control_characters_of_an_error_reach_no_terminal(host, graph):
    graph.errors["GET", NUMBER] = Refused(100, "\x1b[31mred")
    result = host.run("number", "status")
    assert result.status == 1 and "\x1b" not in result.err and "code 100" in result.err


@pytest.mark.parametrize("change, words", [
    ({"waba_id": ""}, "needs waba_id for this"),
    ({"phone_number_id": ""}, "needs phone_number_id"),
    ({"api_version": ""}, 'needs api_version like "v25.0"'),
    ({"base_url": "http://graph.example"}, "base_url must begin with https://"),
    ({"token": "credential:none"}, "credentials/none: No such file or directory"),
])
def test_a_channel_that_lacks_something(host, graph, change, words):
    host.channel.update(change)
    result = host.run("template", "list")
    assert result.status in (1, 2) and words in result.err and graph.requests == []


def test_two_channels_of_meta(host, graph):
    host.more = 'channel "second" { driver = whatsapp_cloud }\nchannel "out" { driver = file path = "/tmp/x" }\n'
    result = host.run("number", "status")
    assert result.status == 2 and "both whatsapp and second have driver = whatsapp_cloud" in result.err
    assert host.run("number", "status", "--channel", "whatsapp").status == 0
    assert "has another driver" in host.run("number", "status", "--channel", "out").err
    assert "no such channel" in host.run("number", "status", "--channel", "none").err


def test_a_credential_of_systemd_comes_first(host, tmp_path):
    (tmp_path / "unit").mkdir()
    (tmp_path / "unit" / "meta-token").write_text(TOKEN)
    (tmp_path / "unit" / "meta-token").chmod(0o400)
    host.secret("meta-token", "stale")
    assert host.run("number", "status", CREDENTIALS_DIRECTORY=str(tmp_path / "unit")).status == 0


# The number.

def test_number_status(host):
    result = host.run("number", "status")
    assert result.status == 0 and "messaging tier: TIER_250" in result.lines and "quality: GREEN" in result.lines
    assert host.run("number", "status", "--json").objects == [{
        "phone_number_id": NUMBER, "number": "+1 555-078-3881", "name": "Login codes", "name_status": "APPROVED",
        "status": "CONNECTED", "quality": "GREEN", "throughput": "STANDARD", "messaging_limit": "TIER_250",
        "code_verification": "VERIFIED", "platform": "CLOUD_API"}]


def test_register_from_a_file(host, graph, tmp_path):
    pin = tmp_path / "pin"
    pin.write_text(PIN + "\n")
    pin.chmod(0o400)
    graph.status = "PENDING"
    result = host.run("number", "register", "--pin-file", str(pin))
    assert (result.status, result.err) == (0, "") and "attempt 1 within 72 hours" in result.out
    assert graph.made("POST", "register") == [{"messaging_product": "whatsapp", "pin": PIN}]
    state = host.state / "register-attempts"
    assert stat.S_IMODE(state.stat().st_mode) == 0o600 and PIN not in state.read_text()
    pin.chmod(0o444)
    graph.status = "DISCONNECTED"
    assert "can be read by others" in host.run("number", "register", "--pin-file", str(pin)).err


@pytest.mark.parametrize("pin, words", [("12345", "is too short"), ("1234567", "is too long"), ("12345a", "digits"),
                                        ("", "is empty")])
def test_a_pin_that_is_none_costs_no_attempt(host, graph, pin, words):
    result = host.register(pin=pin)
    assert result.status == 1 and f"number register: the PIN {words}" in result.err.replace("consists of digits", "digits")
    assert graph.made("POST", "register") == [] and not (host.state / "register-attempts").exists()


def test_a_number_that_is_connected_is_registered_only_by_consent(host, graph):
    result = host.register(status="CONNECTED")
    assert result.status == 1 and "registered already (CONNECTED)" in result.err and "--yes" in result.err
    assert graph.made("POST", "register") == [] and not (host.state / "register-attempts").exists()
    assert host.register("--yes", status="CONNECTED").status == 0 and len(graph.made("POST", "register")) == 1


def test_a_status_that_cannot_be_read_costs_no_attempt(host, graph):
    graph.errors["GET", NUMBER] = Refused(100, "no such number")
    result = host.register()
    assert result.status == 1 and "code 100" in result.err and "no attempt was made" in result.err
    assert graph.made("POST", "register") == [] and not (host.state / "register-attempts").exists()


def test_nobody_to_type_a_pin(host, graph):
    result = host.run("number", "pin")
    assert result.status == 2 and "name a file by --pin-file" in result.err and graph.requests == []


@pytest.mark.parametrize("code, words", [(133005, "do not guess"), (133008, "stop: wait"), (133009, "stop: wait"),
                                         (133006, "number request-code"), (133015, "wait five minutes")])
def test_register_stops_at_the_first_refusal(host, graph, code, words):
    graph.errors["POST", "register"] = Refused(code, f"PIN {PIN} is wrong")
    result = host.register()
    assert result.status == 1 and f"code {code}" in result.err and words in result.err
    assert len(graph.made("POST", "register")) == 1


def test_the_ninth_attempt_in_72_hours(host, graph):
    for _ in range(8):
        assert host.register().status == 0
    refused = host.register()
    assert refused.status == 1 and "8 attempts within 72 hours" in refused.err and len(graph.made("POST", "register")) == 8
    in_three_days = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 72 * 3600))
    assert f"the next one is free at {in_three_days}" in refused.err
    assert host.register("--yes").status == 0 and len(graph.made("POST", "register")) == 9


def test_old_attempts_do_not_count(host, graph):
    old, recent = int(time.time()) - 72 * 3600 - 5, int(time.time()) - 60
    attempts = ",".join([f'{{"at":{old}}}'] * 20 + [f'{{"at":{recent}}}'] * 7)
    (host.state / "register-attempts").write_text(f'{{"{NUMBER}":[{attempts}],"999":[]}}')
    result = host.register()
    assert result.status == 0 and "attempt 8 within 72 hours" in result.out
    assert host.register().status == 1


def test_meta_has_had_enough(host, graph):
    graph.errors["POST", "register"] = Refused(133016)
    assert host.register().status == 1
    del graph.errors["POST", "register"]
    refused = host.register()
    assert refused.status == 1 and "1 attempt within 72 hours, and Meta has refused one" in refused.err and len(graph.made("POST", "register")) == 1


@pytest.mark.parametrize("rubbish", ["", "[]", '{"x"', f'{{"{NUMBER}": 7}}', f'{{"{NUMBER}":[{{"at":99999999999999}}]}}'])
def test_a_list_of_attempts_that_is_none(host, rubbish):
    (host.state / "register-attempts").write_text(rubbish)
    assert host.register().status == 0


def test_no_attempt_that_cannot_be_written_down(host, graph):
    host.state.rmdir()
    result = host.register()
    assert result.status == 1 and "Meta counts them, so none was made" in result.err
    assert graph.made("POST", "register") == []


def test_pin_code_and_verification(host, graph):
    assert host.run("number", "pin", "--pin-file", "-", stdin=PIN).status == 0 and graph.pin == PIN
    assert host.run("number", "request-code").status == 2
    assert host.run("number", "request-code", "--method", "sms").status == 2
    assert host.run("number", "request-code", "--method", "VOICE", "--language", "ar").status == 0
    assert graph.made("POST", "request_code") == [{"code_method": "VOICE", "language": "ar"}]
    wrong = host.run("number", "verify-code", stdin="000000\n")
    assert wrong.status == 1 and "000000" not in wrong.err
    assert host.run("number", "verify-code", "--json", stdin="123-830\n").objects == [
        {"op": "number verify-code", "phone_number_id": NUMBER, "done": True}]


def spawn(host, *words):
    host.write()
    return pexpect.spawn(PROGRAM, [*words, "--config", str(host.config)], encoding="utf-8", timeout=20,
                         env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TERM": "dumb"})


def test_a_typed_pin_is_not_shown(host, graph):
    graph.status = "PENDING"
    child = spawn(host, "number", "register")
    child.expect("PIN of two-step verification: ")
    child.sendline(PIN)
    child.expect(pexpect.EOF)
    assert PIN not in child.before and "registered" in child.before
    child.close()
    assert child.exitstatus == 0 and graph.pin == PIN


def test_an_interrupted_pin_leaves_the_terminal_as_it_was(host, graph):
    host.write()
    child = pexpect.spawn("/bin/sh", ["-c", 'trap : INT; "$@"; echo "status $?"; stty -a', "sh", PROGRAM, "number", "pin",
                                      "--config", str(host.config)], encoding="utf-8", timeout=20, env={"PATH": "/usr/bin:/bin"})
    child.expect("PIN of two-step verification: ")
    assert not child.getecho()
    child.sendintr()
    child.expect(pexpect.EOF)
    assert "status 130" in child.before and " echo " in child.before and " -echo " not in child.before
    assert graph.requests == []


def test_waiting_is_shown_on_a_terminal(host, graph):
    slow = Graph.get_node
    graph.get_node = lambda query, body: time.sleep(1.3) or slow(graph, query, body)
    child = spawn(host, "number", "status")
    child.expect("waiting for Meta, 1 s")
    child.expect("quality: GREEN")
    child.expect(pexpect.EOF)


# The webhook.

def test_subscribe(host, graph):
    assert host.run("webhook", "status").status == 1
    assert host.run("webhook", "subscribe").status == 0
    assert graph.made("POST", "subscribed_apps") == [None]
    result = host.run("webhook", "status")
    assert result.status == 0 and "at the callback URL of the app" in result.out


def test_subscribe_with_a_url(host, graph):
    url = "https://otp.example/meta"
    result = host.run("webhook", "subscribe", "--url", url)
    assert result.status == 1 and "verify_token" in result.err and graph.made("POST", "subscribed_apps") == []
    host.more = 'webhook { verify_token = "credential:verify-token" public_url = "https://web1.example" path_meta = "/meta" }\n'
    host.secret("verify-token", "SecretWord42")
    result = host.run("webhook", "subscribe", "--url", url)
    assert result.status == 0 and "SecretWord42" not in result.out + result.err
    assert graph.made("POST", "subscribed_apps") == [{"override_callback_uri": url, "verify_token": "SecretWord42"}]
    result = host.run("webhook", "status")
    assert result.status == 0 and url in result.out
    assert "the webhook of this config is https://web1.example/meta" in result.err


@pytest.mark.parametrize("url", ["http://otp.example/meta", "https://", "otp.example", "https://x/a b"])
def test_a_url_that_meta_would_not_call(host, graph, url):
    assert host.run("webhook", "subscribe", "--url", url).status == 2 and graph.requests == []


# doctor.

def test_doctor_of_a_healthy_account(host, graph):
    graph.approve("en_US", "ar")
    found = host.doctor()
    assert [state for state, _ in found] == ["ok"] * 8, found
    details = [detail for _, detail in found]
    assert details[0] == "api_version v25.0 ends on 2028-07-29" and details[1] == "token: never expires"
    assert details[3] == "number: quality GREEN, messaging tier TIER_250, throughput STANDARD"
    assert details[6] == "receipts = poll is possible"


def test_doctor_of_a_sick_account(host, graph):
    graph.approve("en_US", quality="YELLOW")
    graph.quality = "RED"
    graph.health = {"can_send_message": "BLOCKED", "entities": [
        {"entity_type": "BUSINESS", "id": "1", "can_send_message": "BLOCKED", "errors": [
            {"error_code": 141010, "error_description": "The business is not verified", "possible_solution": "Verify it"}]}]}
    graph.token.update(expires_at=int(time.time()) + 3 * 86400 + 60, scopes=["whatsapp_business_management"])
    host.receipts = "webhook"
    found = host.doctor()
    assert ("warn", "token: expires in 3 days") in found
    assert ("fail", "token: lacks whatsapp_business_messaging, so it cannot send") in found
    assert ("fail", "health: BLOCKED") in found and ("fail", "BUSINESS: The business is not verified (code 141010)") in found
    assert ("fail", "webhook: not subscribed") in found
    assert [s for s, d in found if d.startswith("template login_code")] == ["warn", "fail"]


@pytest.mark.parametrize("receipts, state", [("poll", "fail"), ("none", "ok")])
def test_doctor_tries_to_poll(host, graph, receipts, state):
    graph.errors["GET", "message_history"] = Refused(10, status=403)
    host.receipts = receipts
    found = [(s, d) for s, d in host.doctor() if d.startswith("receipts = poll")]
    assert len(found) == 1 and found[0][0] == state and "is not possible" in found[0][1]


def test_doctor_where_polling_cannot_be_judged(host, graph):
    graph.errors["GET", "message_history"] = Refused(100, error_subcode=33)
    assert [s for s, d in host.doctor() if d.startswith("receipts = poll")] == ["skip"]


@pytest.mark.parametrize("version, state, words", [("v20.0", "fail", "ended on 2026-09-24"), ("v26.0", "ok", "has no end yet"),
                                                   ("v99.0", "ok", "is not in this program's list")])
def test_doctor_knows_when_versions_end(host, graph, version, state, words):
    host.channel["api_version"] = version
    host.channel["base_url"] = "http://127.0.0.1:1"
    found = host.doctor()
    assert found[0][0] == state and words in found[0][1]


def test_doctor_without_a_network_says_so_once(host):
    host.channel["base_url"] = "http://127.0.0.1:1"
    found = host.doctor()
    assert len(found) == 2 and found[1][0] == "fail" and "Meta cannot be reached" in found[1][1]


def test_doctor_with_a_token_that_has_expired(host):
    host.secret("meta-token", "WrongToken987")
    assert ("fail", "token: the access token has expired or is invalid (code 190, trace AbCdEf123)") in host.doctor()


@pytest.mark.skipif(os.getuid() != 0, reason="wants root")
def test_doctor_of_somebody_who_may_not_read_the_token(host, graph, tmp_path):
    host.write()
    os.chmod(tmp_path / "credentials", 0o700)
    for folder in [tmp_path, *tmp_path.parents][:-2]:
        os.chmod(folder, os.stat(folder).st_mode | 0o055)
    child = pexpect.spawn("/usr/bin/setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", PROGRAM, "doctor", "--config",
                                               str(host.config), "--sshd", "/nonexistent"], encoding="utf-8", timeout=30)
    child.expect(pexpect.EOF)
    lines = [line for line in child.before.splitlines() if " meta whatsapp: " in line]
    assert len(lines) == 2 and lines[1].startswith("skip ") and "run it as root" in lines[1]
    assert graph.requests == []
