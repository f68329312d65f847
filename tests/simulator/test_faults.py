"""--fail: every row of Meta's error table, and the answers that are no answers."""

import http.client
import socket
import time

import pytest
from simulator import sms, template_message

# code, HTTP status; the numbers of the recipients end with the place in this list
CODES = [
    (0, 401), (1, 500), (2, 503), (3, 500), (4, 400), (10, 403), (33, 400), (100, 400), (190, 401), (200, 403),
    (299, 403), (368, 403), (80007, 400), (130403, 403), (130429, 429), (130472, 400), (130497, 403), (131000, 500),
    (131005, 403), (131008, 400), (131009, 400), (131016, 503), (131021, 400), (131026, 400), (131030, 400),
    (131031, 403), (131037, 400), (131042, 400), (131045, 500), (131047, 400), (131048, 400), (131049, 400),
    (131050, 400), (131051, 400), (131055, 400), (131056, 400), (131057, 500), (131062, 400), (131063, 400),
    (131064, 400), (132000, 400), (132001, 404), (132005, 400), (132007, 400), (132008, 400), (132012, 400),
    (132015, 400), (132016, 400), (132018, 400), (132068, 400), (132069, 400), (133000, 500), (133004, 503),
    (133005, 400), (133006, 400), (133008, 400), (133009, 400), (133010, 400), (133015, 400), (133016, 400),
    (134011, 400), (135000, 400), (137000, 400), (138006, 400), (139000, 400), (139103, 400), (777777, 400),
]
WORDS = ["paused", "held", "noid", "html", "truncated", "reset", "hang", "silent", "http500", "http429", "redirect"]
SMS_WORDS = ["noid", "html", "truncated", "reset", "silent", "http500", "http429", "redirect"]


def to_of(list_, thing, begin):
    return f"+96650{begin}{list_.index(thing):03d}"


ARGUMENTS = ["--fail", "5550=131026:503", "--fail", "0=131026:418", "--fail", "sms:701=503", "--fail", "sms:702=77",
             "--fail", "sms:703=77:451"]
for i, (code, _) in enumerate(CODES):
    ARGUMENTS += ["--fail", f"1{i:03d}={code}"]
for i, word in enumerate(WORDS):
    ARGUMENTS += ["--fail", f"2{i:03d}={word}"]
for i, word in enumerate(SMS_WORDS):
    ARGUMENTS += ["--fail", f"sms:3{i:03d}={word}"]


def fail_with(phone, word):
    return phone.post(template_message(to=to_of(WORDS, word, 2)))


def fail_sms_with(phone, word):
    return phone.sms(sms(to=to_of(SMS_WORDS, word, 3)))


@pytest.mark.parametrize("row", CODES, ids=lambda row: str(row[0]))
def test_code_comes_with_its_http_status(phone, row):
    code, status = row
    answer = phone.post(template_message(to=to_of(CODES, row, 1)))
    assert (answer.error["code"], answer.status) == (code, status)
    assert answer.error["type"] == "OAuthException" and answer.error["fbtrace_id"]
    assert answer.error.get("is_transient", False) == (code in (1, 2, 131000, 131016, 133004))
    [message] = phone.messages()
    assert (message["state"], message["error"], message["shown"]) == ("failed", str(code), False)


def test_http_status_can_be_chosen(phone):
    answer = phone.post(template_message(to="+966505555550"))
    assert (answer.error["code"], answer.status) == (131026, 503)


def test_longest_suffix_counts(phone):
    assert phone.post(template_message(to="+966505554440")).status == 418
    assert phone.post(template_message(to="+966505555550")).status == 503


def test_whatsapp_fails_and_sms_arrives(phone):
    assert phone.post(template_message(to="+966505555550")).status == 503
    assert phone.sms(sms(to="+966505555550")).status == 200
    assert [(m["channel"], m["state"]) for m in phone.messages()] == [("whatsapp", "failed"), ("sms", "accepted")]


@pytest.mark.parametrize("word, status", [("paused", "paused"), ("held", "held_for_quality_assessment")])
def test_message_that_meta_holds_back(phone, word, status):
    answer = fail_with(phone, word)
    assert answer.status == 200
    [message] = answer.json["messages"]
    assert message["id"] and message["message_status"] == status
    assert phone.messages()[0]["shown"] is False


def test_no_id(phone):
    answer = fail_with(phone, "noid")
    assert answer.status == 200 and answer.json["messages"] == []
    assert fail_sms_with(phone, "noid").json == {"status": "accepted"}


def test_html(phone):
    for answer in fail_with(phone, "html"), fail_sms_with(phone, "html"):
        assert answer.status == 200 and answer.headers["Content-Type"] == "text/html"


def test_truncated_json(phone):
    for answer in fail_with(phone, "truncated"), fail_sms_with(phone, "truncated"):
        assert answer.status == 200
        with pytest.raises(ValueError):
            answer.json


def test_reset(phone):
    for fail in fail_with, fail_sms_with:
        with pytest.raises((ConnectionError, http.client.RemoteDisconnected, OSError)):
            fail(phone, "reset")


def test_hang(phone):
    with pytest.raises(socket.timeout):
        connection = phone.connect()
        connection.timeout = 0.5
        phone.connect = lambda: connection
        try:
            fail_with(phone, "hang")
        finally:
            del phone.connect
    assert phone.messages()[0]["error"] == "hang"


def test_silent_is_accepted_and_never_shown(phone):
    assert fail_with(phone, "silent").json["messages"][0]["message_status"] == "accepted"
    assert fail_sms_with(phone, "silent").json["id"]
    for message in phone.messages():
        assert (message["state"], message["shown"], message["error"]) == ("accepted", False, None)


def test_http_errors_without_json(phone):
    for word, status in ("http500", 500), ("http429", 429):
        for answer in fail_with(phone, word), fail_sms_with(phone, word):
            assert answer.status == status and answer.headers["Content-Type"] == "text/plain"


def test_redirect_leads_to_another_host_where_a_follower_is_seen(phone):
    for answer in fail_with(phone, "redirect"), fail_sms_with(phone, "redirect"):
        assert answer.status == 301
        assert answer.headers["Location"] == f"https://localhost:{phone.port}/elsewhere"
    assert phone.requests("other") == 0
    assert phone.get("/elsewhere").status == 404
    assert phone.requests("other") == 1


@pytest.mark.parametrize("suffix, code, status", [("701", 503, 503), ("702", 77, 400), ("703", 77, 451)])
def test_sms_code(phone, suffix, code, status):
    answer = phone.sms(sms(to=f"+966505550{suffix}"))
    assert answer.status == status and str(code) in answer.error


def test_same_message_after_a_clear_refusal_is_taken_as_new(phone):
    message = template_message(to="+966505555550")
    assert [phone.post(message).status for _ in range(2)] == [503, 503]


@pytest.mark.parametrize("word", ["noid", "html", "truncated"])
def test_same_message_after_an_uncertain_outcome_is_a_double_send(phone, word):
    message = template_message(to=to_of(WORDS, word, 2))
    phone.post(message)
    assert "used before" in phone.post(message).error["error_data"]["details"]


def test_bad_request_fails_as_bad_request_whatever_the_number(phone):
    assert phone.post(template_message(to="+966505555550", language="xx")).error["code"] == 132001


def test_delay_is_before_the_answer_and_not_before_the_message(start):
    simulator = start("--delay", 400)
    begin = time.monotonic()
    assert simulator.messages() == []
    assert time.monotonic() - begin < 0.3, "only providers are slow"
    begin = time.monotonic()
    connection = simulator.connect()
    connection.request("POST", "/sms", "to=%2B4915123&text=1234", {"X-Key": "simulator-key",
                       "Content-Type": "application/x-www-form-urlencoded"})
    assert simulator.messages("?wait=5")[0]["code"] == "1234"
    assert time.monotonic() - begin < 0.4
    assert connection.getresponse().status == 200
    assert time.monotonic() - begin >= 0.4
