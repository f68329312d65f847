"""What the WhatsApp Cloud API takes, what it answers, and each rule that it is strict about."""

import base64
import json
import re

import pytest
from simulator import MESSAGES, NUMBER_ID, PHONE, changed, template_message, without

GOOD = template_message()
COMPONENTS = "template.components"


def test_good_message_is_accepted_as_meta_does(phone):
    answer = phone.post()
    assert answer.status == 200
    assert answer.json["messaging_product"] == "whatsapp"
    assert answer.json["contacts"] == [{"input": PHONE[1:], "wa_id": PHONE[1:]}]
    [message] = answer.json["messages"]
    assert message["message_status"] == "accepted"
    assert PHONE[1:].encode() in base64.b64decode(message["id"].removeprefix("wamid."))


def test_good_message_is_on_the_phone(phone):
    sent = template_message(code="A1B2C3")
    wamid = phone.post(sent).json["messages"][0]["id"]
    [message] = phone.messages()
    assert message["at"] > 1_700_000_000_000
    assert message | {"at": 0} == {
        "index": 1, "id": wamid, "channel": "whatsapp", "to": PHONE, "code": "A1B2C3", "at": 0, "state": "accepted",
        "text": "*A1B2C3* is your verification code. For your security, do not share this code.", "error": None,
        "language": "en_US", "callback": sent["biz_opaque_callback_data"], "shown": True,
        "provider": "meta", "status": "accepted", "events": [], "change": 1}


def test_each_message_has_its_own_id(phone):
    assert len({phone.post().json["messages"][0]["id"] for _ in range(20)}) == 20


@pytest.mark.parametrize("language", ["ar", "id", "it", "ru", "es", "pt_BR", "hi"])
def test_text_is_in_the_language_of_the_template(phone, language):
    assert phone.post(template_message(language=language)).status == 200
    [message] = phone.messages()
    assert "*482913*" in message["text"] and "verification" not in message["text"]


@pytest.mark.parametrize("message", [
    changed(GOOD, "to", "+" + GOOD["to"]),
    changed(GOOD, f"{COMPONENTS}.1.index", 0),
    changed(GOOD, "template.language.policy", "deterministic"),
    changed(GOOD, COMPONENTS, GOOD["template"]["components"][::-1]),
    without(GOOD, "recipient_type"),
    without(GOOD, "biz_opaque_callback_data"),
    changed(GOOD, "biz_opaque_callback_data", "0123456789abcdef48291389abcdef01"),  # a random id that holds the code
    changed(GOOD, "to", "4915123"),
], ids=["plus", "index-number", "policy", "button-first", "no-recipient-type", "no-callback", "random-id", "short"])
def test_what_meta_leaves_open_is_accepted(phone, message):
    assert phone.post(message).status == 200


BODY_RULES = {
    "unknown key": (changed(GOOD, "ttl", 60), 100),
    "unknown key in another script": (changed(GOOD, "مفتاح" * 9, 1), 100),
    "no product": (without(GOOD, "messaging_product"), 131008),
    "other product": (changed(GOOD, "messaging_product", "telegram"), 131009),
    "product no string": (changed(GOOD, "messaging_product", 1), 131009),
    "group": (changed(GOOD, "recipient_type", "group"), 131009),
    "no to": (without(GOOD, "to"), 131008),
    "to no string": (changed(GOOD, "to", 966512345634), 131009),
    "to too short": (changed(GOOD, "to", "123456"), 131009),
    "to too long": (changed(GOOD, "to", "1234567890123456"), 131009),
    "to with spaces": (changed(GOOD, "to", "966 512345634"), 131009),
    "to national": (changed(GOOD, "to", "0512345634"), 131009),
    "to with two plus": (changed(GOOD, "to", "++966512345634"), 131009),
    "to empty": (changed(GOOD, "to", ""), 131009),
    "free text": (changed(GOOD, "type", "text"), 131051),
    "no template": (without(GOOD, "template"), 131008),
    "template no object": (changed(GOOD, "template", "login_code"), 131009),
    "unknown key in template": (changed(GOOD, "template.namespace", "x"), 100),
    "unknown template": (changed(GOOD, "template.name", "verification_code"), 132001),
    "template name no string": (changed(GOOD, "template.name", None), 131009),
    "unknown language": (changed(GOOD, "template.language.code", "en"), 132001),
    "no language": (without(GOOD, "template.language"), 131008),
    "language no object": (changed(GOOD, "template.language", "en_US"), 131009),
    "language code no string": (changed(GOOD, "template.language.code", 1), 131009),
    "other policy": (changed(GOOD, "template.language.policy", "fallback"), 131009),
    "unknown key in language": (changed(GOOD, "template.language.locale", "x"), 100),
    "no components": (without(GOOD, COMPONENTS), 131008),
    "components no array": (changed(GOOD, COMPONENTS, {}), 131009),
    "body alone": (without(GOOD, f"{COMPONENTS}.1"), 132000),
    "button alone": (without(GOOD, f"{COMPONENTS}.0"), 132000),
    "two bodies": (changed(GOOD, f"{COMPONENTS}.1", GOOD["template"]["components"][0]), 132000),
    "a third component": (changed(GOOD, COMPONENTS, [*GOOD["template"]["components"], {"type": "header"}]), 132000),
    "body without parameters": (changed(GOOD, f"{COMPONENTS}.0.parameters", []), 132000),
    "no parameters": (without(GOOD, f"{COMPONENTS}.0.parameters"), 131008),
    "parameters no array": (changed(GOOD, f"{COMPONENTS}.0.parameters", "482913"), 131009),
    "two parameters": (changed(GOOD, f"{COMPONENTS}.0.parameters", [{"type": "text", "text": "1"}] * 2), 132000),
    "unknown key in body": (changed(GOOD, f"{COMPONENTS}.0.sub_type", "url"), 100),
    "named parameter": (changed(GOOD, f"{COMPONENTS}.0.parameters.0.parameter_name", "code"), 100),
    "parameter no text": (changed(GOOD, f"{COMPONENTS}.0.parameters.0.type", "currency"), 131009),
    "code no string": (changed(GOOD, f"{COMPONENTS}.0.parameters.0.text", 482913), 131009),
    "code empty": (changed(GOOD, f"{COMPONENTS}.0.parameters.0.text", ""), 131009),
    "code too long": (template_message(code="1234567890123456"), 132005),
    "code with a space": (template_message(code="482 913"), 132018),
    "code in other digits": (template_message(code="٤٨٢٩"), 132018),
    "button with another code": (changed(GOOD, f"{COMPONENTS}.1.parameters.0.text", "482914"), 132018),
    "button without parameters": (changed(GOOD, f"{COMPONENTS}.1.parameters", []), 132000),
    "quick reply": (changed(GOOD, f"{COMPONENTS}.1.sub_type", "quick_reply"), 131009),
    "no sub_type": (without(GOOD, f"{COMPONENTS}.1.sub_type"), 131008),
    "no index": (without(GOOD, f"{COMPONENTS}.1.index"), 131008),
    "index 1": (changed(GOOD, f"{COMPONENTS}.1.index", "1"), 131009),
    "index true": (changed(GOOD, f"{COMPONENTS}.1.index", True), 131009),
    "unknown key in button": (changed(GOOD, f"{COMPONENTS}.1.url", "x"), 100),
    "callback no string": (changed(GOOD, "biz_opaque_callback_data", 7), 131009),
    "callback empty": (changed(GOOD, "biz_opaque_callback_data", ""), 100),
    "callback too long": (changed(GOOD, "biz_opaque_callback_data", "x" * 513), 100),
    "callback with the number": (changed(GOOD, "biz_opaque_callback_data", "to966512345634"), 100),
    "callback with the code": (changed(GOOD, "biz_opaque_callback_data", "alice-482913"), 100),
    "callback that is the code": (changed(GOOD, "biz_opaque_callback_data", "482913"), 100),
    "no object": ([GOOD], 131009),
}


@pytest.mark.parametrize("message, code", BODY_RULES.values(), ids=BODY_RULES.keys())
def test_bad_body_is_refused(phone, message, code):
    answer = phone.post(message)
    assert (answer.error["code"], answer.status) == (code, 404 if code == 132001 else 400)
    assert phone.messages() == []


RAW_BODIES = {
    "empty": b"",
    "no JSON": b"to=966512345634",
    "cut off": json.dumps(GOOD)[:-1].encode(),
    "something behind it": json.dumps(GOOD).encode() + b"{}",
    "a key twice": b'{"to":"966512345635",' + json.dumps(GOOD)[1:].encode(),
    "no UTF-8": json.dumps(GOOD).replace("482913", "48\xff913").encode("latin-1"),
    "a NUL": json.dumps(GOOD).replace("482913", "48\\u00002913").encode(),
    "deep": b"[" * 30000,
}


@pytest.mark.parametrize("raw", RAW_BODIES.values(), ids=RAW_BODIES.keys())
def test_body_that_is_no_json_is_refused(phone, raw):
    answer = phone.post(raw=raw)
    assert (answer.status, answer.error["code"]) == (400, 100)
    assert phone.messages() == []


ENVELOPE_RULES = {
    "no token": ({"Authorization": None}, 401, 190),
    "wrong token": ({"Authorization": "Bearer simulator-tokem"}, 401, 190),
    "longer token": ({"Authorization": "Bearer simulator-token1"}, 401, 190),
    "token alone": ({"Authorization": "simulator-token"}, 401, 190),
    "basic": ({"Authorization": "Basic c2ltdWxhdG9yLXRva2Vu"}, 401, 190),
    "no version": ({"path": f"/{NUMBER_ID}/messages"}, 400, 2500),
    "version without minor": ({"path": f"/v25/{NUMBER_ID}/messages"}, 400, 2500),
    "version in words": ({"path": f"/v25.x/{NUMBER_ID}/messages"}, 400, 2500),
    "other number id": ({"path": "/v25.0/106540352242923/messages"}, 400, 100),
    "longer number id": ({"path": f"/v25.0/{NUMBER_ID}1/messages"}, 400, 100),
    "other edge": ({"path": f"/v25.0/{NUMBER_ID}/media"}, 400, 100),
    "slash behind": ({"path": f"{MESSAGES}/"}, 400, 100),
    "token in the URL": ({"path": f"{MESSAGES}?access_token=simulator-token"}, 400, 100),
    "GET": ({"method": "GET"}, 400, 100),
    "PUT": ({"method": "PUT"}, 400, 100),
    "form": ({"Content-Type": "application/x-www-form-urlencoded"}, 400, 100),
    "no type": ({"Content-Type": None}, 400, 100),
    "almost JSON": ({"Content-Type": "application/jsonp"}, 400, 100),
    "user agent without version": ({"User-Agent": "curl"}, 400, 100),
    "user agent with half a version": ({"User-Agent": "Python-urllib/3.11"}, 400, 100),
    "user agent with a space": ({"User-Agent": "my client/1.0.0"}, 400, 100),
    "too large": ({"raw": json.dumps(GOOD) + " " * 65536}, 413, 100),
}


@pytest.mark.parametrize("request_, status, code", ENVELOPE_RULES.values(), ids=ENVELOPE_RULES.keys())
def test_bad_request_is_refused(phone, request_, status, code):
    answer = phone.post(**{name.replace("-", "_"): value for name, value in request_.items()})
    assert (answer.status, answer.error["code"]) == (status, code)
    assert phone.messages() == []


def test_json_with_a_charset_and_any_user_agent_of_the_form_are_fine(phone):
    assert phone.post(Content_Type="application/json; charset=utf-8").status == 200
    assert phone.post(User_Agent="pam_whatsapp_otp/1.2.3 (Linux)").status == 200
    assert phone.post(path=f"/v199.12/{NUMBER_ID}/messages").status == 200


def test_body_of_64_kib_is_still_taken(phone):
    body = json.dumps(GOOD)
    assert phone.post(raw=body + " " * (65536 - len(body))).status == 200


def test_callback_can_be_used_once(phone):
    message = template_message()
    assert phone.post(message).status == 200
    again = phone.post(message)
    assert (again.status, again.error["code"]) == (400, 100)
    assert "used before" in again.error["error_data"]["details"]
    assert len(phone.messages()) == 1


def test_error_has_the_form_of_meta(phone):
    error = phone.post(Authorization=None).error
    assert error["type"] == "OAuthException"
    assert error["message"].startswith("(#190) ")
    assert error["error_data"] == {"messaging_product": "whatsapp", "details": "There is no Authorization: Bearer"}
    assert re.fullmatch(r"[A-Za-z0-9_-]{23}", error["fbtrace_id"])


def test_wrong_object_has_the_subcode_of_meta(phone):
    assert phone.post(path="/v25.0/1/messages").error["error_subcode"] == 33


def test_own_token_templates_languages_and_number(start, tmp_path):
    (tmp_path / "token").write_text("s3cret\n")
    simulator = start("--token-file", tmp_path / "token", "--template", "one", "--template", "two", "--language", "en",
                      "--phone-number-id", "42")
    own = {"path": "/v25.0/42/messages", "Authorization": "Bearer s3cret"}
    assert simulator.post(template_message(name="one", language="en"), **own).status == 200
    assert simulator.post(template_message(name="two", language="en"), **own).status == 200
    assert simulator.post(template_message(name="login_code", language="en"), **own).error["code"] == 132001
    assert simulator.post(template_message(name="one", language="en_US"), **own).error["code"] == 132001
    assert simulator.post(template_message(name="one", language="en"), path=own["path"]).status == 401


def test_a_look_at_the_number_answers_its_id(phone):
    number = f"/v25.0/{NUMBER_ID}"
    answer = phone.post(method="GET", raw="", path=f"{number}?fields=id")
    assert (answer.status, answer.json) == (200, {"id": NUMBER_ID})
    assert phone.post(method="GET", raw="", path=f"{number}?access_token=simulator-token").error["code"] == 100
    assert phone.post(method="GET", raw="", path=number, Authorization=None).error["code"] == 190
