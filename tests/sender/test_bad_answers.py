"""Providers that lie, break, dawdle or flood. Each order gets one answer in time, and nothing is sent twice."""

import gzip
import json
import pathlib
import re
import ssl
import time

import pytest

from certificates import Authority
from http2 import Provider2
from program import RESOLVER, until
from provider import NUMBER_ID, WAMID, Exchange, Provider

TOOK_OVER = json.dumps({"messages": [{"id": WAMID}]})


def drip(exchange):
    try:
        while True:
            exchange.send(b"a")
            time.sleep(0.05)
    except OSError:
        pass


def slow_headers(exchange):
    exchange.send("HTTP/1.1 200 OK\r\nX-")
    drip(exchange)


def never_ending_chunks(exchange):
    exchange.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        exchange.send(b"1000\r\n" + b" " * 4096 + b"\r\n")


def dripping_chunks(exchange):
    exchange.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        exchange.send(b"1\r\n{\r\n")
        time.sleep(0.05)


def never_ending_headers(exchange):
    exchange.send("HTTP/1.1 200 OK\r\n")
    while True:
        exchange.send("X-More: " + "a" * 4000 + "\r\n")


def length_too_large(exchange):
    exchange.send(f"HTTP/1.1 200 OK\r\nContent-Length: {len(TOOK_OVER) + 100}\r\n\r\n{TOOK_OVER}")
    exchange.connection.close()


def length_of_a_gigabyte(exchange):
    exchange.send(f"HTTP/1.1 200 OK\r\nContent-Length: {1 << 30}\r\n\r\n{TOOK_OVER}")


def bomb(exchange):
    exchange.reply(200, gzip.compress(b" " * 50_000_000 + TOOK_OVER.encode()), Content_Encoding="gzip")


UNKNOWN = {
    "no messages": lambda e: e.reply_json(200, {"messaging_product": "whatsapp"}),
    "empty messages": lambda e: e.reply_json(200, {"messages": []}),
    "empty id": lambda e: e.reply_json(200, {"messages": [{"id": ""}]}),
    "id is no text": lambda e: e.reply_json(200, {"messages": [{"id": 7}]}),
    "messages is no list": lambda e: e.reply_json(200, {"messages": {"id": WAMID}}),
    "empty body": lambda e: e.reply(200),
    "html": lambda e: e.reply(200, "<html><body>Welcome to our portal, sign in</body></html>"),
    "truncated json": lambda e: e.reply(200, TOOK_OVER[:-3]),
    "two answers": lambda e: e.reply(200, TOOK_OVER * 2),
    "key twice": lambda e: e.reply(200, '{"messages":[],"messages":[{"id":"wamid.x"}]}'),
    "nested too deep": lambda e: e.reply(200, '{"messages":' + "[" * 30000),
    "no utf-8": lambda e: e.reply(200, b'{"messages":[{"id":"\xff\xfe"}]}'),
    "nul": lambda e: e.reply(200, b'{"messages":[{"id":"a\\u0000b"}]}'),
    "204": lambda e: e.reply(204),
    "length too large": length_too_large,
    "a gigabyte announced": length_of_a_gigabyte,
    "10 MB body": lambda e: e.reply(200, b" " * 10_000_000 + TOOK_OVER.encode()),
    "never-ending chunks": never_ending_chunks,
    "dripping chunks": dripping_chunks,
    "never-ending headers": never_ending_headers,
    "slow headers": slow_headers,
    "gzip bomb": bomb,
    "silence": lambda e: None,
    "reset": lambda e: e.reset(),
    "closed": lambda e: e.connection.close(),
    "garbage": lambda e: (e.send(b"\x00\xff\x00garbage\r\n\r\n"), e.connection.close()),
}


# A sanitizer keeps what was freed for a while: here that would count.
LEAN = {"ASAN_OPTIONS": "quarantine_size_mb=0:thread_local_quarantine_size_kb=0"}


def memory_of(sender):
    """The most that it ever had, in bytes."""
    status = pathlib.Path(f"/proc/{sender.child.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) << 10


@pytest.mark.parametrize("behaviour", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_outcome_unknown_is_never_sent_again(started, core, provider, order, behaviour):
    provider.answer = behaviour
    begin = time.monotonic()
    ident = order("whatsapp")
    answer = core.answer()
    assert time.monotonic() - begin < 3
    assert (answer["op"], answer["id"], answer["failure"]) == ("failed", ident, "unknown-outcome")
    assert len(provider.requests) == 1


@pytest.mark.parametrize("flood", ["a gigabyte announced", "10 MB body", "never-ending chunks", "never-ending headers"])
def test_flood_is_cut_off_and_not_read_until_the_deadline(sender, core, provider, order, flood):
    sender.configure(sender.whatsapp(provider.url, timeout=8))
    sender.start()
    core.wait_connected()
    provider.answer = UNKNOWN[flood]
    begin = time.monotonic()
    order("whatsapp")
    assert "too long" in core.answer()["detail"]
    assert time.monotonic() - begin < 4


def test_floods_do_not_fill_the_memory(sender, core, provider, order):
    """Eight at once: of each no more is held than an answer may have, 64 KiB."""
    sender.configure(sender.whatsapp(provider.url, timeout=20), sender.sms(provider.url + "/sms", timeout=20))
    sender.start(**LEAN)
    core.wait_connected()
    order("whatsapp")
    assert core.answer()["op"] == "sent"
    before = memory_of(sender)
    for flood in ("10 MB body", "never-ending chunks", "never-ending headers", "a gigabyte announced", "gzip bomb"):
        provider.answer = UNKNOWN[flood]
        idents = {order(channel) for channel in ("whatsapp", "sms") * 4}
        answers = [core.answer() for _ in idents]
        assert {answer["id"] for answer in answers} == idents
        assert {answer["failure"] for answer in answers} == {"unknown-outcome"}
    assert memory_of(sender) - before < 8 << 20


def test_reset_of_a_kept_connection_is_not_sent_again(started, core, provider, order):
    """libcurl by itself would repeat the request on a new connection, and the user would get two messages."""
    order("whatsapp")
    assert core.answer()["op"] == "sent"
    for behaviour in (UNKNOWN["reset"], UNKNOWN["closed"]):
        provider.answer = behaviour
        before = len(provider.requests)
        order("whatsapp")
        assert core.answer()["failure"] == "unknown-outcome"
        assert len(provider.requests) == before + 1
        provider.answer = Exchange.accept
        order("whatsapp")
        assert core.answer()["op"] == "sent"


@pytest.mark.parametrize("status, failure, code, alarm, breaker", [
    ("held_for_quality_assessment", "undeliverable", "held", "often", "none"),
    ("paused", "config", "132015", "now", "template"),
])
def test_message_that_is_held_back_goes_to_the_next_channel(started, core, provider, order, status, failure, code, alarm,
                                                            breaker):
    provider.answer = lambda e: e.reply_json(200, {"messages": [{"id": WAMID, "message_status": status}]})
    order("whatsapp")
    answer = core.answer()
    assert (answer["failure"], answer["code"], answer["alarm"]) == (failure, code, alarm)
    assert answer["breaker"] == breaker


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("channel", ["whatsapp", "sms"])
def test_redirect_takes_no_token_anywhere(started, core, provider, order, certificate, status, channel):
    elsewhere = Provider(certificate)
    provider.answer = lambda e: e.reply(status, Location=f"{elsewhere.url}/v25.0/{NUMBER_ID}/messages")
    order(channel)
    answer = core.answer()
    assert (answer["failure"], answer["code"]) == ("config", f"http-{status}")
    assert elsewhere.connections == 0 and len(provider.requests) == 1
    elsewhere.stop()


REFUSED = [  # error code, HTTP status, class
    (190, 401, "config"), (131026, 400, "undeliverable"), (132001, 404, "config"), (131056, 400, "undeliverable"),
    (4, 400, "transient"), (999999, 400, "undeliverable"),
]


@pytest.mark.parametrize("code, status, failure", REFUSED)
def test_refusal_of_meta_is_classified_by_its_code(started, core, provider, order, code, status, failure):
    provider.answer = lambda e: e.meta_error(code, status)
    order("whatsapp")
    answer = core.answer()
    assert (answer["failure"], answer["code"]) == (failure, str(code))
    assert len(provider.requests) == 1
    assert "Az8or2yhqkZfEZ-_4Qn_Bam" in started.log()


BUSY = {
    "meta 130429": ("whatsapp", lambda e: e.meta_error(130429, 400), "130429"),
    "meta 131000": ("whatsapp", lambda e: e.meta_error(131000, 500), "131000"),
    "unknown but transient": ("whatsapp", lambda e: e.meta_error(987, 400, is_transient=True), "987"),
    "429 without json": ("whatsapp", lambda e: e.reply(429, "slow down"), "http-429"),
    "504 of Meta's front": ("whatsapp", lambda e: e.reply(504, "<html>"), "http-504"),
    "503 html": ("whatsapp", lambda e: e.reply(503, "<html>"), "http-503"),
    "gateway 429": ("sms", lambda e: e.reply(429), "http-429"),
    "gateway 502": ("sms", lambda e: e.reply(502, "<html>"), "http-502"),
}


@pytest.mark.parametrize("channel, behaviour, code", BUSY.values(), ids=BUSY.keys())
def test_busy_provider_is_tried_twice(patient, core, provider, order, channel, behaviour, code):
    provider.answer = behaviour
    order(channel)
    answer = core.answer()
    assert (answer["failure"], answer["code"]) == ("transient", code)
    assert len(provider.requests) == 2


@pytest.mark.parametrize("channel, status", [("whatsapp", 500), ("sms", 500), ("sms", 504)])
def test_a_fault_behind_which_the_message_may_have_left_is_no_reason_for_a_second(patient, core, provider, order, channel,
                                                                                  status):
    provider.answer = lambda e: e.reply(status, "<html>")
    order(channel)
    answer = core.answer()
    assert (answer["failure"], answer["code"]) == ("unknown-outcome", f"http-{status}")
    assert len(provider.requests) == 1


def test_second_try_can_work(patient, core, provider, order):
    def busy_once(exchange):
        return exchange.reply(503) if len(provider.requests) == 1 else exchange.accept()

    provider.answer = busy_once
    order("whatsapp")
    assert core.answer()["op"] == "sent"
    assert len(provider.requests) == 2


def test_provider_that_asks_for_a_long_wait_is_not_tried_again(patient, core, provider, order):
    provider.answer = lambda e: e.reply(429, Retry_After="30")
    order("whatsapp")
    answer = core.answer()
    assert (answer["failure"], answer["breaker"], answer["breaker_seconds"]) == ("transient", "channel", "30")
    assert "often" not in answer
    assert len(provider.requests) == 1


GATEWAY = {  # the gateway says: the core hears
    "401": (lambda e: e.reply(401), "config"),
    "403": (lambda e: e.reply(403), "config"),
    "400": (lambda e: e.reply(400, '{"error":"bad number"}'), "undeliverable"),
    "404": (lambda e: e.reply(404), "undeliverable"),
    "422": (lambda e: e.reply(422), "undeliverable"),
    "200 with an error in it": (lambda e: e.reply_json(200, {"error": "no credit"}), "unknown-outcome"),
    "200 with id null": (lambda e: e.reply_json(200, {"id": None}), "unknown-outcome"),
    "200 html": (lambda e: e.reply(200, "<html>"), "unknown-outcome"),
    "201": (lambda e: e.reply_json(201, {"id": "x"}), "unknown-outcome"),
}


@pytest.mark.parametrize("behaviour, failure", GATEWAY.values(), ids=GATEWAY.keys())
def test_gateway_must_prove_success(started, core, provider, order, behaviour, failure):
    provider.answer = behaviour
    order("sms")
    assert core.answer()["failure"] == failure
    assert len(provider.requests) == 1


def test_nobody_listens_at_the_provider(sender, core, order):
    sender.configure(sender.whatsapp("https://127.0.0.1:1", timeout=10))
    sender.start()
    core.wait_connected()
    order("whatsapp")
    answer = core.answer()
    assert (answer["failure"], answer["code"]) == ("transient", "network")
    assert "another try" in sender.log()


def test_provider_that_accepts_and_never_shakes_hands(sender, core, order):
    """No byte of the request left, so nothing can have been sent: not an unknown outcome."""
    silent = Provider(plain=True)
    sender.configure(sender.whatsapp(silent.url.replace("http:", "https:")))
    sender.start()
    core.wait_connected()
    begin = time.monotonic()
    order("whatsapp")
    assert core.answer()["failure"] == "transient"
    assert time.monotonic() - begin < 3
    silent.stop()


@pytest.mark.parametrize("kind, words", [
    ("wrong name", "another name"), ("expired", "expired"), ("self-signed", "self-signed"), ("stranger", "authority"),
])
def test_server_that_is_not_trusted_gets_nothing(sender, core, authority, order, tmp_path, kind, words):
    certificate = {
        "wrong name": lambda: authority.server("wrong", address="DNS:graph.facebook.com"),
        "expired": lambda: authority.server("expired", days=-1),
        "self-signed": lambda: authority.self_signed("self"),
        "stranger": lambda: Authority(tmp_path).server("stranger"),
    }[kind]()
    impostor = Provider(certificate)
    sender.configure(sender.whatsapp(impostor.url))
    sender.start()
    core.wait_connected()
    order("whatsapp")
    answer = core.answer()
    assert (answer["failure"], answer["code"]) == ("config", "tls")
    assert words in answer["detail"]
    assert impostor.requests == [] and impostor.connections == 1
    impostor.stop()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_old_tls_is_refused_even_if_the_system_allows_it(sender, core, certificate, order, folder):
    old = Provider(certificate)
    old.context.set_ciphers("ALL:@SECLEVEL=0")
    old.context.minimum_version = ssl.TLSVersion.TLSv1
    old.context.maximum_version = ssl.TLSVersion.TLSv1_1
    (folder / "openssl.cnf").write_text("openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\n"
                                        "MinProtocol = TLSv1\nCipherString = ALL:@SECLEVEL=0\n")
    sender.configure(sender.whatsapp(old.url))
    sender.start(OPENSSL_CONF=str(folder / "openssl.cnf"))
    core.wait_connected()
    order("whatsapp")
    assert core.answer()["op"] == "failed"
    assert old.requests == []
    old.stop()


def test_http2_provider_that_hangs_up(sender, core, certificate, order):
    provider = Provider2(certificate)
    provider.take_body = lambda connection, ident, body: (provider.bodies.append(body), connection.close())
    sender.configure(sender.whatsapp(provider.url))
    sender.start()
    core.wait_connected()
    order("whatsapp")
    assert core.answer()["failure"] == "unknown-outcome"
    assert len(provider.bodies) == 1
    provider.stop()


def test_provider_works_again_after_all_that(started, core, provider, order):
    for behaviour in ("reset", "10 MB body", "html", "garbage"):
        provider.answer = UNKNOWN[behaviour]
        order("whatsapp")
        assert core.answer()["op"] == "failed"
    provider.answer = Exchange.accept
    order("whatsapp")
    assert core.answer()["op"] == "sent"
    until(lambda: "taken over" in started.log(), "the log tells it")


def test_name_server_that_is_silent_holds_up_no_other_channel(sender, core, folder, order):
    sender.configure(sender.whatsapp("https://graph.hang"),
                     f'channel "file" {{ driver=file path="{folder}/messages" }}\n')
    sender.start(LD_PRELOAD=str(RESOLVER), ASAN_OPTIONS="verify_asan_link_order=0")
    core.wait_connected()
    begin = time.monotonic()
    order("whatsapp")
    assert core.answer()["failure"] == "transient"
    order("file")
    assert core.answer()["op"] == "sent"
    assert time.monotonic() - begin < 5
