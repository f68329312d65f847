"""The providers beside Meta: what each takes, what it answers, how strict it is, and the receipts that it sends."""

import base64
import hashlib
import hmac
import json
import urllib.parse

import pytest
from receiver import Receiver
from simulator import PHONE, TOKEN, template_message, without

FORM = "application/x-www-form-urlencoded"
ACCOUNT = "AC00000000000000000000000000000001"
TEXT = "482913 is your code for web1 (sshd). It expires in 5 min."
TEMPLATE = template_message()["template"]
INTEGER_INDEX = json.loads(json.dumps(TEMPLATE).replace('"index": "0"', '"index": 0'))
BOT = f"/bot8443:{TOKEN}"


def basic(user, password=TOKEN):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def number_in(*path):
    def read(answer):
        for step in path:
            answer = answer[step]
        return answer
    return read


class Method:
    """One way to send: where, with which credentials and fields, and how the answer names the message."""

    def __init__(self, name, path, fields, headers, find_id, channel="sms", kind="json", status=200, code="482913"):
        self.name, self.path, self.fields, self.headers, self.find_id = name, path, fields, headers, find_id
        self.provider, self.channel, self.kind, self.status, self.code = name.split(" ")[0], channel, kind, status, code

    def send(self, phone, fields=None, headers=None, **more):
        fields = (self.fields if fields is None else fields) | more
        headers = dict(self.headers if headers is None else headers)
        if self.kind == "query":
            return phone.request("GET", f"{self.path}?{urllib.parse.urlencode(fields)}", None, headers)
        headers.setdefault("Content-Type", "application/json" if self.kind == "json" else FORM)
        return phone.request("POST", self.path, json.dumps(fields) if self.kind == "json" else urllib.parse.urlencode(fields),
                             headers)


YCLOUD = {"X-API-Key": TOKEN}
INFOBIP_MESSAGE = {"sender": "Acme", "destinations": [{"to": PHONE[1:]}], "content": {"text": TEXT}}
METHODS = {method.name: method for method in (
    Method("ycloud whatsapp", "/v2/whatsapp/messages/sendDirectly",
           {"from": "+966500000000", "to": PHONE, "type": "template", "template": INTEGER_INDEX}, YCLOUD, number_in("id"),
           "whatsapp"),
    Method("ycloud sms", "/v2/sms", {"to": PHONE, "text": TEXT}, YCLOUD, number_in("id")),
    Method("ycloud voice", "/v2/voices", {"to": PHONE, "verificationCode": "482913", "language": "en"}, YCLOUD,
           number_in("id"), "voice"),
    Method("twilio sms", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
           {"To": PHONE, "From": "+15550783881", "Body": TEXT}, basic(ACCOUNT), number_in("sid"), kind="form", status=201),
    Method("twilio whatsapp", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
           {"To": f"whatsapp:{PHONE}", "From": "whatsapp:+15550783881", "ContentSid": "HX1",
            "ContentVariables": '{"1":"482913"}'}, basic(ACCOUNT), number_in("sid"), "whatsapp", "form", 201),
    Method("twilio voice", f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json",
           {"To": PHONE, "From": "+15550783881",
            "Twiml": "<Response><Say language=\"en-US\" loop=\"2\">Your code is 4, 8, 2, 9, 1, 3.</Say></Response>"},
           basic(ACCOUNT), number_in("sid"), "voice", "form", 201),
    Method("vonage", "/sms/json", {"api_key": "simulator", "api_secret": TOKEN, "from": "Acme", "to": PHONE[1:], "text": TEXT},
           {}, number_in("messages", 0, "message-id"), kind="form"),
    Method("infobip", "/sms/3/messages", {"messages": [INFOBIP_MESSAGE]}, {"Authorization": f"App {TOKEN}"},
           number_in("messages", 0, "messageId")),
    Method("unifonic", "/rest/SMS/messages", {"AppSid": "simulator", "SenderID": "Acme", "Recipient": PHONE[1:], "Body": TEXT,
                                              "responseType": "JSON"}, basic("simulator"), number_in("data", "MessageID"),
           kind="form"),
    Method("authentica sms", "/api/v2/send-sms", {"phone": PHONE, "message": TEXT, "sender_name": "Acme"},
           {"X-Authorization": TOKEN}, number_in("success")),
    Method("authentica otp", "/api/v2/send-otp", {"method": "whatsapp", "phone": PHONE, "otp": "482913"},
           {"X-Authorization": TOKEN}, number_in("success"), "whatsapp"),
    Method("telegram_gateway", "/sendVerificationMessage", {"phone_number": PHONE, "code": "482913", "ttl": 300},
           {"Authorization": f"Bearer {TOKEN}"}, number_in("result", "request_id"), "telegram"),
    Method("kannel", "/cgi-bin/sendsms", {"username": "simulator", "password": TOKEN, "to": PHONE, "text": TEXT}, {},
           None, kind="query", status=202),
    Method("getgabs", "/whatsappbusiness/send-templated-message",
           {"api_key": TOKEN, "sender": "966500000000", "campaign_id": "simulator"} | without(template_message(), "biz_opaque_callback_data"), {},
           number_in("messages", 0, "id"), "whatsapp"),
)}
every = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())

ARGUMENTS = ["--receipt-delay", 10]
for provider in {method.provider for method in METHODS.values()}:
    ARGUMENTS += ["--fail", f"{provider}:9001=503", "--fail", f"{provider}:9002=noid", "--fail", f"{provider}:9003=silent",
                  "--fail", f"{provider}:9004=reset"]
ARGUMENTS += ["--fail", "ycloud:9005=BALANCE_INSUFFICIENT:403", "--fail", "ycloud:9006=131026:400",
              "--fail", "infobip:9005=REJECTED_NETWORK", "--fail", "telegram_gateway:9005=PHONE_NUMBER_NOT_AVAILABLE:200",
              "--fail", "twilio:9005=21610:400", "--fail", "vonage:9005=7:200", "--receipt", "twilio:8001=30005",
              "--receipt", "infobip:8001=EC_UNKNOWN_SUBSCRIBER", "--receipt", "ycloud:8001=131026"]


def to_number(fields, number):
    """The fields with another recipient."""
    return json.loads(json.dumps(fields).replace(PHONE[1:], number.lstrip("+")))


@every
def test_good_message_is_accepted_and_shown(phone, method):
    answer = method.send(phone)
    assert answer.status == method.status, answer.text
    assert answer.text.startswith("0: Accepted") if method.find_id is None else method.find_id(answer.json)
    [message] = phone.messages()
    assert (message["provider"], message["channel"]) == (method.provider, method.channel)
    assert (message["to"], message["code"], message["state"]) == (PHONE, "482913", "accepted")
    assert phone.requests("providers") == 1


@every
def test_unknown_field_is_refused(phone, method):
    method.send(phone, surprise="1")
    [refused] = phone.get("/requests.json").json["refused"]
    assert "surprise" in refused["reason"] and refused["outcome"] == "refused" and phone.messages() == []


@every
def test_each_field_that_must_be_there_is_missed(phone, method):
    optional = {"recipient_type", "ttl", "language"}
    for name in set(method.fields) - optional:
        fields = {key: value for key, value in method.fields.items() if key != name}
        method.send(phone, fields)
        assert phone.messages() == [], name


@every
def test_wrong_credentials_are_refused(phone, method):
    wrong = json.loads(json.dumps(method.headers).replace(TOKEN, "other"))
    if "Authorization" in wrong and wrong["Authorization"].startswith("Basic"):
        wrong = basic(ACCOUNT if method.provider == "twilio" else "simulator", "other")
    fields = json.loads(json.dumps(method.fields).replace(TOKEN, "other"))
    answer = method.send(phone, fields, wrong)
    assert phone.messages() == []
    assert answer.status in (401, 403) or method.provider in ("vonage", "getgabs")
    assert "other" not in phone.get("/requests.json").text.replace('"other"', "")


@every
def test_another_method_or_type_is_refused(phone, method):
    assert phone.request("PUT", method.path, "{}", method.headers).status == 405
    if method.kind != "query":
        method.send(phone, headers=method.headers | {"Content-Type": "text/html"})
    assert phone.messages() == []


@every
def test_bad_number_is_refused(phone, method):
    for number in "+0512345634", "+12345":
        method.send(phone, to_number(method.fields, number))
    assert phone.messages() == []


@every
def test_failures(phone, method):
    def fail(number):
        return method.send(phone, to_number(method.fields, number))
    answer = fail("+966500009001")
    assert answer.status == 503
    silent = fail("+966500009003")
    assert silent.status == method.status and phone.messages()[1]["shown"] is False
    with pytest.raises(ConnectionError):
        fail("+966500009004")
    fail("+966500009002")
    assert [message["error"] for message in phone.messages()] == ["503", None, "reset", "noid"]


def test_codes_in_the_providers_own_words(phone):
    def fail(name, number):
        return METHODS[name].send(phone, to_number(METHODS[name].fields, number))
    balance = fail("ycloud sms", "+966500009005")
    assert (balance.status, balance.json["error"]["code"]) == (403, "BALANCE_INSUFFICIENT")
    meta = fail("ycloud whatsapp", "+966500009006")
    assert meta.json["error"]["whatsappApiError"]["code"] == "131026"
    rejected = fail("infobip", "+966500009005")
    assert rejected.status == 200 and rejected.json["messages"][0]["status"]["name"] == "REJECTED_NETWORK"
    unreachable = fail("telegram_gateway", "+966500009005")
    assert (unreachable.status, unreachable.json) == (200, {"ok": False, "error": "PHONE_NUMBER_NOT_AVAILABLE"})
    stopped = fail("twilio sms", "+966500009005")
    assert (stopped.status, stopped.json["code"]) == (400, 21610)
    barred = fail("vonage", "+966500009005")
    assert (barred.status, barred.json["messages"][0]["status"]) == (200, "7")


def test_same_reference_twice_is_a_double_send(phone):
    for name, field in (("ycloud sms", "externalId"), ("vonage", "client-ref"), ("unifonic", "CorrelationID"),
                        ("telegram_gateway", "payload")):
        first, again = (METHODS[name].send(phone, **{field: "abc"}) for _ in range(2))
        assert first.status == 200 and METHODS[name].find_id(first.json)
        assert "used before" in again.text or not again.json.get("ok", True), name
    assert len(phone.messages()) == 4


@pytest.mark.parametrize("name, path, find", [
    ("ycloud whatsapp", "/v2/whatsapp/messages/{id}", number_in("status")),
    ("ycloud sms", "/v2/sms/{id}", number_in("status")),
    ("ycloud sms", "/v2/sms?filter.id={id}", number_in("items", 0, "status")),
    ("ycloud voice", "/v2/voices?filter.id={id}", number_in("items", 0, "status")),
    ("twilio sms", f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{{id}}.json", number_in("status")),
    ("twilio voice", f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{{id}}.json", number_in("status")),
    ("infobip", "/sms/3/logs?messageId={id}", number_in("results", 0, "status", "groupName")),
])
def test_state_can_be_asked_for(phone, name, path, find):
    method = METHODS[name]
    id_ = method.find_id(method.send(phone).json)
    last = "read" if method.channel == "whatsapp" else "delivered"
    phone.wait_for(lambda messages: messages[0]["status"] == last)
    answer = phone.request("GET", path.format(id=id_), None, method.headers)
    expected = {"twilio voice": "completed", "infobip": "DELIVERED"}.get(name, last)
    assert answer.status == 200 and find(answer.json) == expected


def test_telegram_says_before_sending_whether_the_user_can_be_reached(phone):
    bearer = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    def ask(method, body):
        return phone.request("POST", f"/{method}", json.dumps(body), bearer).json
    refused = ask("checkSendAbility", {"phone_number": "+966500009005"})
    assert refused == {"ok": False, "error": "PHONE_NUMBER_NOT_AVAILABLE"}
    request_id = ask("checkSendAbility", {"phone_number": PHONE})["result"]["request_id"]
    assert phone.messages() == []
    body = {"phone_number": PHONE, "code": "482913", "request_id": request_id}
    assert ask("sendVerificationMessage", body)["result"]["request_id"] == request_id
    phone.wait_for(lambda messages: messages[0]["status"] == "read")
    status = ask("checkVerificationStatus", {"request_id": request_id})["result"]
    assert status["delivery_status"]["status"] == "read"
    assert ask("revokeVerificationMessage", {"request_id": request_id}) == {"ok": True, "result": True}
    assert ask("sendVerificationMessage", {"phone_number": PHONE, "code": "AB12"})["ok"] is False


def test_bot_writes_to_those_only_who_have_opened_it(phone):
    def call(method, body=None, token=TOKEN):
        return phone.request("POST", f"/bot8443:{token}/{method}", json.dumps(body or {}), {"Content-Type": "application/json"})
    assert call("getMe").json["result"]["username"] == "simulator_bot"
    assert call("getMe", token="wrong").status == 401
    message = {"chat_id": 4711, "text": TEXT, "protect_content": True, "disable_notification": False}
    refused = call("sendMessage", message)
    assert (refused.status, refused.json["description"]) == (400, "Bad Request: chat not found")
    begun = phone.request("POST", "/telegram/start", "chat_id=4711&text=%2Fstart%20abc123", {"Content-Type": FORM})
    assert begun.status == 204
    [update] = call("getUpdates", {"offset": 0, "timeout": 0, "allowed_updates": ["message"]}).json["result"]
    assert (update["message"]["text"], update["message"]["chat"]["id"]) == ("/start abc123", 4711)
    assert call("getUpdates", {"offset": update["update_id"] + 1}).json["result"] == []
    sent = call("sendMessage", message).json["result"]
    [shown] = phone.messages("?to=4711")
    assert (shown["channel"], shown["provider"], shown["code"]) == ("telegram", "telegram_bot", "482913")
    done = {"chat_id": 4711, "message_id": sent["message_id"]}
    assert call("deleteMessage", done).json == {"ok": True, "result": True}
    assert call("deleteMessage", done | {"message_id": 99}).status == 400


def test_kannel_by_headers(phone):
    headers = {"Content-Type": "text/plain; charset=UTF-8", "X-Kannel-Username": "simulator", "X-Kannel-Password": TOKEN,
               "X-Kannel-From": "ACME", "X-Kannel-To": PHONE, "X-Kannel-Coding": "2", "X-Kannel-Validity": "5"}
    answer = phone.request("POST", "/cgi-bin/sendsms", "رمزك هو 482913".encode(), headers)
    assert (answer.status, answer.text) == (202, "0: Accepted for delivery")
    assert phone.messages()[0]["text"] == "رمزك هو 482913"
    assert phone.request("POST", "/cgi-bin/sendsms", "1234", headers | {"X-Kannel-Password": "x"}).status == 403
    assert phone.request("POST", "/cgi-bin/sendsms", "1234", headers | {"X-Kannel-Color": "x"}).status == 400


def test_balances(phone):
    assert phone.request("GET", "/v2/balance", None, YCLOUD).json["amount"] > 0
    assert phone.request("GET", "/api/v2/balance", None, {"X-Authorization": TOKEN}).json["data"]["balance"] > 0


def test_email_goes_by_authentica(phone):
    otp = {"method": "email", "email": "alice@example.org", "otp": "482913"}
    assert METHODS["authentica otp"].send(phone, otp).status == 200
    assert (phone.messages()[0]["channel"], phone.messages()[0]["to"]) == ("email", "alice@example.org")


def test_receipts_go_to_this_host_only(phone):
    for name, field in (("twilio sms", "StatusCallback"), ("ycloud sms", "callbackUrl"), ("vonage", "callback"),
                        ("kannel", "dlr-url"), ("telegram_gateway", "callback_url")):
        METHODS[name].send(phone, **{field: "https://example.org/receipts"})
    assert phone.messages() == []


# Receipts


@pytest.fixture(scope="module")
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def empty(receiver):
    receiver.clear()
    return receiver


def form_of(request):
    return dict(urllib.parse.parse_qsl(request.body.decode(), strict_parsing=True))


def twilio_signature(url, fields):
    signed = url + "".join(key + fields[key] for key in sorted(fields))
    return base64.b64encode(hmac.new(TOKEN.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def test_twilio_signs_the_url_and_the_fields(phone, empty):
    url = f"{empty.url}/twilio?a=1"
    sid = METHODS["twilio sms"].send(phone, StatusCallback=url).json["sid"]
    requests = empty.wait(2)
    fields = [form_of(request) for request in requests]
    assert {each["MessageStatus"] for each in fields} == {"sent", "delivered"}
    assert fields[0]["MessageSid"] == sid and fields[0]["To"] == PHONE
    for request, each in zip(requests, fields):
        assert request.headers["X-Twilio-Signature"] == twilio_signature(url, each)


def test_twilio_names_the_error(phone, empty):
    METHODS["twilio sms"].send(phone, to_number(METHODS["twilio sms"].fields, "+966500008001"),
                               StatusCallback=f"{empty.url}/twilio")
    [request] = empty.wait(1)
    fields = form_of(request)
    assert (fields["MessageStatus"], fields["ErrorCode"]) == ("undelivered", "30005")


def test_twilio_behind_a_proxy_signs_the_public_url(start, empty):
    phone = start("--receipt-delay", 1, "--receipts", f"twilio={empty.url}/inside")
    METHODS["twilio sms"].send(phone, StatusCallback="https://hooks.example.org/twilio")
    request = empty.wait(1)[0]
    assert request.path == "/inside"
    expected = twilio_signature("https://hooks.example.org/twilio", form_of(request))
    assert request.headers["X-Twilio-Signature"] == expected


def test_ycloud_signs_the_time_and_the_body(start, empty, tmp_path):
    (tmp_path / "secret").write_text("whsec\n")
    phone = start("--receipt-delay", 1, "--receipts", f"ycloud={empty.url}/ycloud", "--ycloud-secret-file", tmp_path / "secret",
                  "--receipt", "ycloud:8001=131026")
    method = METHODS["ycloud whatsapp"]
    id_ = method.send(phone, externalId="abc").json["id"]
    method.send(phone, to_number(method.fields, "+966500008001"))
    requests = empty.wait(4)
    for request in requests:
        at, signature = (part.split("=", 1)[1] for part in request.headers["YCloud-Signature"].split(","))
        assert signature == hmac.new(b"whsec", f"{at}.".encode() + request.body, hashlib.sha256).hexdigest()
    events = [json.loads(request.body) for request in requests]
    mine = [event["whatsappMessage"] for event in events if event["whatsappMessage"]["id"] == id_]
    assert {message["status"] for message in mine} == {"sent", "delivered", "read"} and mine[0]["externalId"] == "abc"
    [failed] = [event for event in events if event["whatsappMessage"]["status"] == "failed"]
    assert failed["type"] == "whatsapp.message.updated" and failed["whatsappMessage"]["errorCode"] == "131026"


def test_telegram_signs_with_the_digest_of_its_token(phone, empty):
    METHODS["telegram_gateway"].send(phone, callback_url=f"{empty.url}/telegram", payload="abc")
    requests = empty.wait(3)
    key = hashlib.sha256(TOKEN.encode()).digest()
    for request in requests:
        signed = request.headers["X-Request-Timestamp"].encode() + b"\n" + request.body
        assert request.headers["X-Request-Signature"] == hmac.new(key, signed, hashlib.sha256).hexdigest()
    reports = [json.loads(request.body) for request in requests]
    assert {report["delivery_status"]["status"] for report in reports} == {"sent", "delivered", "read"}
    assert reports[0]["payload"] == "abc"


def test_vonage_infobip_and_kannel_tell_in_their_own_way(phone, empty):
    METHODS["vonage"].send(phone, callback=f"{empty.url}/vonage", **{"client-ref": "abc"})
    assert {form_of(request)["status"] for request in empty.wait(2)} == {"accepted", "delivered"}
    assert form_of(empty.requests[0])["client-ref"] == "abc"
    empty.clear()
    webhooks = {"delivery": {"url": f"{empty.url}/infobip"}, "callbackData": "abc"}
    message = to_number(INFOBIP_MESSAGE, "+966500008001") | {"webhooks": webhooks}
    METHODS["infobip"].send(phone, {"messages": [message]})
    [result] = json.loads(empty.wait(1)[0].body)["results"]
    assert (result["error"]["name"], result["status"]["groupName"]) == ("EC_UNKNOWN_SUBSCRIBER", "UNDELIVERABLE")
    assert result["callbackData"] == "abc"
    empty.clear()
    METHODS["kannel"].send(phone, **{"dlr-mask": "3", "dlr-url": f"{empty.url}/kannel?id=7&dlr=%d&to=%p"})
    [request] = empty.wait(1)
    assert (request.method, request.path) == ("GET", f"/kannel?id=7&dlr=1&to=%2B{PHONE[1:]}")


def test_unifonic_tells_by_a_query(start, empty):
    phone = start("--receipt-delay", 1, "--receipts", f"unifonic={empty.url}/unifonic/word")
    method = METHODS["unifonic"]
    id_ = method.find_id(method.send(phone, CorrelationID="abc").json)
    [request] = [request for request in empty.wait(2) if "Delivered" in request.path]
    where = urllib.parse.urlsplit(request.path)
    assert (request.method, where.path) == ("GET", "/unifonic/word")
    assert dict(urllib.parse.parse_qsl(where.query)) == {
        "MessageID": id_, "CorrelationID": "abc", "Status": "Delivered", "Recipient": PHONE[1:]}
