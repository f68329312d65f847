"""The rest of the Graph API: message_history, the number, templates, webhooks, debug_token."""

import json

import pytest
from simulator import ACCOUNT_ID, NUMBER_ID, template_message

TEMPLATE = {
    "name": "verification_code", "language": "en_US", "category": "authentication", "message_send_ttl_seconds": 60,
    "components": [{"type": "body", "add_security_recommendation": True},
                   {"type": "footer", "code_expiration_minutes": 5},
                   {"type": "buttons", "buttons": [{"type": "otp", "otp_type": "copy_code", "text": "Copy Code"}]}]}
TEMPLATES = f"{ACCOUNT_ID}/message_templates"
EVENTS = "fields=id,message_id,events%7Bdelivery_status,timestamp,error_description%7D"


@pytest.fixture
def phone(start):
    return start("--template-pending", 300, "--receipt-delay", 1, "--receipt", "0001=131049")


def history(phone, wamid, query=EVENTS):
    return phone.graph("GET", f"{NUMBER_ID}/message_history?message_id={wamid}&{query}")


def test_history_has_an_event_for_each_status(phone):
    wamid = phone.post().json["messages"][0]["id"]
    phone.wait_for(lambda messages: messages[0]["status"] == "read")
    [entry] = history(phone, wamid).json["data"]
    assert set(entry) == {"id", "message_id", "events"} and entry["message_id"] == wamid
    events = entry["events"]["data"]
    assert [event["delivery_status"] for event in events] == ["SENT", "DELIVERED", "READ"]
    assert all(set(event) == {"delivery_status", "timestamp"} for event in events)


def test_history_of_a_failure_says_why_in_words_only(phone):
    wamid = phone.post(template_message(to="+966512340001")).json["messages"][0]["id"]
    phone.wait_for(lambda messages: messages[0]["status"] == "failed")
    [event] = history(phone, wamid).json["data"][0]["events"]["data"]
    assert event["delivery_status"] == "FAILED" and "ecosystem" in event["error_description"]
    assert "131049" not in json.dumps(event)


def test_history_is_strict(phone):
    assert history(phone, "wamid.unknown").json == {"data": []}
    wamid = phone.post().json["messages"][0]["id"]
    for query in "fields=price", "fields=events%7Bprice%7D", "fields=id,", "fields=events%7Bid", "limit=1":
        answer = history(phone, wamid, query)
        assert (answer.status, answer.error["code"]) == (400, 100), query
    assert phone.graph("GET", f"{NUMBER_ID}/message_history").error["code"] == 100
    assert phone.graph("GET", f"1/message_history?message_id={wamid}").error["code"] == 100


@pytest.mark.parametrize("method, path", [
    ("GET", NUMBER_ID), ("GET", TEMPLATES), ("POST", f"{NUMBER_ID}/register"), ("GET", "debug_token?input_token=x"),
    ("GET", f"{NUMBER_ID}/message_history?message_id=x"), ("DELETE", f"{ACCOUNT_ID}/subscribed_apps")])
def test_every_call_wants_the_token(phone, method, path):
    for token in None, "wrong":
        answer = phone.graph(method, path, {} if method == "POST" else None, token)
        assert (answer.status, answer.error["code"]) == (401, 190)


def test_number_answers_the_fields_that_are_asked_for(phone):
    answer = phone.graph("GET", f"{NUMBER_ID}?fields=id,health_status,throughput").json
    assert set(answer) == {"id", "health_status", "throughput"}
    assert answer["health_status"]["can_send_message"] == "AVAILABLE"
    assert phone.graph("GET", f"{NUMBER_ID}?fields=id,color").status == 400
    assert phone.graph("GET", f"{ACCOUNT_ID}?fields=health_status").json["health_status"]["entities"]
    [number] = phone.graph("GET", f"{ACCOUNT_ID}/phone_numbers").json["data"]
    assert number["id"] == NUMBER_ID


def test_pin_is_set_by_the_first_register_and_must_match_then(phone):
    def register(pin):
        return phone.graph("POST", f"{NUMBER_ID}/register", {"messaging_product": "whatsapp", "pin": pin})
    assert register("123456").json == {"success": True}
    assert register("654321").error["code"] == 133005
    assert phone.graph("POST", NUMBER_ID, {"pin": "654321"}).json == {"success": True}
    assert register("654321").json == {"success": True}
    assert register("12345").error["code"] == 100


def test_ten_registers_and_no_more(phone):
    body = {"messaging_product": "whatsapp", "pin": "123456"}
    answers = [phone.graph("POST", f"{NUMBER_ID}/register", body) for _ in range(11)]
    assert [answer.status for answer in answers] == [200] * 10 + [400]
    assert answers[-1].error["code"] == 133016


def test_nothing_is_sent_from_a_number_that_is_not_registered(phone):
    assert phone.graph("POST", f"{NUMBER_ID}/deregister").json == {"success": True}
    assert phone.post().error["code"] == 133010
    health = phone.graph("GET", f"{NUMBER_ID}?fields=health_status").json["health_status"]
    assert health["can_send_message"] == "BLOCKED" and health["entities"][0]["errors"][0]["error_code"] == 133010
    phone.graph("POST", f"{NUMBER_ID}/register", {"messaging_product": "whatsapp", "pin": "123456"})
    assert phone.post().status == 200


def test_number_is_verified_by_the_code_that_comes(phone):
    asked = phone.graph("POST", f"{NUMBER_ID}/request_code", {"code_method": "SMS", "language": "en_US"})
    assert asked.json == {"success": True}
    [message] = phone.messages()
    assert (message["channel"], message["provider"], message["to"]) == ("sms", "meta", "+15550783881")
    status = phone.graph("GET", f"{NUMBER_ID}?fields=code_verification_status")
    assert status.json == {"code_verification_status": "NOT_VERIFIED"}
    assert phone.graph("POST", f"{NUMBER_ID}/verify_code", {"code": "wrong"}).error["code"] == 136025
    assert phone.graph("POST", f"{NUMBER_ID}/verify_code", {"code": message["code"]}).json == {"success": True}
    assert phone.graph("POST", f"{NUMBER_ID}/verify_code", {"code": message["code"]}).error["code"] == 136025


def test_template_is_pending_and_then_approved_and_can_be_sent(phone):
    made = phone.graph("POST", TEMPLATES, TEMPLATE).json
    assert made == {"id": made["id"], "status": "PENDING", "category": "AUTHENTICATION"}
    message = template_message(name="verification_code")
    assert phone.post(message).error["code"] == 132001
    status = phone.graph("GET", f"{made['id']}?fields=status,health_status").json
    assert status["status"] == "PENDING" and status["health_status"]["can_send_message"] == "BLOCKED"
    end = 100
    while phone.graph("GET", f"{TEMPLATES}?name=verification_code&fields=status").json["data"] != [{"status": "APPROVED"}]:
        phone.messages("?wait=1")
        end -= 1
        assert end
    assert phone.post(message).status == 200
    assert phone.post(template_message(name="verification_code", language="ar")).error["code"] == 132001
    assert phone.graph("DELETE", f"{TEMPLATES}?name=verification_code").json == {"success": True}
    assert phone.post(message | {"biz_opaque_callback_data": "x" * 32}).error["code"] == 132001


def test_templates_are_listed_in_pages(phone):
    seen, path = [], f"{TEMPLATES}?fields=name,language,status&limit=3"
    page = phone.graph("GET", path).json
    while True:
        assert 1 <= len(page["data"]) <= 3
        seen += [template["language"] for template in page["data"]]
        if "paging" not in page:
            break
        page = phone.graph("GET", f"{path}&after={page['paging']['cursors']['after']}").json
    assert sorted(seen) == sorted(["en_US", "ar", "id", "it", "ru", "es", "pt_BR", "hi"])
    [one] = phone.graph("GET", f"{TEMPLATES}?language=ar&fields=language").json["data"]
    assert one == {"language": "ar"}


def changed(path, value):
    copy = json.loads(json.dumps(TEMPLATE))
    place = copy
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return copy


@pytest.mark.parametrize("template", [
    changed(["text"], "Hello"), changed(["name"], "Verification Code"), changed(["category"], "marketing"),
    changed(["message_send_ttl_seconds"], 29), changed(["components"], TEMPLATE["components"][:2]),
    changed(["components"], TEMPLATE["components"] * 2), changed(["components", 0, "text"], "Your code"),
    changed(["components", 1, "code_expiration_minutes"], 91),
    changed(["components", 2, "buttons", 0, "otp_type"], "one_tap"), changed(["components", 2, "buttons"], []),
    changed(["components", 2, "buttons", 0, "text"], "x" * 26), changed(["name"], "login_code"),
], ids=["text", "name", "category", "ttl", "no buttons", "twice", "body text", "minutes", "one tap", "empty", "long", "there"])
def test_bad_template_is_refused(phone, template):
    answer = phone.graph("POST", TEMPLATES, template)
    assert (answer.status, answer.error["code"]) == (400, 100)


def test_webhooks_are_switched_on_and_off(phone):
    path = f"{ACCOUNT_ID}/subscribed_apps"
    assert phone.graph("GET", path).json == {"data": []}
    assert phone.graph("POST", path).json == {"success": True}
    assert "override_callback_uri" not in phone.graph("GET", path).json["data"][0]
    own = {"override_callback_uri": "https://hooks.example.org/meta", "verify_token": "x"}
    assert phone.graph("POST", path, own).json == {"success": True}
    assert phone.graph("GET", path).json["data"][0]["override_callback_uri"] == own["override_callback_uri"]
    assert phone.graph("POST", path, {"verify_token": "x"}).status == 400
    assert phone.graph("POST", path, own | {"override_callback_uri": "http://example.org"}).status == 400
    assert phone.graph("DELETE", path).json == {"success": True}
    assert phone.graph("GET", path).json == {"data": []}


def test_debug_token_knows_the_token_and_no_other(phone):
    good = phone.graph("GET", "debug_token?input_token=simulator-token").json["data"]
    assert good["is_valid"] is True and good["expires_at"] == 0
    assert {"whatsapp_business_messaging", "whatsapp_business_management"} == set(good["scopes"])
    bad = phone.graph("GET", "debug_token?input_token=other").json["data"]
    assert bad["is_valid"] is False and bad["error"]["code"] == 190


def test_unknown_edges_and_methods_are_refused_and_counted_apart(phone):
    for method, path in (("GET", f"{NUMBER_ID}/media"), ("DELETE", NUMBER_ID), ("GET", "42"), ("PUT", TEMPLATES)):
        assert phone.graph(method, path).error["code"] == 100
    assert phone.requests("management") == 4 and phone.requests("messages") == 0
