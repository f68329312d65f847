"""stats: what was sent, what arrived, how fast, and what it cost."""

import time

import pexpect
import pytest

from conftest import PROGRAM
from fakecore import ANY

WHATSAPP = dict(key="whatsapp", sent=100, accepted=97, delivered=93, read=60, failed=3, fallback=10, verified=90,
                send_ms_p50=240, send_ms_p95=910, delivery_ms_p50=1900, delivery_ms_p95=6200, answer_ms_p50=14000,
                answer_ms_p95=41000, cost=1450000, currency="USD")
SMS = dict(key="sms", sent=10, accepted=10, verified=5, send_ms_p50=800, send_ms_p95=2500, cost=620000, currency="USD")
ALL = dict(sent=110, accepted=107, delivered=93, read=60, failed=3, fallback=10, verified=95, send_ms_p50=250,
           send_ms_p95=1200, cost=2070000, currency="USD")


def feed(core, by, *items, since=ANY, total=ALL):
    for what, rows in ({"by": by}, items), ({}, [total] if total else []):
        core.gets("stats", since=since, **what)
        for row in rows:
            core.sends("stat", **row)
        core.sends("done", result="allow")


def test_a_table_without_bars_where_nobody_looks(core, ask):
    feed(core, "channel", SMS, WHATSAPP)
    result = ask("stats", TERM="xterm")
    assert result.status == 0 and result.err == ""
    heading, *rows = (line.split() for line in result.lines)
    assert heading == ["CHANNEL", "SENT", "ACCEPTED", "DELIVERED", "READ", "FAILED", "FALLBACK", "VERIFIED", "CONVERSION",
                       "SEND-P50/P95", "DELIVERY-P50/P95", "ANSWER-P50/P95", "COST"]
    assert [" ".join(row) for row in rows] == [
        "whatsapp 100 97 93 60 3 10 90 90 % 0.24/0.91 s 1.9/6.2 s 14/41 s 1.45 USD",
        "sms 10 10 0 0 0 0 5 50 % 0.80/2.5 s - - 0.6200 USD",
        "total 110 107 93 60 3 10 95 95 % 0.25/1.2 s - - 2.07 USD"]
    assert len({len(line) for line in result.lines}) == 1, "figures stand to the right"
    assert "\033" not in result.out and "█" not in result.out


def test_a_code_that_two_channels_carried_counts_once(core, ask):
    """110 messages were 100 codes, of which 95 were typed."""
    feed(core, "country", {**ALL, "key": "+966"})
    assert [line.split()[8] for line in ask("stats", "--by", "country").lines[1:]] == ["95", "95"]


def test_bars_and_colours_on_a_terminal(core):
    feed(core, "channel", WHATSAPP, SMS)
    core.start()
    terminal = pexpect.spawn(PROGRAM, ["stats", "--since", "all", "--socket", core.path], encoding="utf-8", timeout=20,
                             env={"PATH": "/usr/bin", "TERM": "xterm", "TZ": "UTC"}, dimensions=(24, 80))
    terminal.expect(pexpect.EOF)
    lines = terminal.before.replace("\r", "").split("\n")
    assert lines[0] == "since the beginning"
    assert any(line.startswith("whatsapp") and "\033[32m██████████████▍░\033[0m" in line for line in lines), lines
    assert any(line.startswith("sms") and "\033[33m" in line for line in lines)
    assert max(len(line) for line in lines) <= 80 + 10


def test_no_colour_for_who_wants_none(core):
    feed(core, "channel", WHATSAPP)
    core.start()
    terminal = pexpect.spawn(PROGRAM, ["stats", "--socket", core.path], encoding="utf-8", timeout=20,
                             env={"PATH": "/usr/bin", "TERM": "xterm", "NO_COLOR": "1"})
    terminal.expect(pexpect.EOF)
    assert "█" in terminal.before and "\033" not in terminal.before


def test_hours_stand_in_their_order_in_local_time(core, ask):
    feed(core, "hour", {**SMS, "key": "1795294800"}, {**SMS, "key": "1795287600"})
    result = ask("stats", "--by", "hour")
    assert [line[:16] for line in result.lines] == ["HOUR            ", "2026-11-21 19:00", "2026-11-21 21:00",
                                                    "total           "]


def test_json_says_by_what(core, ask):
    feed(core, "provider", {**SMS, "key": "ycloud"})
    first, total = ask("stats", "--by", "provider", "--json").objects
    assert (first["by"], first["key"], first["sent"], first["cost"]) == ("provider", "ycloud", 10, 620000)
    assert (total["by"], total["key"], total["sent"]) == ("total", "", 110)


def test_nothing_was_sent(core, ask):
    feed(core, "channel", since=ANY, total=None)
    assert ask("stats", "--since", "2026-11-01").out == "nothing was sent since 2026-11-01 00:00\n"


def test_a_thousand_items_come_in_a_stream(core, ask):
    feed(core, "hour", *({**SMS, "key": str(1795287600 + 3600 * i)} for i in range(1000)))
    assert len(ask("stats", "--by", "hour", "--json").lines) == 1001


@pytest.mark.parametrize("typed, seconds", [(None, 7 * 86400), ("12h", 12 * 3600), ("2w", 14 * 86400)])
def test_since_when(core, ask, typed, seconds):
    asked, check = [], core.check

    def note(request, op, fields):
        asked.append(int(request[1].get("since", 0)))
        check(request, op, {**fields, "since": ANY})

    core.check = note
    feed(core, "channel", SMS)
    assert ask("stats", *(["--since", typed] if typed else [])).status == 0
    assert asked[0] == asked[1] and abs(time.time() - seconds - asked[0]) < 20


@pytest.mark.parametrize("words, what", [
    (["--since", "soon"], "--since soon: not a time"),
    (["--since", "2026"], "--since 2026: not a time"),
    (["--since", "2126-01-01"], "--since 2126-01-01: is yet to come"),
    (["--by", "planet"], "--by planet: not known; write channel, country, provider or hour"),
    (["--html", "x.html", "--by", "hour"], "--html: the page has everything in it; leave --by out"),
    (["--html", "x.html", "--json"], "--html: the page has everything in it; leave --json out"),
    (["--html", ""], "--html: wants a path"),
])
def test_wrong_usage(otpctl, words, what):
    result = otpctl("stats", *words)
    assert result.status == 2 and result.out == "" and result.err.startswith("whatsapp-otpctl: " + what)


def test_only_those_who_may_see_the_figures(core, ask):
    core.gets("stats", since=ANY, by="channel").sends("done", result="deny", reason="only root and the groups may ask this")
    result = ask("stats")
    assert (result.status, result.out) == (1, "")
    assert result.err == "whatsapp-otpctl: stats: only root and the groups may ask this\n"


def test_a_figure_that_is_none(core, ask):
    core.gets("stats", since=ANY, by="channel").sends("stat", key="sms", sent="many")
    result = ask("stats")
    assert (result.status, result.out) == (3, "") and result.err.startswith("whatsapp-otpctl: stats: ")
