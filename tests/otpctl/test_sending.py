"""test, challenges, health: what goes out, what waits, and how everybody is."""

import re

WHATSAPP, SMS = dict(channel="whatsapp"), dict(channel="sms")


def test_a_message_that_whatsapp_takes(core, ask):
    core.gets("test", user="alice").sends("done", result="allow", challenge="c1")
    core.gets("deliveries", challenge="c1").sends("delivery", **WHATSAPP, state="sending")
    core.sends("delivery", **SMS, state="planned", wait_ms=25000).sends("done", result="allow")
    core.gets("deliveries", challenge="c1").sends("delivery", **WHATSAPP, state="sent")
    core.sends("delivery", **SMS, state="planned", wait_ms=24800).sends("done", result="allow")
    result = ask("test", "alice")
    assert result.status == 0 and result.err == ""
    assert [re.sub(r"\d+\.\d s", "N s", line) for line in result.lines] == [
        "whatsapp: handed to the sender after N s", "sms: planned in 25 s", "whatsapp: accepted by the provider after N s"]


def test_one_channel_fails_and_the_next_takes_it(core, ask):
    core.gets("test", user="alice").sends("done", result="allow", challenge="c1")
    core.gets("deliveries", challenge="c1")
    core.sends("delivery", **WHATSAPP, state="failed", code="131026", detail="no WhatsApp on this number")
    core.sends("delivery", **SMS, state="sent").sends("done", result="allow")
    result = ask("test", "alice", "--json")
    assert result.status == 0
    assert result.objects == [
        {"channel": "whatsapp", "state": "failed", "code": "131026", "detail": "no WhatsApp on this number", "wait_ms": 0},
        {"channel": "sms", "state": "sent", "code": "", "detail": "", "wait_ms": 0}]


def test_a_receipt_comes_before_the_next_look(core, ask):
    core.gets("test", user="alice").sends("done", result="allow", challenge="c1")
    core.gets("deliveries", challenge="c1").sends("delivery", **WHATSAPP, state="delivered")
    core.sends("delivery", **SMS, state="spared").sends("done", result="allow")
    result = ask("test", "alice")
    assert result.status == 0
    assert [re.sub(r"\d+\.\d s", "N s", line) for line in result.lines] == [
        "whatsapp: delivered after N s", "sms: not needed after N s"]


def with_receipts(tmp_path):
    """Options that name a config in which WhatsApp has receipts and SMS has none."""
    config = tmp_path / "receipts.conf"
    config.write_text('channel "whatsapp" { driver = whatsapp_cloud receipts = poll phone_number_id = "1" template = "t" '
                      'language = "en" token = "file:/t" }\n'
                      'channel "sms" { driver = twilio account = "AC1" sender = "X" token = "file:/t" }\n')
    return "--config", str(config)


def watched(result):
    return [re.sub(r"\d+\.\d s", "N s", line) for line in result.lines]


def test_where_receipts_come_they_are_waited_for(core, ask, tmp_path):
    core.gets("test", user="alice").sends("done", result="allow", challenge="c1")
    for state in ("sending", "sent", "sent"):
        core.gets("deliveries", challenge="c1").sends("delivery", **WHATSAPP, state=state)
        core.sends("delivery", **SMS, state="paused").sends("done", result="allow")
    core.gets("deliveries", challenge="c1").sends("delivery", **WHATSAPP, state="delivered")
    core.sends("delivery", **SMS, state="spared").sends("done", result="allow")
    result = ask("test", "alice", *with_receipts(tmp_path), config=False)
    assert (result.status, result.err) == (0, "")
    assert watched(result) == [
        "whatsapp: handed to the sender after N s", "sms: waits for its turn", "whatsapp: accepted by the provider after N s",
        "whatsapp: delivered after N s", "sms: not needed after N s"]


def test_a_receipt_says_that_it_failed_and_sms_takes_over(core, ask, tmp_path):
    core.gets("test", user="alice").sends("done", result="allow", challenge="c1")
    core.gets("deliveries", challenge="c1").sends("delivery", **WHATSAPP, state="sent")
    core.sends("delivery", **SMS, state="paused").sends("done", result="allow")
    core.gets("deliveries", challenge="c1").sends("delivery", **WHATSAPP, state="failed", code="131026")
    core.sends("delivery", **SMS, state="planned").sends("done", result="allow")
    core.gets("deliveries", challenge="c1").sends("delivery", **WHATSAPP, state="failed", code="131026")
    core.sends("delivery", **SMS, state="sent").sends("done", result="allow")
    result = ask("test", "alice", *with_receipts(tmp_path), config=False)
    assert (result.status, result.err) == (0, "")
    assert watched(result)[-3:] == [
        "whatsapp: failed after N s: 131026", "sms: planned in 0 s", "sms: accepted by the provider after N s"]


def test_a_receipt_says_that_it_failed_and_nothing_is_left(core, ask, tmp_path):
    core.gets("test", user="alice").sends("done", result="allow", challenge="c1")
    core.gets("deliveries", challenge="c1").sends("delivery", **WHATSAPP, state="sent").sends("done", result="allow")
    core.gets("deliveries", challenge="c1").sends("delivery", **WHATSAPP, state="failed", code="131049")
    core.sends("done", result="allow")
    result = ask("test", "alice", *with_receipts(tmp_path), config=False)
    assert result.status == 1 and watched(result)[-1] == "whatsapp: failed after N s: 131049"
    assert "the message did not arrive, and no channel is left" in result.err


def test_every_channel_fails(core, ask):
    core.gets("test", user="alice", channel="sms").sends("done", result="allow", challenge="c1")
    core.gets("deliveries", challenge="c1").sends("delivery", **SMS, state="failed", code="401", detail="wrong key")
    core.sends("done", result="allow")
    result = ask("test", "alice", "--channel", "sms")
    assert result.status == 1
    assert re.fullmatch(r"sms: failed after \d\.\d s: 401: wrong key\n", result.out)
    assert "no channel took the message" in result.err


def test_the_core_refuses_to_send(core, ask):
    core.gets("test", user="alice").sends("done", result="deny", reason="3 messages in 10 min are enough; wait 240 s")
    result = ask("test", "alice")
    assert (result.status, result.out) == (1, "")
    assert result.err == "whatsapp-otpctl: test alice: 3 messages in 10 min are enough; wait 240 s\n"


def test_challenges_that_wait(core, ask):
    core.gets("challenges")
    core.sends("challenge", challenge="c1", user="alice", service="sshd", source="192.0.2.7", state="open", tries=1,
               sends=2, seconds_left=240)
    core.sends("challenge", challenge="c2", user="jürgen", service="sudo", state="used", seconds_left=9)
    core.sends("done", result="allow")
    result = ask("challenges")
    assert result.status == 0 and result.lines == [
        "USER    SERVICE  SOURCE     STATE  TRIES  SENDS  LEFT",
        "alice   sshd     192.0.2.7  open   1      2      4 min",
        "jürgen  sudo     -          used   0      0      9 s"]


def test_everybody_is_well(core, ask):
    core.gets("health", state="known").sends("health", name="store", state="ok", detail="schema 1")
    core.sends("health", name="whatsapp", state="ok").sends("done", result="allow")
    result = ask("health")
    assert result.status == 0
    assert result.lines == ["NAME      STATE  DETAIL", "store     ok     schema 1", "whatsapp  ok     -"]


def test_a_probe_finds_a_wrong_token(core, ask):
    core.gets("health").sends("health", name="store", state="ok")
    core.sends("health", name="whatsapp", state="failed", detail="190: the token has expired").sends("done", result="allow")
    result = ask("health", "--probe", "--json")
    assert result.status == 1
    assert result.objects[1] == {"name": "whatsapp", "state": "failed", "detail": "190: the token has expired"}
