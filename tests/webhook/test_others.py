"""The other providers, as they sign: right ones reach the core, changed and old ones do not."""

import base64
import hashlib
import hmac
import json
import time
import urllib.parse

import pytest

from program import PUBLIC_URL, SECRETS, basic

OURS = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
MINUTE = 60


def mac(name, *parts, digest=hashlib.sha256, key=None):
    return hmac.new(key or SECRETS[f"{name}.secret"].encode(), b"".join(parts), digest)


def ycloud(state="delivered", age=0):
    at = str(int(time.time()) - age)
    body = json.dumps({"id": "evt_1", "type": "whatsapp.message.updated", "createTime": "2027-01-15T08:00:00.000Z",
                       "whatsappMessage": {"id": "yc1", "status": state, "externalId": OURS}}).encode()
    hex_mac = mac("ycloud", at.encode(), b".", body).hexdigest()
    return "POST", "/hook/ycloud", body, {"YCloud-Signature": f"t={at},s={hex_mac}"}


def telegram(state="delivered", age=0):
    at = str(int(time.time()) - age)
    body = json.dumps({"request_id": "tg1", "delivery_status": {"status": state, "updated_at": 1800000000},
                       "payload": OURS}).encode()
    key = hashlib.sha256(SECRETS["telegram.secret"].encode()).digest()
    return "POST", "/hook/telegram", body, {"X-Request-Timestamp": at, "X-Request-Signature":
                                            mac("telegram", at.encode(), b"\n", body, key=key).hexdigest()}


def vonage(state="delivered", age=0):
    fields = {"messageId": "vo1", "status": state, "err-code": "0", "client-ref": OURS,
              "timestamp": str(int(time.time()) - age)}
    text = "".join(f"&{key}={value}" for key, value in sorted(fields.items()))
    fields["sig"] = mac("vonage", text.encode()).hexdigest()
    return "GET", "/hook/vonage?" + urllib.parse.urlencode(fields), None, {}


def twilio(state="delivered"):
    path = f"/hook/twilio?id={OURS}"
    fields = {"MessageSid": "tw1", "MessageStatus": state, "To": "+15550101234", "SmsStatus": state}
    text = PUBLIC_URL + path + "".join(key + fields[key] for key in sorted(fields))
    signature = base64.b64encode(mac("twilio", text.encode(), digest=hashlib.sha1).digest()).decode()
    return ("POST", path, urllib.parse.urlencode(fields).encode(),
            {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"})


def infobip(state="DELIVERED"):
    body = json.dumps({"results": [{"messageId": "ib1", "callbackData": OURS, "status": {"groupName": state},
                                    "error": {"id": 0}}]}).encode()
    return "POST", "/hook/infobip", body, {"Authorization": basic(SECRETS["infobip.secret"]),
                                           "Content-Type": "application/json"}


def unifonic(state="Delivered"):
    query = urllib.parse.urlencode({"MessageID": "un1", "CorrelationID": OURS, "Status": state})
    return "GET", f"/hook/unifonic/{SECRETS['unifonic.secret']}?{query}", None, {}


def generic(state="delivered"):
    return "GET", f"/hook/generic/{SECRETS['generic.secret']}?id={OURS}&state={state}", None, {}


STAMPED = [ycloud, telegram, vonage]
ALL = [*STAMPED, twilio, infobip, unifonic, generic]


def name(provider):
    return provider.__name__


@pytest.mark.parametrize("provider", ALL, ids=name)
def test_a_receipt_reaches_the_core(everyone, core, provider):
    assert everyone.request(*provider()).status == 200
    message = core.hear()
    assert (message["op"], message["provider"], message["id"], message["state"]) == (
        "receipt", name(provider), OURS, "delivered")


@pytest.mark.parametrize("provider", ALL, ids=name)
def test_what_is_changed_is_refused(everyone, core, provider):
    method, target, body, headers = provider()
    if name(provider) in ("infobip", "unifonic", "generic"):  # nothing is signed: the secret is all there is
        target = target.replace("-0123?", "-0124?")
        headers = {key: basic("infobip-password-0124") for key in headers if key == "Authorization"}
    elif body:
        body = body.replace(b"delivered", b"deliverex")
    else:
        target = target.replace("delivered", "deliverex")
    assert everyone.request(method, target, body, headers).status == 401
    assert core.heard_nothing()


@pytest.mark.parametrize("provider", ALL, ids=name)
def test_nothing_that_proves_anything(everyone, core, provider):
    method, target, body, _ = provider()
    target = target.replace("/" + SECRETS["unifonic.secret"], "").replace("/" + SECRETS["generic.secret"], "")
    target = target.split("&sig=")[0]
    assert everyone.request(method, target, body, {}).status == 401
    assert core.heard_nothing()


@pytest.mark.parametrize("provider", ALL, ids=name)
def test_one_providers_request_at_anothers_path(everyone, core, provider):
    for other in ALL:
        if other is not provider:
            method, target, body, headers = provider()
            target = target.replace(f"/hook/{name(provider)}", f"/hook/{name(other)}")
            assert everyone.request(method, target, body, headers).status in (401, 405)
    assert core.heard_nothing()


@pytest.mark.parametrize("provider", STAMPED, ids=name)
def test_a_replay_is_refused_once_it_is_old(everyone, core, provider):
    assert everyone.request(*provider(age=4 * MINUTE)).status == 200
    assert everyone.request(*provider(age=6 * MINUTE)).status == 401
    assert everyone.request(*provider(age=7 * 24 * 60 * MINUTE)).status == 401
    assert everyone.request(*provider(age=-6 * MINUTE)).status == 401
    assert core.hear()["state"] == "delivered" and core.heard_nothing()


def test_twilio_needs_to_know_its_url(webhook):
    webhook.configure(paths=["twilio"], public_url="")
    assert "path_twilio needs public_url" in webhook.refuses_to_start()
