"""messages.json and requests.json: what tests read."""

import socket
import ssl
import threading
import time

import pytest
from simulator import PHONE, sms, template_message

OTHER = "+4915123456789"


def test_nothing_yet(phone):
    assert phone.messages() == []


def test_oldest_is_first_and_has_index_1(phone):
    phone.sms(sms(code="1111"))
    phone.post(template_message(code="2222"))
    phone.sms(sms(code="3333"))
    assert [(m["index"], m["code"]) for m in phone.messages()] == [(1, "1111"), (2, "2222"), (3, "3333")]


def test_after_leaves_out_what_is_known(phone):
    for code in "1111", "2222", "3333":
        phone.sms(sms(code=code))
    assert [m["code"] for m in phone.messages("?after=1")] == ["2222", "3333"]
    assert phone.messages("?after=3") == []


@pytest.mark.parametrize("spelled", ["%2B4915123456789", "+4915123456789", "4915123456789"])
def test_to_picks_one_number(phone, spelled):
    phone.sms(sms(to=PHONE))
    phone.sms(sms(to=OTHER, code="2222"))
    assert [m["code"] for m in phone.messages(f"?to={spelled}")] == ["2222"]
    assert phone.messages("?to=%2B491512345678") == []


def test_wait_is_answered_when_the_message_comes(phone):
    threading.Timer(0.3, phone.sms, [sms(to=OTHER, code="2222")]).start()
    threading.Timer(0.1, phone.sms, [sms(to=PHONE)]).start()
    begin = time.monotonic()
    [message] = phone.messages("?to=%2B4915123456789&wait=8")
    assert message["code"] == "2222" and 0.2 < time.monotonic() - begin < 4


def test_wait_ends_with_nothing(phone):
    begin = time.monotonic()
    assert phone.messages("?wait=1") == []
    assert 0.9 < time.monotonic() - begin < 4


def test_waiting_ends_when_the_messages_are_cleared(phone):
    phone.sms()
    threading.Timer(0.2, phone.request, ["DELETE", "/messages.json"]).start()
    begin = time.monotonic()
    assert phone.messages("?after=1&wait=8") == []
    assert time.monotonic() - begin < 4


def test_clear_begins_anew_and_changes_the_epoch(phone):
    phone.sms(sms(code="1111"))
    epoch = phone.get("/messages.json").headers["X-Messages-Epoch"]
    assert phone.request("DELETE", "/messages.json").status == 204
    assert phone.messages() == []
    assert phone.get("/messages.json").headers["X-Messages-Epoch"] != epoch
    phone.sms(sms(code="2222"))
    assert [(m["index"], m["code"]) for m in phone.messages()] == [(1, "2222")]


@pytest.mark.parametrize("query", ["?after=x", "?after=-1", "?after", "?to=alice", "?to=", "?wait=61", "?limit=1",
                                   "?" + "&".join(["after=1"] * 9)])
def test_unknown_query_is_refused(phone, query):
    assert phone.get(f"/messages.json{query}").status == 400


def test_requests_are_counted_and_refusals_have_a_reason(phone):
    phone.post()
    phone.post(Authorization=None)
    phone.sms()
    phone.sms(key="wrong")
    counts = phone.get("/requests.json").json
    assert counts["endpoints"]["messages"] == {"requests": 2, "accepted": 1, "failed": 0, "refused": 1}
    assert counts["endpoints"]["sms"] == {"requests": 2, "accepted": 1, "failed": 0, "refused": 1}
    assert [(r["endpoint"], r["status"], r["code"]) for r in counts["refused"]] == [("messages", 401, 190),
                                                                                    ("sms", 401, 0)]
    assert all(r["reason"] for r in counts["refused"])
    assert phone.request("DELETE", "/requests.json").status == 204
    assert phone.requests("messages") == 0


def test_no_reason_holds_a_code_a_number_or_a_token(phone):
    phone.post(template_message(code="12345678901234567"))
    phone.post(Authorization="Bearer sesame-street")
    phone.sms(sms() | {"to": "0512345634"})
    text = phone.get("/requests.json").text
    assert not any(secret in text for secret in ("12345678901234567", "sesame", "512345634"))


def test_odd_method_is_counted(phone):
    with socket.create_connection((phone.host, phone.port)) as plain:
        with ssl.create_default_context(cafile=phone.ca).wrap_socket(plain, server_hostname="localhost") as each:
            each.sendall(b"G\xff\x01 /sms HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert each.recv(12) == b"HTTP/1.1 405"
    assert [r["method"] for r in phone.get("/requests.json").json["refused"]] == ["G??"]


def test_many_at_once_are_all_there_once(phone):
    def post():
        for _ in range(25):
            phone.sms()
    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    messages = phone.messages()
    assert [m["index"] for m in messages] == list(range(1, 201))
    assert len({m["id"] for m in messages}) == 200
