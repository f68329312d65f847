"""Bodies that others have collected, with their signatures. They are read where they lie, and only if they are there."""

import json
import re

import pytest

from program import SAMPLES, SECRETS, statuses

SIGNATURES = json.loads((SAMPLES / "signatures.json").read_text()) if (SAMPLES / "signatures.json").exists() else {}
META = SIGNATURES.get("meta", {}).get("files", {})
TWILIO = SIGNATURES.get("twilio", {}).get("files", {})
# What each says; those that are not here say what their file's name says.
STATES = {"a11": ["ACCOUNT_VIOLATION"], "a20": ["CAPABILITY_UPDATE"], "b05": ["CUSTOMER_IDENTITY_CHANGED"],
          "d05": ["delivered"] * 2, "d08": ["delivered", "failed"], "o01": ["delivered"], "o07": ["failed"],
          "o12": ["DID_NOT_REQUEST_CODE"], "t03": ["APPROVED"], "t05": ["PAUSED"], "x01": [], "status": []}
DROPPED = ["deep_nesting_100k", "duplicate_keys", "invalid_utf8", "truncated"]

pytestmark = pytest.mark.skipif(not META, reason=f"{SAMPLES} is not there")


def expected(stem):
    key = stem.split("_")[0]
    if key.startswith("f"):
        return ["failed"]
    return STATES.get(key) or STATES.get(key, re.findall("sent|delivered|read", stem)[:1])


def said(message):
    return message["state"] if message["op"] == "receipt" else message["event"]


def heard(started, core, post, signature):
    """The status, and what the core heard until a marker that follows."""
    status = started.post(post, signature).status
    assert started.post(statuses(1, 777_777)).status == 200
    messages = []
    while (message := core.hear()).get("message_id") != f"wamid.{777_777:032d}":
        messages.append(message)
    return status, messages


@pytest.mark.parametrize("name", META or [None])
def test_a_sample_of_metas(started, core, name):
    post, stem = (SAMPLES / name).read_bytes(), name.split("/")[1].split(".")[0]
    status, messages = heard(started, core, post, META[name])
    if stem in DROPPED:
        assert (status, messages) == (200, []) and "request dropped" in started.log()
    elif stem.startswith("d01"):
        assert status == 200 and len(messages) == 50
    else:
        assert status == 200
        assert [said(message) for message in messages] == expected(stem)


@pytest.mark.parametrize("name", META or [None])
def test_a_sample_that_was_changed(started, core, name):
    post = bytearray((SAMPLES / name).read_bytes())
    post[len(post) // 2] ^= 1
    assert heard(started, core, bytes(post), META[name]) == (401, [])
    assert heard(started, core, bytes(post[:-1]), META[name]) == (401, [])
    assert heard(started, core, (SAMPLES / name).read_bytes(), "")[0] == 401


@pytest.mark.parametrize("name", META or [None])
def test_a_sample_under_another_secret(started, core, name):
    started.write_secret("app.secret", "test-app-secret-0123456789abcdeg")
    started.reload()
    assert started.post((SAMPLES / name).read_bytes(), META[name]).status == 401


@pytest.mark.parametrize("name", TWILIO or [None])
def test_a_sample_of_twilios(everyone, core, name):
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": TWILIO[name]}
    post = (SAMPLES / name).read_bytes()
    assert everyone.request("POST", "/hook/twilio", post, headers).status == 200
    assert core.hear()["state"] == ("failed" if "undelivered" in name else "delivered")
    assert everyone.request("POST", "/hook/twilio", post + b"&x=", headers).status == 401
    assert everyone.request("POST", "/hook/twilio?id=1", post, headers).status == 401


def test_samples_that_carry_their_time_are_old_by_now(everyone, core):
    for name, signature in SIGNATURES["ycloud"]["files"].items():
        assert everyone.request("POST", "/hook/ycloud", (SAMPLES / name).read_bytes(),
                                {"YCloud-Signature": signature}).status == 401
    telegram = SIGNATURES["telegram_gateway"]
    assert telegram["api_token"] == SECRETS["telegram.secret"]
    for name, signature in telegram["files"].items():
        headers = {"X-Request-Timestamp": telegram["timestamp"], "X-Request-Signature": signature}
        assert everyone.request("POST", "/hook/telegram", (SAMPLES / name).read_bytes(), headers).status == 401
    assert core.heard_nothing()
