"""su: the factor is the target's."""

import pytest

from login import Terminal, without_terminal
from machine import as_user

pytestmark = pytest.mark.config(more='policy "su" { services = {"su", "su-l"} send = ask }')


def test_su_asks_for_the_code_of_the_target(product, phone):
    terminal = Terminal(["su", "bob", "-c", "echo welcome"], user="alice")
    terminal.prompt()
    terminal.type("").prompt()
    assert terminal.type(phone.code()).end().allowed, terminal.seen
    assert phone.messages()[0]["to"] == "+966500000034"
    phone.settled(1, 0)


def test_root_is_not_asked(product, phone):
    assert without_terminal(["su", "bob", "-c", "echo welcome"]).allowed
    phone.settled(0, 0)


def test_su_without_a_terminal_costs_nothing(product, phone):
    """su reads the answer from standard input, and finds none."""
    assert not without_terminal([*as_user("alice"), "su", "bob", "-c", "echo welcome"]).allowed
    assert sum(phone.count()) <= 1
