"""sudo as alice, who has proven nothing yet: the first prompt offers to send, so whoever cannot converse costs nothing."""

import os
import subprocess

import pytest

from login import Answers, Terminal, environment, stacked, without_terminal
from machine import as_user, wait_for, write_file

SUDO = ["sudo", "-k", "echo", "welcome"]


@pytest.fixture(autouse=True)
def ask(product):
    return product


pytestmark = pytest.mark.config(more='policy "sudo" { services = {"sudo", "sudo-i"} ttl = 120 send = ask }')


def as_alice(*argv):
    return [*as_user("alice"), *argv]


def test_enter_sends_and_the_code_opens(phone):
    terminal = Terminal(SUDO, user="alice")
    first = terminal.prompt()
    assert "Enter" in first, first
    phone.settled(0, 0)
    terminal.type("").prompt()
    assert terminal.type(phone.code()).end().allowed, terminal.seen
    phone.settled(1, 0)


def test_three_wrong_codes_cost_one_message(phone):
    terminal = Terminal(SUDO, user="alice")
    terminal.prompt()
    terminal.type("").prompt()
    wait_for(phone.messages, "the message")
    for last in (False, False, True):
        terminal.type(phone.wrong())
        if not last:
            terminal.prompt()
    assert not terminal.end().allowed, terminal.seen
    phone.settled(1, 0)


def test_a_typo_then_the_right_code(phone):
    terminal = Terminal(SUDO, user="alice")
    terminal.prompt()
    terminal.type("").prompt()
    code = phone.code()
    terminal.type(phone.wrong()).prompt()
    assert terminal.type(code).end().allowed, terminal.seen
    phone.settled(1, 0)


def test_no_terminal_costs_nothing(phone):
    result = without_terminal(as_alice(*SUDO))
    assert not result.allowed
    phone.settled(0, 0)


def test_minus_n_costs_nothing(phone):
    result = without_terminal(as_alice("sudo", "-n", "-k", "echo", "welcome"))
    assert not result.allowed
    phone.settled(0, 0)


def test_minus_n_with_noninteractive_auth_costs_nothing(phone):
    write_file("/etc/sudoers.d/noninteractive", "Defaults noninteractive_auth\n", 0o440)
    try:
        result = without_terminal(as_alice("sudo", "-n", "-k", "echo", "welcome"))
    finally:
        os.unlink("/etc/sudoers.d/noninteractive")
    assert not result.allowed
    phone.settled(0, 0)


def test_minus_S_reads_answers_from_standard_input(phone):
    process = subprocess.Popen(as_alice("sudo", "-S", "-k", "echo", "welcome"), env=environment(), text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               start_new_session=True)
    process.stdin.write("\n")
    process.stdin.flush()
    code = phone.code()
    output, _ = process.communicate(code + "\n", timeout=30)
    assert process.returncode == 0 and "welcome" in output, output
    phone.settled(1, 0)


def test_minus_S_does_not_swallow_the_pipe(phone):
    """What follows the code belongs to the command."""
    process = subprocess.Popen(as_alice("sudo", "-S", "-k", "cat"), env=environment(), text=True, bufsize=0,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               start_new_session=True)
    process.stdin.write("\n")
    output, _ = process.communicate(phone.code() + "\nPAYLOAD\n", timeout=30)
    assert output == "PAYLOAD\n"
    phone.settled(1, 0)


def test_minus_A_shows_the_whole_prompt_to_the_askpass_program(phone):
    asked = Answers(["", phone.code])
    done = subprocess.run(as_alice("sudo", "-A", "-k", "echo", "welcome"), env=environment(**asked.environment()),
                          text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          start_new_session=True, timeout=30)
    asked.close()
    assert done.returncode == 0 and "welcome" in done.stdout, (done, asked.prompts)
    assert asked.prompts[0].startswith("[web1] ") and "Enter" in asked.prompts[0]
    phone.settled(1, 0)


def test_minus_u_asks_the_factor_of_who_calls(phone):
    terminal = Terminal(["sudo", "-k", "-u", "bob", "sh", "-c", "echo welcome $(id -un)"], user="alice")
    terminal.prompt()
    terminal.type("").prompt()
    result = terminal.type(phone.code()).end()
    assert result.allowed and "welcome bob" in result.output, result
    assert phone.messages()[0]["to"] == "+966500000012", "alice's own phone"
    phone.settled(1, 0)


def test_sudo_i_is_a_service_of_its_own(phone):
    terminal = Terminal(["sudo", "-k", "-i", "echo", "welcome"], user="alice")
    terminal.prompt()
    terminal.type("").prompt()
    assert terminal.type(phone.code()).end().allowed, terminal.seen
    phone.settled(1, 0)


def test_password_first_then_the_code(phone):
    with stacked("sudo", "requisite pam_unix.so", "required pam_whatsapp_otp.so"):
        terminal = Terminal(SUDO, user="alice")
        terminal.prompt()
        terminal.type("alice-password").prompt()
        terminal.type("").prompt()
        result = terminal.type(phone.code()).end()
    assert result.allowed, result
    phone.settled(1, 0)


def test_ctrl_c_at_the_prompt_ends_it(phone):
    terminal = Terminal(SUDO, user="alice")
    terminal.prompt()
    terminal.child.sendintr()
    assert not terminal.end().allowed
    phone.settled(0, 0)
