"""The SMS gateway: what it takes, and each rule that it is strict about."""

import pytest
from simulator import PHONE, sms

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("content_type", [FORM, "application/json", FORM + "; charset=utf-8"])
def test_good_message_is_accepted_and_arrives(phone, content_type):
    sent = sms()
    raw = None if "charset" not in content_type else f"to=%2B{PHONE[1:]}&text=482913%20is&id={sent['id']}"
    answer = phone.sms(sent, content_type=content_type, raw=raw)
    assert answer.status == 200
    assert answer.json == {"id": answer.json["id"], "status": "accepted"}
    [message] = phone.messages()
    assert message["id"] == answer.json["id"] and message["id"].startswith("sms-")
    assert (message["channel"], message["to"], message["code"]) == ("sms", PHONE, "482913")
    assert (message["callback"], message["state"], message["shown"]) == (sent["id"], "accepted", True)


def test_id_is_optional(phone):
    assert phone.sms({"to": PHONE, "text": "1234"}).status == 200
    assert phone.messages()[0]["callback"] == ""


@pytest.mark.parametrize("text, code", [
    ("482913 is your code", "482913"),
    ("Your code for web1: 4829.", "4829"),
    ("Call 123 or 12345678901, code 55443322", "55443322"),
    ("1234567890", "1234567890"),
    ("no code at all", ""),
    ("رمزك هو 482913 للدخول", "482913"),
])
def test_code_is_the_first_run_of_4_to_10_digits(phone, text, code):
    assert phone.sms({"to": PHONE, "text": text}).status == 200
    [message] = phone.messages()
    assert (message["text"], message["code"]) == (text, code)


def test_text_of_1600_characters_of_any_script(phone):
    assert phone.sms({"to": PHONE, "text": "ر" * 1600}).status == 200
    assert phone.sms({"to": PHONE, "text": "ر" * 1601}).status == 400


FIELD_RULES = {
    "unknown field": sms() | {"from": "web1"},
    "no to": {"text": "1234"},
    "no text": {"to": PHONE},
    "without plus": sms() | {"to": PHONE[1:]},
    "national": sms() | {"to": "+0512345634"},
    "too short": sms() | {"to": "+123456"},
    "too long": sms() | {"to": "+1234567890123456"},
    "with spaces": sms() | {"to": "+966 51234563"},
    "empty text": sms() | {"text": ""},
    "bell": sms() | {"text": "1234\a"},
    "empty id": sms() | {"id": ""},
    "long id": sms() | {"id": "x" * 129},
}


@pytest.mark.parametrize("content_type", [FORM, "application/json"])
@pytest.mark.parametrize("fields", FIELD_RULES.values(), ids=FIELD_RULES.keys())
def test_bad_fields_are_refused(phone, fields, content_type):
    answer = phone.sms(fields, content_type=content_type)
    assert answer.status == 400 and answer.error
    assert phone.messages() == []


RAW_BODIES = {
    "empty": (FORM, b""),
    "no pairs": (FORM, b"to"),
    "a field twice": (FORM, b"to=%2B4915123&to=%2B4915123&text=1234"),
    "half an escape": (FORM, b"to=%2B4915123&text=1234%4"),
    "wrong escape": (FORM, b"to=%2B4915123&text=1234%zz"),
    "no UTF-8": (FORM, b"to=%2B4915123&text=1234%ff"),
    "overlong UTF-8": (FORM, b"to=%2B4915123&text=1234%c0%80"),
    "a NUL": (FORM, b"to=%2B4915123&text=1234%00"),
    "a raw space": (FORM, b"to=%2B4915123&text=1234 is"),
    "an unescaped plus": (FORM, b"to=+4915123&text=1234"),
    "an equals sign": (FORM, b"to=%2B4915123&text=1=2"),
    "JSON as form": (FORM, b'{"to":"+4915123","text":"1234"}'),
    "form as JSON": ("application/json", b"to=%2B4915123&text=1234"),
    "a number": ("application/json", b'{"to":"+4915123","text":1234}'),
    "a null id": ("application/json", b'{"to":"+4915123","text":"1234","id":null}'),
    "an array": ("application/json", b'["+4915123","1234"]'),
    "a key twice": ("application/json", b'{"to":"+4915123","text":"1234","text":"1234"}'),
}


@pytest.mark.parametrize("content_type, raw", RAW_BODIES.values(), ids=RAW_BODIES.keys())
def test_bad_body_is_refused(phone, content_type, raw):
    assert phone.sms(content_type=content_type, raw=raw).status == 400
    assert phone.messages() == []


def test_bad_requests_are_refused(phone):
    assert phone.sms(key=None).status == 401
    assert phone.sms(key="simulator-kez").status == 401
    assert phone.sms(content_type="text/plain").status == 415
    assert phone.sms(raw="text=" + "1" * 70000).status == 413
    assert phone.get("/sms").status == 405
    assert phone.request("POST", "/sms?to=1", "", {"X-Key": "simulator-key", "Content-Type": FORM}).status == 400
    assert phone.messages() == []


def test_id_can_be_used_once(phone):
    message = sms()
    assert phone.sms(message).status == 200
    assert phone.sms(message).status == 409
    assert len(phone.messages()) == 1


def test_own_key(start, tmp_path):
    (tmp_path / "key").write_text("other")
    simulator = start("--sms-key-file", tmp_path / "key")
    assert simulator.sms().status == 401
    assert simulator.sms(key="other").status == 200
