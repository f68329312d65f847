"""What a user sees at a prompt, and what the host is told then."""

import pytest

from host import (AUTH_ERR, AUTHINFO_UNAVAIL, CONV_ERR, ERR, IGNORED, INFO, MAXTRIES, NOTICE, SUCCESS)

PROMPT = "[web1] Code sent to WhatsApp (…34), by SMS in 25 s if it does not arrive. Code: "


def ask_once(core, host, prompt=PROMPT):
    """A login up to the prompt that the user sees."""
    host.authenticate()
    connection, begin = core.begin()
    connection.ask("c1", prompt)
    assert host.prompt() == prompt
    return connection, begin


def test_the_right_code_lets_in(core, host):
    alice = host()
    connection, begin = ask_once(core, alice)
    assert begin["user"] == "alice" and begin["service"] == "sshd"
    alice.answer("123456")
    assert connection.receive() == {"op": "login-answer", "challenge": "c1", "text": "123456"}
    connection.done("allow", "code accepted")
    assert alice.result() == SUCCESS
    assert alice.logged("alice: accepted: code accepted", INFO)
    assert connection.receive() is None


@pytest.mark.parametrize("result, code, level", [
    ("deny", AUTH_ERR, NOTICE),
    ("locked", MAXTRIES, NOTICE),
    ("unavailable", AUTHINFO_UNAVAIL, ERR),
    ("ignore", IGNORED, INFO),
])
@pytest.mark.parametrize("asks", [False, True])
def test_each_result_has_its_pam_code(core, host, result, code, level, asks):
    alice = host()
    if asks:
        connection, _ = ask_once(core, alice)
        alice.answer("123456")
        connection.receive()
    else:
        alice.authenticate()
        connection, _ = core.begin()
    connection.done(result, "because")
    assert alice.result() == code
    assert alice.logged("because", level)


def test_wrong_then_right_on_the_same_handle_as_sudo_does(core, host):
    alice = host(service="sudo")
    for text, result, code in (("111111", "deny", AUTH_ERR), ("123456", "allow", SUCCESS)):
        connection, _ = ask_once(core, alice)
        alice.answer(text)
        assert connection.receive()["text"] == text
        connection.done(result)
        assert alice.result() == code


def test_the_core_may_ask_again(core, host):
    alice = host()
    connection, _ = ask_once(core, alice, "[web1] Code from WhatsApp (…34), or Enter to send one: ")
    alice.answer("")
    assert connection.receive() == {"op": "login-answer", "challenge": "c1"}
    connection.ask("c1", "r: new code\ns: SMS now\\\n: ")
    assert alice.prompt() == "r: new code\ns: SMS now\\\n: "
    alice.answer("123456")
    assert connection.receive()["text"] == "123456"
    connection.done("allow")
    assert alice.result() == SUCCESS


def test_a_dialogue_without_end_is_ended(core, host):
    alice = host()
    connection, _ = ask_once(core, alice)
    for _ in range(11):
        alice.answer("?")
        connection.receive()
        connection.ask("c1", "Code: ")
        assert alice.prompt() == "Code: "
    alice.answer("?")
    connection.receive()
    connection.ask("c1", "Code: ")
    assert alice.result() == AUTH_ERR
    assert alice.logged("too many prompts", NOTICE)


def test_the_longest_prompt_and_the_longest_answer_pass(core, host):
    alice = host()
    prompt = "é" * 199 + ": "
    connection, _ = ask_once(core, alice, prompt)
    alice.answer("x" * 64)
    assert connection.receive()["text"] == "x" * 64
    connection.done("deny")
    assert alice.result() == AUTH_ERR


def test_a_percent_sign_in_a_prompt_is_no_format(core, host):
    alice = host()
    connection, _ = ask_once(core, alice, "%s%n%d 100%: ")
    alice.answer("123456")
    connection.receive()
    connection.done("allow", "%s%n")
    assert alice.result() == SUCCESS
    assert alice.logged("accepted: %s%n")


def test_the_connection_stays_open_while_the_user_thinks_and_ends_with_him(core, host):
    alice = host()
    connection, _ = ask_once(core, alice)
    alice.process.kill()
    alice.process.wait()
    alice.process.returncode = 0
    assert connection.receive() is None


# What is typed, what PAM is told, what the log says. Nothing of it reaches the core.
REFUSED_ANSWERS = [
    (b"\b\n\r\177INCORRECT", "PermitRootLogin yes", NOTICE),
    (b"\b\n\r\177", "PermitRootLogin yes", NOTICE),
    (b"x" * 65, "at most 64 bytes", NOTICE),
    (b"x" * 511, "at most 64 bytes", NOTICE),
    (b"9" * 4000, "at most 64 bytes", NOTICE),
    (b"\x80\xff\xfe", "at most 64 bytes", NOTICE),
    (b"\xc0\xb1", "at most 64 bytes", NOTICE),
    (b"123456\x1b[A", "at most 64 bytes", NOTICE),
    (b"123456\nresult=allow", "at most 64 bytes", NOTICE),
    (b"\t123456", "at most 64 bytes", NOTICE),
]


@pytest.mark.parametrize("answer, words, level", REFUSED_ANSWERS)
def test_an_answer_that_is_none_costs_no_try(core, host, answer, words, level):
    alice = host()
    connection, _ = ask_once(core, alice)
    alice.answer(answer)
    assert alice.result() == AUTH_ERR
    assert alice.logged(words, level)
    assert connection.receive() is None


def test_no_answer_at_all_is_a_refusal(core, host):
    alice = host()
    connection, _ = ask_once(core, alice)
    alice.order("null")
    assert alice.result() == AUTH_ERR
    assert connection.receive() is None


def test_a_host_that_cannot_ask_gets_a_conversation_error(core, host):
    cron = host(service="sudo")
    connection, _ = ask_once(core, cron)
    cron.order("fail")
    assert cron.result() == CONV_ERR
    assert connection.receive() is None


def test_the_password_as_an_answer_is_refused_with_a_hint(core, host):
    alice = host(password=True)
    alice.authenticate()
    assert alice.prompt() == "Password: "
    alice.answer("hunter2")
    connection, begin = core.begin()
    assert begin["first_factor"] == "password"
    connection.ask("c1", PROMPT)
    assert alice.prompt() == PROMPT
    alice.answer("hunter2")
    assert alice.result() == AUTH_ERR
    assert alice.logged("KbdInteractiveAuthentication", ERR)
    assert connection.receive() is None


def test_an_empty_answer_after_an_empty_password_is_still_an_answer(core, host):
    alice = host(password=True)
    alice.authenticate()
    alice.prompt()
    alice.answer("")
    connection, begin = core.begin()
    assert begin["first_factor"] == "none"
    connection.ask("c1", PROMPT)
    alice.prompt()
    alice.answer("")
    assert connection.receive() == {"op": "login-answer", "challenge": "c1"}
    connection.done("deny")
    assert alice.result() == AUTH_ERR


def test_neither_an_answer_nor_a_password_is_ever_logged(core, host):
    alice = host("debug", password=True)
    alice.authenticate()
    alice.prompt()
    alice.answer("hunter2")
    connection, _ = core.begin()
    connection.ask("c1", PROMPT)
    alice.prompt()
    alice.answer("735119")
    connection.receive()
    connection.done("allow")
    assert alice.result() == SUCCESS
    assert not alice.logged("735119") and not alice.logged("hunter2")
    assert alice.logged("connected")


def test_setcred_and_account_say_yes_without_a_core(host):
    alice = host()
    assert alice.do("acct_mgmt") == SUCCESS
    assert alice.do("setcred") == SUCCESS
    assert not alice.logs
