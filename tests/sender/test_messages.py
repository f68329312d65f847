"""A message goes out, and the core hears that it did."""

import json
import threading
import urllib.parse

from http2 import Provider2
from program import CODE, NUMBER, until
from provider import NUMBER_ID, SMS_KEY, WAMID, Exchange, Provider


def test_whatsapp_takes_a_code_over(started, core, provider, order):
    ident = order("whatsapp")
    assert core.answer() == {"op": "sent", "id": ident, "message_id": WAMID}
    message = json.loads(provider.requests[0].body)
    assert message["to"] == NUMBER
    assert message["template"]["language"]["code"] == "en_US"
    assert message["template"]["components"][1]["parameters"] == [{"type": "text", "text": CODE}]
    assert message["biz_opaque_callback_data"] == ident


def test_a_user_of_another_language_gets_that_template(started, core, provider, order):
    order("whatsapp", lang="ar")
    core.answer()
    assert json.loads(provider.requests[0].body)["template"]["language"]["code"] == "ar"


def test_sms_gateway_gets_form_text_and_key(started, core, provider, order):
    ident = order("sms")
    assert core.answer() == {"op": "sent", "id": ident, "message_id": "sms-1"}
    request = provider.requests[0]
    assert request.headers["x-key"] == SMS_KEY
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    form = dict(urllib.parse.parse_qsl(request.body.decode(), strict_parsing=True))
    assert form["to"] == "+" + NUMBER and form["id"] == ident
    assert CODE in form["text"] and "web1" in form["text"]


def test_sms_in_the_users_language(sender, core, provider, order):
    sender.configure(sender.sms(provider.url + "/sms"),
                     "text \"ar\" { sms = 'رمز {code} لخادم {host} ({service}) من {address}، {minutes} دقائق' }\n")
    sender.start()
    core.wait_connected()
    order("sms", lang="ar_SA")
    core.answer()
    form = dict(urllib.parse.parse_qsl(provider.requests[0].body.decode(), strict_parsing=True))
    assert form["text"] == f"رمز {CODE} لخادم web1 (sshd) من 192.0.2.7، 5 دقائق"


def test_what_a_user_can_choose_adds_no_parameter(started, core, provider, order):
    order("sms", service="x&to=+15550001111%26", host='"}')
    core.answer()
    form = urllib.parse.parse_qs(provider.requests[0].body.decode(), strict_parsing=True)
    assert form["to"] == ["+" + NUMBER]
    assert "x&to=+15550001111%26" in form["text"][0]


def test_get_gateway_over_loopback_without_tls(sender, core, order):
    plain = Provider(plain=True)
    sender.configure(sender.sms(plain.url + "/sms?to={to_digits}&text={text}", method="GET", body=""))
    sender.start()
    core.wait_connected()
    order("sms")
    assert core.answer()["op"] == "sent"
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(plain.requests[0].path).query, strict_parsing=True)
    assert query["to"] == [NUMBER] and CODE in query["text"][0]
    plain.stop()


def test_json_gateway(sender, core, provider, order):
    sender.configure(sender.sms(provider.url + "/sms", body_type="json",
                                body="""'{"destinations":[{"to":"{to_digits}"}],"text":"{text}"}'"""))
    sender.start()
    core.wait_connected()
    order("sms", service='s"u\\do')
    assert core.answer()["op"] == "sent"
    body = json.loads(provider.requests[0].body)
    assert body["destinations"] == [{"to": NUMBER}] and 's"u\\do' in body["text"]


def test_gateway_that_answers_in_plain_text(sender, core, provider, order):
    sender.configure(sender.sms(provider.url + "/sms", success_status=202, success_pointer="", id_pointer="",
                                success_value='"0: Accepted"'))
    sender.start()
    core.wait_connected()
    provider.answer = lambda exchange: exchange.reply(202, "0: Accepted for delivery")
    order("sms")
    assert core.answer()["op"] == "sent"
    provider.answer = lambda exchange: exchange.reply(202, "3: Queued for later delivery")
    order("sms")
    assert core.answer()["failure"] == "unknown-outcome"


def test_file_gets_one_line_a_message(sender, core, folder, order):
    path = folder / "messages.jsonl"
    sender.configure(f'channel "file" {{ driver=file path="{path}" }}\n')
    sender.start()
    core.wait_connected()
    ids = [order("file"), order("file")]
    assert [core.answer()["op"] for _ in ids] == ["sent", "sent"]
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["id"] for line in lines] == ids
    assert lines[0]["to"] == "+" + NUMBER and lines[0]["code"] == CODE and CODE in lines[0]["text"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_file_that_others_can_read_is_refused(sender, folder):
    path = folder / "messages.jsonl"
    path.write_text("")
    path.chmod(0o644)
    sender.configure(f'channel "file" {{ driver=file path="{path}" }}\n')
    assert sender.start().child.wait(10) == 1
    assert "whatsapp-otp.conf:7: channel \"file\": path" in sender.log() and "0600" in sender.log()


def test_one_connection_serves_one_message_after_another(started, core, provider, order):
    for _ in range(5):
        order("whatsapp")
        core.answer()
    assert provider.connections == 1


def test_http2_carries_many_at_once_on_one_connection(sender, core, certificate, order):
    provider = Provider2(certificate)
    provider.hold = 20
    sender.configure(sender.whatsapp(provider.url, timeout=5))
    sender.start()
    core.wait_connected()
    ids = {order("whatsapp") for _ in range(20)}
    assert {core.answer()["id"] for _ in ids} == ids
    assert provider.connections == 1
    assert {body["biz_opaque_callback_data"] for body in provider.bodies} == ids
    provider.stop()


def test_many_at_once_over_http1(sender, core, provider, order):
    sender.configure(sender.whatsapp(provider.url, timeout=10))
    sender.start()
    core.wait_connected()
    together = threading.Barrier(16)
    slow = provider.answer

    def answer(exchange):
        together.wait(10)
        slow(exchange)

    provider.answer = answer
    ids = {order("whatsapp") for _ in range(64)}
    assert {core.answer()["id"] for _ in ids} == ids
    assert 16 <= provider.connections <= 32


def test_proxy_of_the_environment_is_not_used(sender, core, provider, order):
    sender.configure(sender.whatsapp(provider.url))
    sender.start(https_proxy="http://127.0.0.1:9", ALL_PROXY="socks5://127.0.0.1:9", HTTPS_PROXY="http://127.0.0.1:9")
    core.wait_connected()
    order("whatsapp")
    assert core.answer()["op"] == "sent"


def test_keys_of_tls_are_not_written_where_the_environment_says(sender, core, folder, provider, order):
    sender.configure(sender.whatsapp(provider.url))
    sender.start(SSLKEYLOGFILE=str(folder / "keys"))
    core.wait_connected()
    order("whatsapp")
    assert core.answer()["op"] == "sent"
    assert not (folder / "keys").exists()


def test_health_of_every_channel_is_told_at_once(started, core):
    assert core.health_of("whatsapp")["state"] == "ok"
    assert core.health_of("sms")["state"] == "ok"


def test_health_changes_when_the_token_is_refused(started, core, provider, order):
    core.health_of("sms")
    provider.answer = lambda exchange: exchange.meta_error(190, 401)
    order("whatsapp")
    assert core.answer()["code"] == "190"
    assert core.health_of("whatsapp")["state"] == "failed"
    provider.answer = Exchange.accept
    order("whatsapp")
    core.answer()
    assert core.health_of("whatsapp")["state"] == "ok"


def test_probe_asks_the_provider_without_a_message(started, core, provider):
    core.health_of("sms")
    provider.answer = lambda exchange: exchange.reply_json(200, {"id": NUMBER_ID})
    core.say("health")
    assert {core.health.get(timeout=10)["name"] for _ in range(2)} == {"whatsapp", "sms"}
    assert [request.method for request in provider.requests] == ["GET"]
    core.say("health", name="nowhere")
    assert core.health_of("nowhere")["state"] == "failed"


def test_probe_finds_a_bad_token_and_a_dead_gateway(sender, core, provider):
    sender.configure(sender.whatsapp(provider.url), sender.sms("https://127.0.0.1:1/sms"))
    sender.start()
    core.wait_connected()
    core.health_of("sms")
    provider.answer = lambda exchange: exchange.meta_error(190, 401)
    core.say("health")
    found = {health["name"]: health for health in (core.health.get(timeout=10), core.health.get(timeout=10))}
    assert found["whatsapp"]["state"] == "failed" and "token" in found["whatsapp"]["detail"]
    assert found["sms"]["state"] == "failed"


def test_stop_while_a_request_is_under_way(started, core, provider, order):
    provider.answer = lambda exchange: None
    order("whatsapp")
    until(lambda: provider.requests, "the request is at the provider")
    started.stop()
