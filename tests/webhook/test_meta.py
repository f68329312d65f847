"""Meta: the address is asked for, posts are signed, and what they say reaches the core."""

import json
import pathlib
import time

import pytest

from program import APP_SECRET, BODIES, SANITIZED, VERIFY_TOKEN, hub_signature, statuses

OURS = "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d"


def body(name):
    return (BODIES / name).read_bytes()


def question(mode="subscribe", token=VERIFY_TOKEN, challenge="1158201444", path="/hook/meta"):
    return f"{path}?hub.mode={mode}&hub.challenge={challenge}&hub.verify_token={token}"


def test_the_address_is_ours(started):
    reply = started.get(question())
    assert (reply.status, reply.body) == (200, "1158201444")
    assert reply.headers["Content-Type"] == "text/plain" and reply.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("wrong", [
    {"mode": "unsubscribe"}, {"mode": ""}, {"token": "wrong"}, {"token": ""}, {"token": VERIFY_TOKEN + "x"},
    {"challenge": ""}, {"challenge": "%3Cscript%3E"}, {"challenge": "1" * 33}, {"challenge": "12a"}])
def test_a_question_that_is_not_the_providers(started, wrong):
    reply = started.get(question(**wrong))
    assert reply.status == 403 and "script" not in reply.body and "1158201444" not in reply.body


def test_a_question_with_a_parameter_twice(started):
    assert started.get(question() + "&hub.challenge=7").status == 403
    assert started.get(question() + f"&hub.verify_token={VERIFY_TOKEN}").status == 403


def test_a_receipt_reaches_the_core(started, core):
    reply = started.post(body("meta_delivered_ours.json"))
    assert (reply.status, reply.body) == (200, "")
    said = {"op": "receipt", "provider": "meta", "id": OURS, "state": "delivered", "at": "1800000000",
            "message_id": "wamid.TEST0000000000000000000000000001"}
    assert said.items() <= core.hear().items()


def test_a_failure_is_judged(started, core):
    assert started.post(body("meta_failed_not_on_whatsapp.json")).status == 200
    message = core.hear()
    assert (message["failure"], message["code"], message["breaker"]) == ("undeliverable", "131026", "recipient")


def test_who_did_not_ask_for_the_code_is_heard(started, core):
    assert started.post(body("meta_button_not_requested.json")).status == 200
    message = core.hear()
    assert (message["kind"], message["phone"], message["alarm"]) == ("not-requested", "+15550101234", "now")
    assert started.post(statuses(1)).status == 200
    assert core.hear()["op"] == "receipt"  # and nothing between them


@pytest.mark.parametrize("path", sorted(BODIES.glob("meta_*.json")), ids=lambda path: path.stem)
def test_every_body_is_taken_or_dropped(started, core, path):
    """Signed, but of no use: it is acknowledged, since the provider would bring the same again for seven days."""
    wrong = path.name.startswith("meta_wrong")
    assert started.post(path.read_bytes()).status == 200
    assert ("request dropped with 200" in started.log()) == wrong
    assert started.post(statuses(1, 777_777)).status == 200
    while (message := core.hear()).get("message_id") != f"wamid.{777_777:032d}":
        assert not wrong, message


def test_bodies_that_are_dropped_are_one_line_a_second(started, core):
    begun = time.monotonic()
    assert {started.post(body("meta_wrong_key_twice.json")).status for _ in range(200)} == {200}
    assert 1 <= started.log().count("request dropped with 200") <= time.monotonic() - begun + 2
    assert started.post(body("meta_wrong_key_twice.json"), "sha256=" + "0" * 64).status == 401
    assert core.heard_nothing()


def test_text_that_is_none_takes_no_receipt_along(started, core):
    assert started.post(body("meta_text_that_is_none.json")).status == 200
    assert [message["op"] for message in core.hear_all(2)] == ["receipt", "signal"]


def test_what_stops_a_channel_says_so(started, core):
    assert started.post(body("meta_template_paused.json")).status == 200
    assert core.hear()["stops"] == "yes"
    assert started.post(body("meta_template_approved.json")).status == 200
    message = core.hear()
    assert message["healthy"] == "yes" and "stops" not in message


def test_one_byte_of_the_body_changed(started, core):
    good = body("meta_delivered_ours.json")
    for place in range(0, len(good), 7):
        changed = bytearray(good)
        changed[place] ^= 1
        assert started.post(bytes(changed), hub_signature(good)).status == 401
    assert core.heard_nothing()


@pytest.mark.parametrize("signature", [
    "", "sha256=", "sha256", "sha256=00", "sha256=" + "0" * 64, "sha256=" + "z" * 64, "sha1=" + "0" * 40])
def test_a_signature_that_is_none(started, core, signature):
    assert started.post(statuses(1), signature).status == 401
    assert core.heard_nothing()


def test_a_signature_of_another_shape(started, core):
    post = statuses(1)
    good = hub_signature(post)
    for signature in (good[:-1], good[:-2], good + "0", good[7:], good.replace("=", ":"), " " + good[:-1], good + ",x",
                      hub_signature(post, "another-secret"), hub_signature(post, APP_SECRET + "\n"),
                      hub_signature(post + b"\n"), hub_signature(b"")):
        assert started.post(post, signature).status == 401
    assert core.heard_nothing()


def test_two_signatures_are_none(started, core):
    post = statuses(1)
    with started.connect() as line:
        signature = f"X-Hub-Signature-256: {hub_signature(post)}\r\n"
        line.sendall(f"POST /hook/meta HTTP/1.1\r\nHost: x\r\nContent-Length: {len(post)}\r\n{signature}{signature}"
                     "\r\n".encode() + post)
        assert line.makefile("rb").readline().split()[1] == b"401"
    assert core.heard_nothing()


def test_the_same_post_twice_is_taken_twice(started, core):
    """Meta carries no time; the core knows what it has heard."""
    post = statuses(1)
    assert [started.post(post).status for _ in range(2)] == [200, 200]
    first, second = core.hear_all(2)
    assert first == second


def test_a_batch_of_a_thousand(started, core):
    reply = started.post(statuses(1000))
    assert reply.status == 200 and reply.seconds < 0.25
    assert [message["message_id"] for message in core.hear_all(1000)] == [f"wamid.{n:032d}" for n in range(1000)]


def test_json_that_is_deep_or_long_is_only_dropped(started):
    before = started.memory()
    assert started.post(b"[" * 100_000 + b"]" * 100_000).status == 200
    assert "request dropped" in started.log()
    assert started.post(b'{"object":' * 1_000 + b"1" + b"}" * 1_000).status == 200
    assert started.post(json.dumps({"object": "whatsapp_business_account", "entry": [0] * 500_000}).encode()).status == 200
    assert started.memory() < before + (400 if SANITIZED else 100) * 1024 * 1024
    assert started.get("/healthz").status == 200


def test_nothing_of_a_request_is_in_the_log(started):
    started.post(statuses(1), "sha256=" + "ab" * 32, path="/hook/meta?phone=15550101234")
    started.post(b'{"wamid.x": 15550101234')
    started.get(question(token="a-guess-that-is-wrong"))
    log = pathlib.Path(started.log_path).read_text()
    assert "refused" in log
    assert not [word for word in ("abab", "15550101234", "a-guess", "wamid") if word in log]
