"""Something stops while somebody waits at a prompt. What was sent stays good; what cannot be decided is refused."""

import pytest

from login import Terminal, gone, ssh, ssh_command
from machine import wait_for

pytestmark = pytest.mark.usefixtures("sshd")


def at_the_prompt(phone):
    terminal = Terminal(ssh_command("alice"), timeout=30)
    terminal.prompt()
    return terminal, phone.code()


def test_core_restarted_at_the_prompt_the_same_code_logs_in(product, phone):
    terminal, code = at_the_prompt(phone)
    product.core.stop()
    product.core.start()
    terminal.type(code)
    result = finish(terminal, code)
    assert result.allowed, result
    phone.settled(1, 0)


def test_core_killed_at_the_prompt_the_same_code_logs_in(product, phone):
    terminal, code = at_the_prompt(phone)
    product.core.kill()
    product.core.start()
    terminal.type(code)
    result = finish(terminal, code)
    assert result.allowed, result
    phone.settled(1, 0)


def finish(terminal, code):
    """The core that asked is gone: sshd may ask once more, and then the same code counts."""
    index = terminal.child.expect([r"[^\r\n]*: $", "welcome\r\n"])
    terminal.seen += terminal.child.before + terminal.child.after
    if index == 0:
        terminal.type(code)
    return terminal.end()


def test_core_hung_at_the_prompt_the_same_code_logs_in(product, phone):
    terminal, code = at_the_prompt(phone)
    with product.core.hung():
        terminal.type(code)
        with pytest.raises(Exception):
            terminal.child.expect("welcome", timeout=2)
    result = finish(terminal, code)
    assert result.allowed, result
    phone.settled(1, 0)


def test_core_hung_for_good_is_a_refusal_within_the_deadline(product, phone):
    with product.core.hung():
        result = ssh("alice", ["123456"] * 3, timeout=40)
    assert not result.allowed
    phone.settled(0, 0)


def test_core_stopped_refuses_and_the_log_says_why(product, phone, log):
    product.core.stop()
    result = ssh("alice", ["123456"] * 3)
    assert not result.allowed
    wait_for(lambda: "login.sock" in log.text or "whatsapp-otpd" in log.text, f"a line that names it:\n{log.text}")
    phone.settled(0, 0)
    product.core.start()
    assert ssh("alice", [phone.code]).allowed
    phone.settled(1, 0)


def test_sender_stopped_sends_nothing_and_the_log_says_so(product, phone):
    product.sender.stop()
    result = ssh("alice", ["123456"])
    assert not result.allowed
    product.core.logged("sender")
    phone.settled(0, 0)


def test_sender_that_comes_back_sends_what_waits(product, phone):
    product.sender.stop()
    terminal = Terminal(ssh_command("alice"))
    terminal.prompt()
    product.sender.start()
    assert terminal.type(phone.code()).end().allowed, terminal.seen
    assert phone.count()[0] == 1


def test_provider_down_falls_back_to_nothing_and_says_so(product, phone, simulator):
    simulator.stop()
    result = ssh("alice", ["123456"] * 3, timeout=90)
    assert not result.allowed
    wait_for(lambda: "whatsapp" in product.core.log + product.sender.log, "a line that names the channel")


def test_client_killed_at_the_prompt_leaves_no_process(product, phone, sshd):
    terminal, code = at_the_prompt(phone)
    waiting = children_of(sshd.pid)
    terminal.vanish()
    wait_for(lambda: all(gone(pid) for pid in waiting), "sshd's processes to end")
    assert ssh("alice", [code]).allowed
    phone.settled(1, 0)


def children_of(pid):
    found, tasks = [], [pid]
    while tasks:
        with open(f"/proc/{tasks[0]}/task/{tasks[0]}/children") as file:
            tasks[:1] = fresh = [int(child) for child in file.read().split()]
        found += fresh
    return found


def test_the_whole_product_restarts_and_the_enrolment_is_there(product, phone):
    product.stop()
    product.core.start()
    product.sender.start()
    assert ssh("alice", [phone.code]).allowed
    phone.settled(1, 0)
