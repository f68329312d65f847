"""The line in pam.d."""

import pytest

from host import AUTH_ERR, DEBUG, ERR, SERVICE_ERR, SUCCESS


@pytest.mark.parametrize("words, names", [
    ("colour=red", "colour=red"),
    ("nullok=yes", "nullok=yes"),
    ("Debug", "Debug"),
    ("failmode=", "deny or allow"),
    ("failmode=safe", "deny or allow"),
    ("timeout=0", "1 to 5"),
    ("timeout=6", "1 to 5"),
    ("timeout=1s", "1 to 5"),
    ("timeout=", "1 to 5"),
    ("policy=", "the name of a policy"),
    ("policy=" + "p" * 64, "the name of a policy"),
    ("socket=login.sock", "absolute path"),
    ("socket=", "absolute path"),
    ("socket=/" + "s" * 107, "absolute path"),
    ("failmode=allow nonsense", "nonsense"),
])
def test_a_word_that_is_wrong_closes_the_door(core, host, words, names):
    alice = host(words)
    alice.authenticate()
    assert alice.result() == SERVICE_ERR
    assert alice.logged(names, ERR)
    assert core.nobody_called()


def test_a_wrong_word_is_as_closed_without_a_core(host):
    alice = host("failmode=allow nonsense")
    alice.authenticate()
    assert alice.result() == SERVICE_ERR


def test_policy_and_nullok_travel(core, host):
    alice = host("policy=step-up nullok failmode=deny timeout=5 debug")
    alice.authenticate()
    connection, begin = core.begin()
    assert begin["policy"] == "step-up" and begin["nullok"] == "yes"
    connection.done("allow")
    assert alice.result() == SUCCESS
    assert alice.logged("connected", DEBUG)


def test_without_them_nothing_is_said(core, host):
    alice = host()
    alice.authenticate()
    connection, begin = core.begin()
    assert set(begin) == {"op", "user", "service", "first_factor"}
    connection.done("deny")
    assert alice.result() == AUTH_ERR
    assert not alice.logged("connected")


@pytest.mark.parametrize("result, lines", [("allow", 0), ("ignore", 0), ("deny", 1), ("locked", 1), ("unavailable", 1)])
def test_quiet_keeps_information_and_no_refusal(core, host, result, lines):
    alice = host("quiet")
    alice.authenticate()
    connection, _ = core.begin()
    connection.done(result)
    alice.result()
    assert len(alice.logs) == lines
