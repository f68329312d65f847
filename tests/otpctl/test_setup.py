"""setup: a first installation by questions or by a file, a second run, and everything that must leave it whole."""

import os
import re
import signal
import stat
import subprocess

import pexpect
import pytest

from conftest import PROGRAM
from fakegraph import ACCOUNT, NUMBER, TOKEN, Graph, Refused

SMS_KEY = "TwilioSecret42"
SID = "AC" + "0123456789abcdef" * 2


class Host:
    def __init__(self, folder, otpctl, graph):
        self.folder, self.otpctl, self.graph = folder, otpctl, graph
        self.etc = folder / "etc"
        self.config = self.etc / "whatsapp-otp.conf"
        self.answers = {"token": f"@{self.secret('token', TOKEN)}", "phone_number_id": NUMBER, "waba_id": ACCOUNT,
                        "languages": "en_US ar", "hostname": "web1", "base_url": graph.url}

    def secret(self, name, text):
        path = self.folder / name
        path.unlink(missing_ok=True)
        path.write_text(text + "\n")
        path.chmod(0o400)
        return path

    def with_sms(self):
        self.answers.update(sms="twilio", sms_account=SID, sms_sender="ACME", sms_token=f"file:{self.secret('sms', SMS_KEY)}")

    def run(self, *words, more=""):
        text = "# for the tests\n\n" + "".join(f"{key} = {value}\n" for key, value in self.answers.items()) + more
        (self.folder / "answers").write_text(text)
        result = self.otpctl("setup", "--answers", str(self.folder / "answers"), "--config", str(self.config), *words, config=False)
        assert TOKEN not in result.out + result.err and SMS_KEY not in result.out + result.err
        return result

    def spawn(self, *words):
        return pexpect.spawn(PROGRAM, ["setup", "--config", str(self.config), *words], encoding="utf-8", timeout=20,
                             env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TERM": "dumb"}, dimensions=(50, 200))

    def files(self):
        """Every file below etc with its bytes."""
        return {str(path.relative_to(self.etc)): path.read_bytes() for path in self.etc.rglob("*") if path.is_file()}


@pytest.fixture
def graph():
    running = Graph()
    running.approve("en_US", "ar")
    yield running
    running.stop()
    assert running.wrong == []


@pytest.fixture
def host(tmp_path, otpctl, graph):
    return Host(tmp_path, otpctl, graph)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_first_installation(host, otpctl):
    host.with_sms()
    host.answers.update(countries="+966 +971", unenrolled="ignore")
    result = host.run()
    assert (result.status, result.err) == (0, "")
    assert {path: mode(host.etc / path) for path in host.files()} == {
        "credentials/meta-token": 0o400, "credentials/sms-key": 0o400, "master.key": 0o400, "whatsapp-otp.conf": 0o644}
    assert mode(host.etc / "credentials") == 0o700
    assert (host.etc / "credentials/meta-token").read_text() == TOKEN + "\n"
    assert len((host.etc / "master.key").read_text()) == 65
    text = host.config.read_text()
    assert TOKEN not in text and SMS_KEY not in text
    for line in (f'phone_number_id = "{NUMBER}"', f'waba_id = "{ACCOUNT}"', 'languages = {"en_US", "ar"}', "receipts = poll",
                 'channels = {"whatsapp", "sms"}', "unenrolled = ignore", 'countries = {"+966", "+971"}', f'account = "{SID}"',
                 'hostname = "web1"', 'token = "credential:sms-key"'):
        assert f"\t{line}\n" in text, line
    assert otpctl("config", "check", str(host.config), config=False).status == 0
    assert "systemctl enable" in result.out and "pam_whatsapp_otp.so" in result.out
    assert "these answers are not checked online: whatsapp-otpctl test USER" in result.out
    assert otpctl("template", "status", "--config", str(host.config), config=False).status == 0


def test_without_sms_nothing_is_said_of_it(host):
    assert "not checked online" not in host.run().out


def test_a_second_run_changes_nothing(host):
    assert host.run().status == 0
    before = host.files()
    result = host.run("--json")
    assert result.status == 0 and host.files() == before
    assert [o["result"] for o in result.objects[:-1]] == ["unchanged", "unchanged"]
    assert result.objects[-1] == {"master_key": "kept", "receipts": "poll"}


def test_what_there_is_serves_where_the_file_is_silent(host):
    host.with_sms()
    host.run()
    before = host.files()
    host.answers = {}
    assert host.run().status == 0 and host.files() == before


def test_a_change_wants_consent_and_keeps_a_copy(host):
    host.run()
    before = host.files()
    host.config.write_text("# mine\n" + host.config.read_text() + 'policy "sudo" { services = {"sudo"} }\n')
    mine = host.config.read_bytes()
    host.answers["hostname"] = "web2"
    refused = host.run()
    assert refused.status == 1 and "--yes replaces it and keeps a copy; nothing was written" in refused.err
    assert host.config.read_bytes() == mine
    assert host.run("--yes").status == 0
    text = host.config.read_text()
    assert text.startswith("# mine\n") and 'policy "sudo"' in text and '"web2"' in text and '"web1"' not in text
    copies = [name for name in host.files() if re.fullmatch(r"whatsapp-otp\.conf\.\d{8}-\d{6}(-\d+)?", name)]
    assert len(copies) == 1 and host.files()[copies[0]] == mine
    assert host.files()["master.key"] == before["master.key"]


def test_a_new_token(host, graph):
    host.run()
    (host.etc / "credentials/meta-token").chmod(0o600)
    (host.etc / "credentials/meta-token").write_text("OldToken\n")
    (host.etc / "credentials/meta-token").chmod(0o400)
    assert host.run().status == 1
    assert host.run("--yes").status == 0
    tokens = {name: data for name, data in host.files().items() if name.startswith("credentials/meta-token")}
    assert tokens.pop("credentials/meta-token") == TOKEN.encode() + b"\n" and list(tokens.values()) == [b"OldToken\n"]


def test_a_config_that_somebody_else_wrote(host):
    host.etc.mkdir()
    host.config.write_text('core { master_key = "file:%s/elsewhere.key" }\nlimits { lock_after = 3 }\n' % host.folder)
    refused = host.run()
    assert refused.status == 1 and "it was not written by setup, all of it goes" in refused.err
    assert list(host.files()) == ["whatsapp-otp.conf"]
    assert host.run("--yes").status == 0
    text = host.config.read_text()
    assert "lock_after" not in text and f'master_key = "file:{host.folder}/elsewhere.key"' in text
    assert (host.folder / "elsewhere.key").exists() and not (host.etc / "master.key").exists()


def test_a_master_key_is_never_touched(host):
    host.etc.mkdir()
    (host.etc / "master.key").write_text("old")
    assert host.run("--yes").status == 0 and (host.etc / "master.key").read_text() == "old"


@pytest.mark.parametrize("change, status, words", [
    ({"token": "@/nonexistent"}, 1, "/nonexistent: No such file"),
    ({"token": "EAAPlain"}, 2, "a secret does not stand in this file"),
    ({"phone_number_id": "4711"}, 1, "setup: phone_number_id: a parameter is invalid (code 100"),
    ({"phone_number_id": "+966512345678"}, 2, "phone_number_id: wants digits"),
    ({"waba_id": "4711"}, 1, "setup: waba_id: a parameter is invalid (code 100"),
    ({"languages": "en_US de"}, 1, "there is no template login_code in de; create_template = yes makes it"),
    ({"template": "Login"}, 2, "template: wants a name of a-z"),
    ({"base_url": "http://127.0.0.1:1"}, 3, "setup: token: Meta cannot be reached"),
    ({"base_url": "http://graph.example"}, 2, "base_url: must begin with https://"),
    ({"sms": "pigeon"}, 2, "sms: wants none, twilio"),
    ({"sms": "infobip"}, 2, "setup: sms_base_url: is missing"),
    ({"hostname": 'web1" }'}, 2, "hostname: holds a quote"),
    ({"hostname": "${HOME}"}, 2, "hostname: holds a quote, a backslash, a $"),
    ({"countries": "966"}, 2, "countries: wants country codes with +"),
    ({"colour": "red"}, 2, "colour: is no question of setup"),
])
def test_a_wrong_answer_writes_nothing(host, change, status, words):
    host.answers.update(change)
    result = host.run()
    assert (result.status, words in result.err) == (status, True), result.err
    assert not host.etc.exists() or host.files() == {}


def test_an_answer_that_is_missing(host):
    del host.answers["waba_id"]
    result = host.run()
    assert result.status == 2 and result.err == "whatsapp-otpctl: setup: waba_id: is missing\n" and host.files() == {}


@pytest.mark.parametrize("line, words", [("waba_id = 1\n", "waba_id: is answered twice"), ("nonsense\n", "is how a line looks")])
def test_a_file_of_answers_that_is_wrong(host, line, words):
    result = host.run(more=line)
    assert result.status == 2 and words in result.err and re.search(r"answers:\d+: ", result.err)


def test_a_wrong_token(host):
    host.secret("token", "WrongToken987")
    result = host.run()
    assert result.status == 1 and "the access token has expired or is invalid (code 190" in result.err
    assert "WrongToken987" not in result.err and host.files() == {}


def test_a_token_that_cannot_send(host, graph):
    graph.token["scopes"] = ["whatsapp_business_management"]
    result = host.run()
    assert result.status == 1 and "lacks the permission whatsapp_business_messaging" in result.err


def test_a_token_that_may_only_send(host, graph):
    graph.token["scopes"] = ["whatsapp_business_messaging"]
    for edge in ("phone_numbers", "message_templates", "message_history"):
        graph.errors["GET", edge] = Refused(200, status=403)
    result = host.run()
    assert result.status == 0 and "templates cannot be looked at" in result.out
    assert "receipts = none" in host.config.read_text()


def test_a_number_of_another_account(host, graph):
    graph.get_phone_numbers = lambda query, body: {"data": [{"id": "1"}]}
    result = host.run()
    assert result.status == 1 and "that account does not have the phone number id" in result.err


def test_a_template_is_created(host, graph):
    host.answers.update(languages="en_US ar de", create_template="yes")
    result = host.run()
    assert result.status == 0 and [t["language"] for t in graph.templates] == ["en_US", "ar", "de"]
    assert "login_code de: created" in result.out


def test_a_number_that_is_not_connected(host, graph):
    graph.status = "DISCONNECTED"
    assert "whatsapp-otpctl number register" in host.run().out


def test_a_rest_that_does_not_fit(host):
    """What setup writes is read as every program reads it before it is given its name."""
    host.run()
    host.config.write_text(host.config.read_text() + 'policy "default" { ttl = 60 }\n')
    before = host.files()
    host.answers["hostname"] = "web2"
    result = host.run("--yes")
    assert result.status == 1 and "the new config is not well formed" in result.err and "nothing was changed" in result.err
    assert host.files() == before


@pytest.mark.skipif(os.getuid() != 0, reason="wants root")
@pytest.mark.parametrize("blocks", range(0, 6))
def test_a_full_disk(host, blocks):
    """A disk with room for nothing, for one file, for two …: all or nothing."""
    host.etc.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,nr_inodes=64,mode=755", "tmpfs", str(host.etc)], check=True)
    try:
        free = os.statvfs(host.etc)
        with open(host.etc / "ballast", "wb") as ballast:
            ballast.write(b"x" * (free.f_bavail - blocks) * free.f_frsize)
        host.with_sms()
        result = host.run()
        written = set(host.files()) - {"ballast"}
        whole = {"credentials/meta-token", "credentials/sms-key", "master.key", "whatsapp-otp.conf"}
        if result.status == 0:
            assert written == whole
        else:
            assert result.status == 1 and "No space left on device" in result.err and written == set()
        assert (result.status == 0) == (blocks >= 4)
    finally:
        subprocess.run(["umount", str(host.etc)], check=True)


def answer(child, prompt, text):
    child.expect_exact(prompt)
    child.sendline(text)


def test_step_by_step(host, graph):
    """A person: a wrong token first, then a wrong id; Enter takes what is offered; the second token is not shown either."""
    host.etc.mkdir()
    host.config.write_text(f'channel "whatsapp" {{ driver = whatsapp_cloud base_url = "{graph.url}" }}\n')
    child = host.spawn()
    answer(child, "Access token of the system user (is not shown): ", "WrongToken987")
    child.expect_exact("the access token has expired or is invalid")
    answer(child, "(is not shown): ", TOKEN)
    answer(child, "Phone number id (WhatsApp Manager, API setup): ", "office")
    child.expect_exact("wants digits")
    answer(child, "API setup): ", "4711")
    child.expect_exact("code 100")
    answer(child, "API setup): ", NUMBER)
    child.expect_exact("+1 555-078-3881, Login codes, CONNECTED")
    answer(child, "WhatsApp Business account id: ", ACCOUNT)
    answer(child, "Name of the template [login_code]: ", "")
    answer(child, "[en_US]: ", "en_US de")
    child.expect_exact("login_code de: missing")
    answer(child, "Create it in de? [Y/n] ", "")
    child.expect_exact("login_code de: created")
    answer(child, "authentica [none]: ", "twilio")
    answer(child, "SMS account (Account SID, API key, AppSid): ", SID)
    answer(child, "Sender of SMS, a name or a number: ", "ACME")
    answer(child, "Token or password of the SMS account (is not shown): ", SMS_KEY)
    answer(child, "Name of this host in prompts and messages [", "web1")
    answer(child, "empty for all: ", "+966")
    answer(child, "(no code asked) [deny]: ", "")
    answer(child, "it was not written by setup, all of it goes (a copy is kept)? [y/N] ", "y")
    child.expect_exact("Next:")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert (host.etc / "credentials/meta-token").read_text() == TOKEN + "\n" and 'countries = {"+966"}' in host.config.read_text()


def test_a_template_that_is_not_wanted_after_all(host, graph):
    graph.approve("de", name="anmeldung")
    host.run()
    child = host.spawn("--yes")
    for prompt, text in (("present one]: ", ""), (f"[{NUMBER}]: ", ""), (f"[{ACCOUNT}]: ", ""), ("[login_code]: ", "anmeldung"),
                         ("[en_US ar]: ", "de ar"), ("Create it in ar? [Y/n] ", "n"), ("Name of the template [login_code]: ", "anmeldung"),
                         ("[en_US ar]: ", "de"), ("[none]: ", ""), ("[web1]: ", ""), ("empty for all: ", ""), ("[deny]: ", "")):
        answer(child, prompt, text)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0 and 'template = "anmeldung"' in host.config.read_text() and len(graph.templates) == 3


def test_again_with_enter_only(host):
    host.with_sms()
    host.run()
    before = host.files()
    child = host.spawn()
    for prompt in ("(is not shown) [keep the present one]: ", f"[{NUMBER}]: ", f"[{ACCOUNT}]: ", "[login_code]: ", "[en_US ar]: ",
                   "[twilio]: ", f"[{SID}]: ", "[ACME]: ", "[keep the present one]: ", "[web1]: ", "empty for all: ", "[deny]: "):
        answer(child, prompt, "")
    child.expect_exact("unchanged")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0 and host.files() == before


def test_going_on_without_a_network(host, graph):
    host.etc.mkdir()
    host.config.write_text('channel "whatsapp" { driver = whatsapp_cloud base_url = "http://127.0.0.1:1" receipts = poll }\n')
    child = host.spawn("--yes")
    answer(child, "(is not shown): ", TOKEN)
    answer(child, "Go on without asking Meta? [y/N] ", "y")
    for prompt, text in (("API setup): ", NUMBER), ("account id: ", ACCOUNT), ("[login_code]: ", ""), ("[en_US]: ", ""),
                         ("[none]: ", ""), ("messages [", "web1"), ("empty for all: ", ""), ("[deny]: ", "")):
        answer(child, prompt, text)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0 and "receipts = poll" in host.config.read_text()


@pytest.mark.parametrize("how", ["interrupt", "end of input", "no"])
def test_whoever_stops_changes_nothing(host, how):
    host.run()
    before = host.files()
    child = host.spawn()
    answer(child, "[keep the present one]: ", "")
    answer(child, f"[{NUMBER}]: ", "")
    child.expect_exact(f"[{ACCOUNT}]: ")
    if how == "interrupt":
        child.sendintr()
    elif how == "end of input":
        child.sendeof()
    else:
        for prompt, text in (("[login_code]: ", ""), ("[en_US ar]: ", ""), ("[none]: ", ""), ("[web1]: ", "web2"),
                             ("empty for all: ", ""), ("[deny]: ", "")):
            child.sendline("") if prompt == "[login_code]: " else None
            answer(child, prompt, text)
        answer(child, "(a copy is kept)? [y/N] ", "")
    child.expect(pexpect.EOF)
    child.close()
    assert child.signalstatus == signal.SIGINT if how == "interrupt" else child.exitstatus == 1
    assert host.files() == before


def test_nobody_to_ask(otpctl, tmp_path):
    result = otpctl("setup", "--config", str(tmp_path / "x.conf"), config=False)
    assert result.status == 2 and "run it on a terminal, or with --answers FILE" in result.err


def test_the_simulator_of_this_project(host, otpctl, tmp_path):
    """Not our own fake alone: the account commands against the other implementation of Meta's interface."""
    program = os.path.join(os.path.dirname(PROGRAM), "whatsapp-otp-simulator")
    token = tmp_path / "sim-token"
    token.write_text(TOKEN)
    simulator = subprocess.Popen([program, "--plain", "--listen", "127.0.0.1:0", "--token-file", str(token),
                                  "--template-pending", "0"], stdout=subprocess.PIPE, text=True)
    try:
        host.answers.update(base_url=simulator.stdout.readline().split()[-1], languages="en_US de", create_template="yes")
        assert host.run().status == 0
        for words, stdin in ((["template", "status"], ""), (["number", "status"], ""), (["number", "pin", "--pin-file", "-"], "123456"),
                             (["webhook", "subscribe"], ""), (["webhook", "status"], ""), (["template", "list"], ""),
                             (["number", "request-code", "--method", "SMS"], ""), (["template", "delete", "--yes"], "")):
            result = otpctl(*words, "--config", str(host.config), config=False, stdin=stdin)
            assert result.status == 0, (words, result.err)
        assert otpctl("template", "status", "--config", str(host.config), config=False).status == 1
        assert otpctl("number", "verify-code", "--config", str(host.config), config=False, stdin="000000").status == 1
    finally:
        simulator.terminate()
        assert simulator.wait(timeout=10) == 0
        simulator.stdout.close()
