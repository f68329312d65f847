"""receipts = poll: while somebody waits the provider is asked, and the core hears what became of the message."""

import pytest

from program import until
from provider import WAMID, Exchange, Provider
from test_bad_answers import LEAN, UNKNOWN, memory_of


@pytest.fixture
def polling(sender, core, provider):
    sender.configure(sender.whatsapp(provider.url, timeout=5, receipts="poll"))
    sender.start(**LEAN)
    core.wait_connected()
    core.health_of("whatsapp")
    return sender


def tells(provider, *answers):
    """The provider takes every message over and answers the questions one after the other; the last one stays."""
    left = list(answers)

    def answer(exchange):
        if exchange.method == "POST" or "message_history" not in exchange.path:
            return exchange.accept()
        return (left.pop(0) if len(left) > 1 else left[0])(exchange)

    provider.answer = answer


def questions(provider):
    return [request for request in provider.requests if request.method == "GET"]


def test_delivered(polling, core, provider, order):
    tells(provider, lambda e: e.history(("DELIVERED", 1700000005), ("SENT", 1700000001)))
    ident = order("whatsapp", watch_seconds=30)
    assert core.answer()["op"] == "sent"
    receipt = core.receipt()
    expected = {"provider": "meta", "id": ident, "message_id": WAMID, "state": "delivered", "at": "1700000005"}
    assert expected.items() <= receipt.items() and "code" not in receipt
    assert [request.asked_for() for request in questions(provider)] == [WAMID]


def test_failed_later_on_is_told_in_our_words(polling, core, provider, order):
    """What Meta writes holds the number; the log is searched for it at the end of every test."""
    reason = {"error_description": "Message to +966501234567 undeliverable"}
    tells(provider, lambda e: e.history(("SENT", 1700000001), ("FAILED", 1700000002, reason)))
    order("whatsapp", watch_seconds=30)
    receipt = core.receipt()
    assert (receipt["state"], receipt["failure"]) == ("failed", "undeliverable")
    assert "966" not in receipt["detail"]


def test_nobody_waits_and_nobody_asks(polling, core, provider, order):
    tells(provider, lambda e: e.history(("DELIVERED", 1700000005)))
    provider.answer, tell = Exchange.accept, provider.answer
    order("whatsapp", id="a1" * 16, watch_seconds=30)
    order("whatsapp", id="b2" * 16)
    core.answer(), core.answer()
    core.say("watch", challenge="a1" * 8, seconds=0)
    provider.answer = tell
    order("whatsapp", id="c3" * 16, watch_seconds=30)
    assert core.receipt()["id"] == "c3" * 16
    assert len(questions(provider)) == 1


def test_core_prolongs(polling, core, provider, order):
    tells(provider, lambda e: e.history(("SENT", 1700000001)), lambda e: e.history(("READ", 1700000009)))
    order("whatsapp", id="a1" * 16, watch_seconds=2)
    assert core.receipt()["state"] == "sent"
    core.say("watch", challenge="a1" * 8, seconds=30)
    assert core.receipt()["state"] == "read"


def test_account_that_may_not_ask_is_degraded_and_goes_on_sending(polling, core, provider, order):
    tells(provider, lambda e: e.meta_error(10, 403))
    order("whatsapp", watch_seconds=30)
    assert core.answer()["op"] == "sent"
    health = core.health_of("whatsapp")
    assert health["state"] == "degraded" and "receipts cannot be polled" in health["detail"]
    order("whatsapp", watch_seconds=30)
    assert core.answer()["op"] == "sent"
    core.say("health", name="whatsapp")
    assert core.health_of("whatsapp")["state"] == "degraded"


def test_probe_tries_it(polling, core, provider, order):
    tells(provider, lambda e: e.history())
    core.say("health", name="whatsapp")
    assert "not tried yet" in core.health_of("whatsapp")["detail"]
    order("whatsapp")
    core.answer()
    core.say("health", name="whatsapp")
    health = core.health_of("whatsapp")
    assert (health["state"], health["detail"]) == ("ok", "receipts can be polled")


def test_redirect_takes_no_token_anywhere(polling, core, provider, certificate, order):
    elsewhere = Provider(certificate)
    tells(provider, lambda e: e.reply(301, Location=elsewhere.url + e.path))
    order("whatsapp", watch_seconds=30)
    assert core.health_of("whatsapp")["state"] == "degraded"
    assert elsewhere.connections == 0
    elsewhere.stop()


def test_bad_answers_say_nothing_about_the_message(polling, core, provider, order):
    """All of them at once; the second question of each message is answered as it should be."""
    behaviours = dict(zip((f"{i + 1:032x}" for i in range(len(UNKNOWN))), UNKNOWN.values()))
    asked = []

    def answer(exchange):
        if exchange.method == "POST":
            ident = exchange.body.decode().split("biz_opaque_callback_data")[1][3:35]
            return exchange.reply_json(200, {"messages": [{"id": "wamid." + ident}]})
        ident = exchange.asked_for().removeprefix("wamid.")
        asked.append(ident)
        if asked.count(ident) == 1:
            return behaviours[ident](exchange)
        return exchange.history(("DELIVERED", 1700000005))

    provider.answer = answer
    order("whatsapp", id="f" * 32)
    core.answer()
    before = memory_of(polling)
    for ident in behaviours:
        order("whatsapp", id=ident, watch_seconds=60)
    receipts = [core.receipt(30) for _ in behaviours]
    assert {receipt["id"] for receipt in receipts} == set(behaviours)
    assert {receipt["state"] for receipt in receipts} == {"delivered"}
    assert memory_of(polling) - before < 8 << 20
    until(lambda: "delivered" in polling.log(), "the log tells it")
