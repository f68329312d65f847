"""alarms, breakers, route explain: what the core wants to be known, what it skips, and which way it would take."""

import pytest

ALARM = dict(kind="template", subject="login_code/ar", text="the template is paused; look at WhatsApp Manager", count=3,
             first_at=1795290240, last_at=1795376640)
SEEN = dict(kind="cost", subject="sms", text="80 % of 20.00 USD a day", count=1, first_at=1795290240, last_at=1795290240,
            acked_at=1795290300, acked_by="root")


def test_alarms_are_a_table(core, ask):
    core.gets("alarms").sends("alarm", **ALARM).sends("alarm", **SEEN).sends("done", result="allow")
    result = ask("alarms")
    assert result.status == 0 and result.err == ""
    assert result.lines == [
        "KIND      SUBJECT        COUNT  FIRST             LAST              ACKED-BY  TEXT",
        "template  login_code/ar  3      2026-11-21 19:44  2026-11-22 19:44  -         "
        "the template is paused; look at WhatsApp Manager",
        "cost      sms            1      2026-11-21 19:44  2026-11-21 19:44  root      80 % of 20.00 USD a day"]


def test_no_alarms_are_good_news(core, ask):
    core.gets("alarms").sends("done", result="allow")
    assert ask("alarms").out == "no alarms\n"


def test_alarms_as_json_have_the_keys_of_the_protocol(core, ask):
    core.gets("alarms").sends("alarm", **ALARM).sends("done", result="allow")
    assert ask("alarms", "--json").objects == [{**ALARM, "acked_at": 0, "acked_by": ""}]


@pytest.mark.parametrize("words, fields", [([], {}), (["template"], {"kind": "template"})])
def test_somebody_takes_note(core, ask, words, fields):
    core.gets("alarms-ack", **fields).sends("done", result="allow", reason="2 alarms acknowledged")
    result = ask("alarms", "ack", *words)
    assert (result.status, result.out, result.err) == (0, "2 alarms acknowledged\n", "")


def test_an_auditor_may_look_but_not_acknowledge(core, ask):
    core.gets("alarms-ack").sends("done", result="deny", reason="only root and the group whatsapp-otp-admin may do this")
    result = ask("alarms", "ack", "--json")
    assert result.status == 1
    assert result.objects[0]["op"] == "alarms ack" and result.objects[0]["result"] == "deny"
    assert result.err == "whatsapp-otpctl: alarms ack: only root and the group whatsapp-otp-admin may do this\n"


def test_breakers_say_why_and_until_when(core, ask):
    core.gets("breakers")
    core.sends("breaker", channel="whatsapp", scope="country", subject="+20", code="130497", detail="not to this country",
               opened_at=1795290240, seconds_left=3000)
    core.sends("breaker", channel="sms", scope="channel", code="401", detail="wrong key", opened_at=1795290240)
    core.sends("done", result="allow")
    result = ask("breakers")
    assert result.status == 0 and result.lines == [
        "CHANNEL   SCOPE    SUBJECT  SINCE             LEFT            CODE    DETAIL",
        "whatsapp  country  +20      2026-11-21 19:44  50 min          130497  not to this country",
        "sms       channel  -        2026-11-21 19:44  until it works  401     wrong key"]


def test_no_breaker_is_open(core, ask):
    core.gets("breakers").sends("done", result="allow")
    assert ask("breakers").out == "no breaker is open\n"


def test_breakers_as_json(core, ask):
    core.gets("breakers").sends("breaker", channel="sms", scope="template", subject="ar").sends("done", result="allow")
    assert ask("breakers", "--json").objects == [{
        "channel": "sms", "scope": "template", "subject": "ar", "code": "", "detail": "", "opened_at": 0, "seconds_left": 0}]


@pytest.mark.parametrize("words, fields", [([], {}), (["sms"], {"channel": "sms"})])
def test_a_breaker_is_closed_by_hand(core, ask, words, fields):
    core.gets("breaker-close", **fields).sends("done", result="allow")
    result = ask("breakers", "close", *words)
    assert (result.status, result.out) == (0, "closed\n")


def test_a_scope_that_the_protocol_does_not_have(core, ask):
    core.gets("breakers").sends("breaker", channel="sms", scope="planet")
    result = ask("breakers")
    assert (result.status, result.out) == (3, "") and "breakers: " in result.err and "scope" in result.err


def test_a_route_is_explained_step_by_step(core, ask):
    core.gets("route-explain", user="alice", service="sudo")
    core.sends("route-step", channel="telegram", used="yes", after_seconds=0, reason="preferred by the user")
    core.sends("route-step", channel="whatsapp", used="yes", after_seconds=22, reason="98 % delivered, 95 % within 22 s")
    core.sends("route-step", channel="sms", reason="the policy denies restricted channels")
    core.sends("done", result="allow", reason="route \"gulf\", order = adaptive")
    result = ask("route", "explain", "alice", "--service", "sudo")
    assert result.status == 0 and result.lines == [
        "STEP  CHANNEL   AFTER    WHY",
        "1     telegram  at once  preferred by the user",
        "2     whatsapp  22 s     98 % delivered, 95 % within 22 s",
        "-     sms       skipped  the policy denies restricted channels",
        "", 'route "gulf", order = adaptive']


def test_a_route_as_json(core, ask):
    core.gets("route-explain", user="alice").sends("route-step", channel="sms", used="yes").sends("done", result="allow")
    assert ask("route", "explain", "alice", "--json").objects == [
        {"channel": "sms", "used": True, "after_seconds": 0, "reason": ""}]


def test_a_route_of_nobody(core, ask):
    core.gets("route-explain", user="carol").sends("done", result="deny", reason="carol is not enrolled")
    result = ask("route", "explain", "carol")
    assert (result.status, result.out) == (1, "")
    assert result.err == "whatsapp-otpctl: route explain carol: carol is not enrolled\n"
