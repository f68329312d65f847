"""Receipts: what Meta's webhooks say about a message, when, how often, signed how, and what happens if nobody listens."""

import concurrent.futures
import hashlib
import hmac
import json
import time

import pytest
from receiver import Receiver
from simulator import ACCOUNT_ID, NUMBER_ID, sms, template_message

SECRET = b"simulator-app-secret"
RULES = {"0001": "131026:20", "0002": "silent", "0003": "delivered-only", "0004": "read-only", "0005": "duplicate",
         "0006": "disorder", "0007": "delivered-then-failed", "0008": "wrong-signature", "0009": "replay",
         "0010": "batch:30", "0011": "131056"}


@pytest.fixture(scope="module")
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture(scope="module")
def simulator(receiver, tmp_path_factory):
    from simulator import Simulator
    arguments = ["--receipts", f"{receiver.url}/meta", "--receipt-delay", 20]
    for suffix, what in RULES.items():
        arguments += ["--receipt", f"{suffix}={what}"]
    simulator = Simulator(tmp_path_factory.mktemp("receipts"), *arguments)
    yield simulator
    assert simulator.stop() == 0


@pytest.fixture
def phone(simulator, receiver):
    simulator.clear()
    simulator.request("DELETE", "/receipts.json")
    receiver.clear()
    return simulator


def statuses_of(request):
    [entry] = json.loads(request.body)["entry"]
    [change] = entry["changes"]
    return change["value"]["statuses"]


def is_signed(request, secret=SECRET):
    expected = "sha256=" + hmac.new(secret, request.body, hashlib.sha256).hexdigest()
    return request.headers["X-Hub-Signature-256"] == expected


def send(phone, suffix="5634"):
    message = template_message(to=f"+96651234{suffix}")
    answer = phone.post(message)
    assert answer.status == 200
    return answer.json["messages"][0]["id"], message


def told(receiver, count):
    """All statuses in the order in which they came, when there are so many; requests may hold several."""
    end = time.monotonic() + 10
    while True:
        got = [status for request in list(receiver.requests) for status in statuses_of(request)]
        if len(got) >= count:
            return got
        assert time.monotonic() < end, got
        time.sleep(0.01)


def words(phone, receiver, suffix, count):
    send(phone, suffix)
    return [status["status"] for status in told(receiver, count)]


def test_sent_delivered_read_in_metas_envelope(phone, receiver):
    wamid, message = send(phone)
    status, *later = told(receiver, 3)
    assert [status["status"] for status in later] == ["delivered", "read"]
    assert all(is_signed(request) and request.path == "/meta" for request in receiver.requests)
    whole = json.loads(receiver.requests[0].body)
    assert whole["object"] == "whatsapp_business_account" and whole["entry"][0]["id"] == ACCOUNT_ID
    change = whole["entry"][0]["changes"][0]
    assert change["field"] == "messages" and change["value"]["messaging_product"] == "whatsapp"
    assert change["value"]["metadata"] == {"display_phone_number": "15550783881", "phone_number_id": NUMBER_ID}
    assert change["value"]["statuses"][0] == status
    assert status.pop("timestamp").isdigit()
    assert status == {
        "id": wamid, "status": "sent", "recipient_id": "966512345634",
        "biz_opaque_callback_data": message["biz_opaque_callback_data"],
        "pricing": {"billable": True, "pricing_model": "PMP", "category": "authentication", "type": "regular"}}


def test_messages_json_knows_what_became_of_it(phone):
    send(phone)
    [message] = phone.wait_for(lambda messages: messages[0]["status"] == "read")
    assert message["state"] == "accepted"
    assert [event["status"] for event in message["events"]] == ["sent", "delivered", "read"]
    times = [message["at"]] + [event["at"] for event in message["events"]]
    assert times == sorted(times) and times[-1] - times[0] >= 55


def test_failure_after_acceptance(phone, receiver):
    wamid, _ = send(phone, "0001")
    [request] = receiver.wait(1)
    [status] = statuses_of(request)
    assert (status["id"], status["status"]) == (wamid, "failed") and "pricing" not in status
    [error] = status["errors"]
    assert error["code"] == 131026 and error["title"] == "Message undeliverable" and error["error_data"]["details"]
    [message] = phone.messages()
    assert (message["status"], message["events"][0]["code"]) == ("failed", "131026")


@pytest.mark.parametrize("suffix, expected", [
    ("0003", ["delivered"]),
    ("0004", ["read"]),
    ("0005", ["sent", "sent", "delivered", "delivered", "read", "read"]),
    ("0006", ["read", "delivered", "sent"]),
    ("0007", ["sent", "delivered", "failed"]),
    ("0011", ["failed"]),
])
def test_rule(phone, receiver, suffix, expected):
    assert words(phone, receiver, suffix, len(expected)) == expected
    assert all(is_signed(request) for request in receiver.requests)


def test_rules_tell_no_more_than_that(phone, receiver):
    for suffix in "0002", "0003", "0004", "0001":
        send(phone, suffix)
    send(phone)
    phone.wait_for(lambda messages: messages[-1]["status"] == "read")
    got = [status["status"] for status in told(receiver, 6)]
    assert sorted(got) == sorted(["delivered", "read", "failed", "sent", "delivered", "read"])


def test_wrong_signature_is_one_of_another_secret(phone, receiver):
    assert words(phone, receiver, "0008", 3) == ["sent", "delivered", "read"]
    assert not any(is_signed(request) for request in receiver.requests)
    assert all(is_signed(request, b"not-the-secret") for request in receiver.requests)


def test_replay_is_the_same_bytes_and_then_seven_days_old(phone, receiver):
    assert words(phone, receiver, "0009", 5) == ["sent", "delivered", "sent", "delivered", "failed"]
    sent, delivered, sent_again, delivered_again, old = receiver.requests
    assert sent.body == sent_again.body and delivered.body == delivered_again.body
    assert all(is_signed(request) for request in receiver.requests)
    age = int(statuses_of(sent)[0]["timestamp"]) - int(statuses_of(old)[0]["timestamp"])
    assert 7 * 86400 - 2 <= age <= 7 * 86400 + 2
    assert phone.messages()[0]["status"] == "delivered"


def test_batch_is_one_request(phone, receiver):
    for _ in range(10):
        send(phone, "0010")
    requests = receiver.wait(1)
    assert len(statuses_of(requests[0])) == 30
    assert len(requests) == 1 and is_signed(requests[0])


def test_batch_that_is_never_full_goes_at_last(phone, receiver):
    send(phone, "0010")
    assert len(statuses_of(receiver.wait(1)[0])) == 3


def test_what_gathers_while_a_request_is_under_way_goes_in_one(phone, receiver):
    def slow_once(number):
        time.sleep(0.2 if number == 1 else 0)
        return 200
    receiver.status = slow_once
    for _ in range(20):
        send(phone)
    phone.wait_for(lambda messages: all(message["status"] == "read" for message in messages))
    assert len(told(receiver, 60)) == 60
    assert len(receiver.requests) < 40


def test_other_answers_are_retried_with_growing_delay_and_counted(phone, receiver):
    receiver.status = lambda number: 503 if number <= 3 else 200
    send(phone, "0001")
    requests = receiver.wait(4)
    assert len({request.body for request in requests}) == 1
    gaps = [after.at - before.at for before, after in zip(requests, requests[1:])]
    assert gaps[0] >= 0.09 and gaps[1] >= 0.19 and gaps[2] >= 0.39
    end = time.monotonic() + 5
    while phone.get("/receipts.json").json["statuses"] < 1:
        assert time.monotonic() < end
        time.sleep(0.01)
    counts = phone.get("/receipts.json").json
    assert counts["answers"] == {"200": 1, "503": 3}
    assert (counts["posted"], counts["retried"], counts["given_up"], counts["dropped"]) == (4, 3, 0, 0)
    assert counts["providers"]["meta"]["posted"] == 4 and counts["ms"]["max"] >= counts["ms"]["p50"] >= 0
    assert phone.request("DELETE", "/receipts.json").status == 204
    assert phone.get("/receipts.json").json["posted"] == 0


def test_nobody_listens_and_answers_go_on(start, receiver):
    phone = start("--receipts", "http://127.0.0.1:1/meta", "--receipt-delay", 0)
    for _ in range(20):
        assert phone.post().status == 200
    phone.wait_for(lambda messages: all(message["status"] == "read" for message in messages))
    assert phone.get("/receipts.json").json["answers"].keys() <= {"0"}


def test_own_secret_and_receipts_without_listener_move_on(start, receiver, tmp_path):
    receiver.clear()
    (tmp_path / "secret").write_text("other secret\n")
    phone = start("--receipts", receiver.url, "--receipt-delay", 1, "--app-secret-file", tmp_path / "secret")
    phone.post()
    assert is_signed(receiver.wait(1)[0], b"other secret")
    alone = start("--receipt-delay", 1)
    alone.post()
    alone.wait_for(lambda messages: messages[0]["status"] == "read")
    assert alone.get("/receipts.json").json["posted"] == 0


def test_silent_by_fail_is_sent_and_never_delivered(start):
    phone = start("--receipt-delay", 1, "--fail", "0002=silent", "--fail", "0001=131026", "--fail", "0003=paused")
    for suffix in "0002", "0001", "0003", "0004":
        phone.post(template_message(to=f"+96651234{suffix}"))
    messages = phone.wait_for(lambda messages: messages[3]["status"] == "read")
    assert [message["status"] for message in messages] == ["sent", "failed", "failed", "read"]


def test_sms_is_never_read(start):
    phone = start("--receipt-delay", 1)
    phone.sms(sms())
    phone.post()
    messages = phone.wait_for(lambda messages: messages[1]["status"] == "read")
    assert messages[0]["status"] == "delivered"


def test_what_the_page_has_shown_is_read_as_soon_as_it_is_delivered(start):
    phone = start("--receipt-delay", 300)
    answer = phone.post()
    epoch = phone.get("/messages.json").headers["X-Messages-Epoch"]
    assert answer.status == 200
    seen = json.dumps({"epoch": epoch, "seen": [1, 99]})
    assert phone.request("POST", "/messages.json", seen, {"Content-Type": "application/json"}).status == 204
    [message] = phone.wait_for(lambda messages: messages[0]["status"] == "read")
    at = {event["status"]: event["at"] for event in message["events"]}
    assert at["delivered"] - message["at"] >= 590 and at["read"] - at["delivered"] < 250


@pytest.mark.parametrize("body, content_type", [
    ('{"epoch":"1","seen":[1]}', "text/plain"), ("{}", "application/json"), ('{"epoch":1,"seen":[]}', "application/json")])
def test_other_words_about_what_was_seen_are_refused(phone, body, content_type):
    assert phone.request("POST", "/messages.json", body, {"Content-Type": content_type}).status == 400


def test_changes_are_told_once(phone):
    send(phone)
    phone.wait_for(lambda messages: messages[0]["status"] == "read")
    [message] = phone.messages()
    assert phone.messages(f"?changed={message['change']}") == []
    [again] = phone.messages(f"?changed={message['change'] - 1}")
    assert again == message


def test_hundreds_at_once_all_end_read_and_every_status_is_told_once(phone, receiver):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        ids = {wamid for wamid, _ in pool.map(lambda _: send(phone), range(400))}
    phone.wait_for(lambda messages: all(message["status"] == "read" for message in messages), 20)
    end = time.monotonic() + 10
    while phone.get("/receipts.json").json["statuses"] < 1200:
        assert time.monotonic() < end
        time.sleep(0.02)
    got = [(status["id"], status["status"]) for status in told(receiver, 1200)]
    assert len(got) == len(set(got)) == 1200 and {wamid for wamid, _ in got} == ids
