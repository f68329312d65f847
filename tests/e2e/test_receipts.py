"""What becomes of a message decides what comes next: receipts by webhook and by polling, breakers, alarms; and kills amid it."""

import itertools
import json
import random
import threading
import time

import pytest

import login
import machine
from wire import Connection, Gone

NO_LIMITS = ('per_user = {"1000/1h"} per_number = {"1000/1h"} per_source = {"1000/1h"} global = {"10000/1h"}'
             ' resend_cooldown = {"1"} sends_since_success = 100 breaker_after = 1000')
NOBODY_ON_WHATSAPP = machine.PHONES["alice"][-4:]


class Delivery:
    """Core, sender, webhook and a simulator that sends receipts."""

    def __init__(self):
        self.core, self.sender, self.webhook = machine.core(), machine.sender(), machine.webhook()
        self.simulator = self.phone = None

    def start(self, *rules, **config):
        machine.fresh_state()
        self.simulator = machine.receipts(*itertools.chain(*(("--receipt", rule) for rule in rules))).start()
        self.phone = machine.Phone()
        machine.configure(**{"webhook": True, "whatsapp": "receipts = webhook", **config})
        for program in (self.core, self.sender, self.webhook):
            program.start()
        for user in ("alice", "bob"):
            machine.enroll(user)
        return self

    def stop(self):
        for program in (self.webhook, self.sender, self.core, self.simulator):
            if program:
                program.stop()
                assert "Sanitizer" not in program.log, program.log


@pytest.fixture
def delivery(sshd):
    running = Delivery()
    yield running
    running.stop()


def states(challenge=None):
    """(channel, state) of the deliveries of the newest challenge."""
    with Connection("admin.sock") as admin:
        admin.send("challenges")
        found = []
        while (item := admin.receive())["op"] != "done":
            found.append(item["challenge"])
        admin.send("deliveries", challenge=challenge or found[-1])
        rows = []
        while (item := admin.receive())["op"] != "done":
            rows.append((item["channel"], item["state"]))
        return rows


def items(*command):
    return [json.loads(line) for line in machine.otpctl(*command, "--json").stdout.splitlines()]


def test_a_failed_receipt_is_followed_by_an_sms_at_once(delivery):
    """Accepted, and then 131026: long before the fallback's 25 s."""
    delivery.start(f"{NOBODY_ON_WHATSAPP}=131026:100")
    codes = []

    def second(_prompt):
        machine.wait_for(lambda: delivery.phone.count() == (1, 1), "the SMS", 5)
        codes.extend(m["code"] for m in delivery.phone.messages())
        return codes[-1]

    result = login.ssh("alice", [second])
    assert result.allowed, result
    assert codes[0] == codes[1], "the same code by both"
    delivery.phone.settled(1, 1)
    whatsapp, sms = delivery.phone.messages()
    assert sms["at"] - whatsapp["at"] < 100 + 400, (whatsapp, sms)
    # For a day nobody is bothered by WhatsApp for this number.
    delivery.phone.read = 2
    assert login.ssh("alice", [delivery.phone.code]).allowed
    delivery.phone.settled(1, 2)


def test_from_the_failed_receipt_to_the_sms_request_200_ms(delivery):
    """Measured at the webhook's door and at the gateway's: post a receipt by hand, see the SMS come."""
    delivery.start(f"{NOBODY_ON_WHATSAPP}=silent", limits=NO_LIMITS)
    times = []
    for n in range(5):
        with Connection() as window:
            assert window.begin("alice", source=f"192.0.2.{n + 1}", service=f"s{n}")["op"] == "ask"
            machine.wait_for(lambda: delivery.phone.count() == (n + 1, n), "WhatsApp")
            callback = delivery.phone.messages("whatsapp")[-1]["callback"]
            machine.wait_for(lambda: ("whatsapp", "sent") in states(window.challenge), "its report")
            posted = time.time()
            assert machine.post_receipt(callback, "failed", code=131000) == 200
            machine.wait_for(lambda: delivery.phone.count() == (n + 1, n + 1), "SMS")
            times.append(delivery.phone.messages("sms")[-1]["at"] / 1000 - posted)
        time.sleep(0.01)
    assert max(times) < 0.2, times


def test_delivered_cancels_the_sms(delivery):
    delivery.start(route="fallback_after = 2")
    with Connection() as window:
        window.begin("alice")
        code = delivery.phone.code()
        machine.wait_for(lambda: ("sms", "spared") in states(window.challenge), "the receipt")
        delivery.phone.settled(1, 0, quiet=2.5)
        assert window.answer(code)["result"] == "allow"


def test_silence_brings_the_sms(delivery):
    delivery.start(f"{NOBODY_ON_WHATSAPP}=silent", route="fallback_after = 1")
    with Connection() as window:
        window.begin("alice")
        delivery.phone.settled(1, 1)
        assert window.answer(delivery.phone.code())["result"] == "allow"


@pytest.mark.parametrize("rule", ["duplicate", "disorder", "read-only", "delivered-then-failed"])
def test_receipts_as_providers_send_them(delivery, rule):
    delivery.start(f"{NOBODY_ON_WHATSAPP}={rule}", route="fallback_after = 2")
    with Connection() as window:
        window.begin("alice")
        code = delivery.phone.code()
        machine.wait_for(lambda: states(window.challenge)[0][1] in ("delivered", "read"), "the receipt")
        delivery.phone.settled(1, 0, quiet=2.5)
        assert window.answer(code)["result"] == "allow"


def test_a_receipt_with_a_wrong_signature_changes_nothing(delivery):
    delivery.start(f"{NOBODY_ON_WHATSAPP}=wrong-signature", route="fallback_after = 1")
    with Connection() as window:
        window.begin("alice")
        delivery.phone.settled(1, 1)
        assert states(window.challenge)[0] == ("whatsapp", "sent")


def test_polling_without_an_inbound_port(delivery):
    """receipts = poll: no webhook at all, the sender asks message_history while somebody waits."""
    delivery.start(f"{NOBODY_ON_WHATSAPP}=131026:100", webhook=False, whatsapp="receipts = poll",
                   route="fallback_after = 20")
    with Connection() as window:
        window.begin("alice")
        began = time.monotonic()
        machine.wait_for(lambda: delivery.phone.count() == (1, 1), "the SMS", 8)
        assert time.monotonic() - began < 8, "long before the fallback"
    with Connection() as window:
        window.begin("bob")
        machine.wait_for(lambda: states(window.challenge)[0][1] in ("delivered", "read"), "what the poll says")
        assert states(window.challenge)[1] == ("sms", "spared")


def test_a_refused_token_opens_the_breaker_and_a_probe_closes_it(delivery):
    delivery.start()
    machine.write_file(f"{machine.SECRETS}/meta-token", "EAAGwrong\n", 0o400, "whatsapp-otp-sender")
    delivery.sender.stop()
    delivery.sender.start()
    for user, counts in (("alice", (0, 1)), ("bob", (0, 2))):
        with Connection() as window:
            window.begin(user)
            machine.wait_for(lambda: delivery.phone.count()[1] == counts[1], "the SMS")
    assert [(b["channel"], b["scope"], b["code"]) for b in items("breakers")] == [("whatsapp", "channel", "190")]
    assert [a["kind"] for a in items("alarms")] == ["channel"]
    health = machine.otpctl("health", check=False)
    assert health.returncode == 1 and "whatsapp (channel) is skipped: 190" in health.stdout
    assert "alarm: channel" in delivery.core.log
    machine.otpctl("alarms", "ack")
    machine.otpctl("breakers", "close")
    assert not items("breakers")


def test_who_did_not_ask_for_the_code_locks_the_account(delivery):
    delivery.start()
    with Connection() as window:
        window.begin("alice")
        code = delivery.phone.code()
        machine.wait_for(lambda: states(window.challenge)[0][1] in ("delivered", "read"), "the receipt")
        assert machine.post_button(machine.PHONES["alice"], "wamid.of-another-app") == 200
        assert machine.post_button(machine.PHONES["alice"], delivery.phone.messages()[-1]["id"]) == 200
        machine.wait_for(lambda: items("show", "alice")[0]["state"] == "locked", "the lock")
        assert window.answer(code)["result"] == "deny"
    with Connection() as window:
        assert window.begin("alice", source="192.0.2.9")["op"] == "ask", "it looks as always"
        delivery.phone.settled(1, 0)
    assert [a["kind"] for a in items("alarms")] == ["not-requested"]


def test_statistics_tell_the_day(delivery):
    delivery.start(f"{NOBODY_ON_WHATSAPP}=131026:50")
    for user in ("alice", "bob"):
        with Connection() as window:
            window.begin(user)
            want = (1, 1) if user == "alice" else (2, 1)
            machine.wait_for(lambda: delivery.phone.count() == want, "the messages")
            window.answer(delivery.phone.messages()[-1]["code"])
    machine.wait_for(lambda: [s["verified"] for s in items("stats") if s["by"] == "total"] == [2],
                     "the counts of a second ago")
    by = {s["key"]: s for s in items("stats", "--by", "channel")}
    assert (by["whatsapp"]["sent"], by["whatsapp"]["failed"], by["whatsapp"]["fallback"]) == (2, 1, 1)
    assert (by["sms"]["sent"], by["sms"]["verified"]) == (1, 1)


STEPS = {
    "asked": lambda delivery: True,
    "at the provider": lambda delivery: delivery.phone.count()[0] == 1,
    "accepted": lambda delivery: states()[0][1] in ("sent", "failed"),
    "receipt": lambda delivery: states()[0][1] == "failed" or delivery.phone.count()[1] == 1,
    "fallback": lambda delivery: delivery.phone.count()[1] == 1,
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("name", ["core", "sender", "webhook"])
def test_a_kill_at_each_step_of_a_fallback(delivery, name, step):
    """At most one message more than without the kill, never none, and the code counts once."""
    delivery.start(f"{machine.PHONES['bob'][-4:]}=131000:150", route="fallback_after = 2", limits=NO_LIMITS)
    window = Connection()
    assert window.begin("bob")["op"] == "ask"
    machine.wait_for(lambda: STEPS[step](delivery), step)
    program = getattr(delivery, name)
    program.kill()
    program.start()
    code = log_in_at_last(delivery, window)
    time.sleep(2.5)
    whatsapp, sms = delivery.phone.count()
    assert 1 <= whatsapp + sms <= 3 and sms <= 2, delivery.phone.messages()
    with Connection() as window:
        window.begin("bob", source="192.0.2.99")
        assert window.answer(code)["result"] != "allow", "once is all"


def log_in_at_last(delivery, window, seconds=15):
    """Waits at the prompt, comes back if the core has gone, types each code that arrives; the one that counted."""
    tried, deadline = set(), time.monotonic() + seconds
    while time.monotonic() < deadline:
        fresh = [m["code"] for m in delivery.phone.messages() if m["code"] and m["code"] not in tried]
        try:
            if window.is_gone():
                window = Connection()
                assert window.begin("bob")["op"] == "ask", "the same login goes on"
            if fresh:
                tried.add(fresh[0])
                if window.answer(fresh[0])["result"] == "allow":
                    return fresh[0]
        except Gone:
            tried.clear()  # nobody knows what became of it
        time.sleep(0.05)
    raise AssertionError(f"no message brought a code that counts: {delivery.phone.messages()}")


KILLS = 60


def test_kills_amid_fallbacks(delivery):
    """Core, sender or webhook die at any step: a login gets its code, by at most one message more than without a kill,
    and no code counts twice."""
    delivery.start(f"{machine.PHONES['bob'][-4:]}=131000:30", route="fallback_after = 2", limits=NO_LIMITS)
    rng, stop, problems = random.Random(7), threading.Event(), []

    def killer():
        for _ in range(KILLS):
            if stop.is_set():
                return
            time.sleep(rng.uniform(0.02, 0.4))
            program = rng.choice((delivery.core, delivery.sender, delivery.webhook))
            program.kill()
            program.start()

    thread = threading.Thread(target=killer)
    thread.start()
    logins = 0
    try:
        while thread.is_alive():
            outcome = one_login(delivery, logins)
            logins += 1
            if outcome:
                problems.append(outcome)
    finally:
        stop.set()
        thread.join()
    assert not problems, problems
    assert logins >= 5


def one_login(delivery, n):
    """One login of bob from a place of its own; what was wrong with it, or None."""
    service, deadline = f"svc{n}", time.monotonic() + 20
    before, accepted, code = len(delivery.phone.messages()), 0, None
    while time.monotonic() < deadline and not accepted:
        try:
            with Connection() as window:
                if window.begin("bob", service=service, source="192.0.2.50")["op"] != "ask":
                    return f"{service}: refused"
                fresh = machine.wait_for(lambda: delivery.phone.messages()[before:], "any message", 4)
                code = fresh[-1]["code"]
                if code and window.answer(code).get("result") == "allow":
                    accepted += 1
        except (Gone, AssertionError, TimeoutError):
            time.sleep(0.05)
    if not accepted:
        return f"{service}: never let in"
    messages = delivery.phone.messages()[before:]
    if len(messages) > 3:
        return f"{service}: {len(messages)} messages: {messages}"
    for _ in range(3):
        try:
            with Connection() as window:
                window.begin("bob", service=service, source="192.0.2.51")
                if window.answer(code).get("result") == "allow":
                    return f"{service}: its code counted twice"
            break
        except (Gone, TimeoutError):
            time.sleep(0.1)
    time.sleep(0.1)
    return None
