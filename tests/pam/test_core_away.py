"""The core is stopped, hangs, dies at the prompt, or is somebody else."""

import socket
import time

import pytest

from host import ALERT, AUTH_ERR, AUTHINFO_UNAVAIL, CONV_ERR, ERR, INFO, SUCCESS, Stopwatch
from fakecore import Core

NOBODY, SOMEBODY = 65534, 65533


def test_no_socket_is_a_refusal_that_names_it(host, folder):
    alice = host()
    alice.authenticate()
    assert alice.result() == AUTHINFO_UNAVAIL
    assert alice.logged(f"{folder}/login.sock: No such file or directory", ERR)


def test_a_socket_where_nobody_listens_is_the_same(core, host):
    core.stop(leave_socket=True)
    alice = host("failmode=deny")
    alice.authenticate()
    assert alice.result() == AUTHINFO_UNAVAIL
    assert alice.logged("Connection refused", ERR)


@pytest.mark.parametrize("leave_socket", [False, True])
def test_failmode_allow_lets_in_and_raises_an_alert(core, host, leave_socket):
    core.stop(leave_socket)
    alice = host("failmode=allow quiet")
    alice.authenticate()
    assert alice.result() == SUCCESS
    assert alice.logged("LET IN WITHOUT A CODE", ALERT)


def test_failmode_allow_does_not_cover_a_core_that_is_there(core, host):
    """Each is a row in which a user could have a hand: a slow core, a core that died of what it was told."""
    alice = host("failmode=allow timeout=1")
    for reply in (b"op=done\nresult=unavailable\n", b"garbage", b""):
        alice.authenticate()
        connection, _ = core.begin()
        connection.say(reply) if reply else connection.close()
        assert alice.result() == AUTHINFO_UNAVAIL
    alice.authenticate()
    core.begin()
    assert alice.result() == AUTHINFO_UNAVAIL


def test_failmode_allow_does_not_cover_a_core_that_leaves_at_the_prompt(core, host):
    alice = host("failmode=allow")
    alice.authenticate()
    connection, _ = core.begin()
    connection.ask("c1", "Code: ")
    alice.prompt()
    core.stop()
    alice.answer("123456")
    assert alice.result() == AUTHINFO_UNAVAIL
    assert alice.logged("went away", ERR)


def test_failmode_allow_does_not_cover_a_socket_of_another_kind(folder, host):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stream:
        stream.bind(str(folder / "login.sock"))
        stream.listen()
        alice = host("failmode=allow")
        alice.authenticate()
        assert alice.result() == AUTHINFO_UNAVAIL
        assert alice.logged("cannot reach", ERR)


def test_a_core_that_hangs_costs_one_wait_not_three(core, host):
    """sudo calls three times on one handle."""
    alice = host("timeout=1", service="sudo")
    with Stopwatch() as first:
        alice.authenticate()
        core.begin()
        assert alice.result() == AUTHINFO_UNAVAIL
    assert 0.9 < first.seconds < 2.5
    assert len(alice.logged("does not answer", ERR)) == 1
    with Stopwatch() as rest:
        for _ in range(2):
            alice.authenticate()
            assert alice.result() == AUTHINFO_UNAVAIL
    assert rest.seconds < 0.5
    assert core.nobody_called()
    assert len(alice.logged("does not answer")) == 1 and alice.logged("a moment ago", INFO)


def test_a_core_that_hangs_after_the_prompt_is_given_up_too(core, host):
    alice = host("timeout=1")
    alice.authenticate()
    connection, _ = core.begin()
    connection.ask("c1", "Code: ")
    alice.prompt()
    alice.answer("123456")
    with Stopwatch() as wait:
        assert alice.result() == AUTHINFO_UNAVAIL
    assert wait.seconds < 2.5


def test_only_the_core_is_hurried_never_the_user(core, host):
    """timeout=1 gives the core 3 s a round with the connection; the user takes longer."""
    alice = host("timeout=1")
    alice.authenticate()
    connection, _ = core.begin()
    connection.ask("c1", "Code: ")
    alice.prompt()
    time.sleep(3.2)
    alice.answer("123456")
    assert connection.receive()["text"] == "123456"
    time.sleep(0.1)
    connection.done("allow")
    assert alice.result() == SUCCESS


def test_a_full_queue_is_given_up_after_two_seconds(core, host):
    """A core that never accepts, and others in front of us."""
    core.listener.listen(0)
    crowd = []
    for _ in range(3):
        crowd.append(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK))
        try:
            crowd[-1].connect(core.path)
        except BlockingIOError:
            pass
    alice = host("failmode=allow timeout=1")
    with Stopwatch() as wait:
        alice.authenticate()
        assert alice.result() == AUTHINFO_UNAVAIL
    assert 1.5 < wait.seconds < 4
    assert alice.logged("does not answer", ERR)
    for one in crowd:
        one.close()


def test_control_c_ends_a_wait_that_sudo_does_not_let_through(core, host):
    alice = host(service="sudo")
    assert alice.do("block", 2) == 0
    alice.authenticate()
    core.begin()
    alice.interrupt()
    with Stopwatch() as wait:
        assert alice.result() == CONV_ERR
    assert wait.seconds < 1


def test_a_core_that_was_restarted_at_the_prompt_takes_the_same_code(core, host):
    alice = host()
    alice.authenticate()
    connection, first = core.begin()
    connection.ask("c1", "Code: ")
    alice.prompt()
    core.stop()
    core.start()
    alice.answer("123456")
    connection, second = core.begin()
    assert second == first
    connection.ask("c1", "Code: ")
    assert connection.receive() == {"op": "login-answer", "challenge": "c1", "text": "123456"}
    connection.done("allow")
    assert alice.result() == SUCCESS


def test_a_core_that_dies_with_the_answer_in_hand_gets_it_again(core, host):
    alice = host()
    alice.authenticate()
    connection, _ = core.begin()
    connection.ask("c1", "Code: ")
    alice.prompt()
    alice.answer("123456")
    assert connection.receive()["text"] == "123456"
    connection.close()
    connection, _ = core.begin()
    connection.ask("c1", "Code: ")
    assert connection.receive()["text"] == "123456"
    connection.done("allow")
    assert alice.result() == SUCCESS


def test_a_core_that_forgot_the_challenge_gets_no_old_code(core, host):
    alice = host()
    alice.authenticate()
    connection, _ = core.begin()
    connection.ask("c1", "Code: ")
    alice.prompt()
    core.stop()
    core.start()
    alice.answer("123456")
    connection, _ = core.begin()
    connection.ask("c2", "New code: ")
    assert alice.prompt() == "New code: "
    alice.answer("654321")
    assert connection.receive() == {"op": "login-answer", "challenge": "c2", "text": "654321"}
    connection.done("allow")
    assert alice.result() == SUCCESS


@pytest.mark.parametrize("result, code", [("deny", AUTH_ERR), ("allow", SUCCESS)])
def test_a_core_that_is_back_may_decide_at_once(core, host, result, code):
    alice = host()
    alice.authenticate()
    connection, _ = core.begin()
    connection.ask("c1", "Code: ")
    alice.prompt()
    core.stop()
    core.start()
    alice.answer("123456")
    connection, _ = core.begin()
    connection.done(result)
    assert alice.result() == code


def test_it_is_looked_for_once_a_round(core, host):
    alice = host()
    alice.authenticate()
    connection, _ = core.begin()
    connection.ask("c1", "Code: ")
    alice.prompt()
    connection.close()
    alice.answer("123456")
    connection, _ = core.begin()
    connection.ask("c1", "Code: ")
    connection.receive()
    connection.close()
    assert alice.result() == AUTHINFO_UNAVAIL
    assert core.nobody_called()


def test_a_core_that_hung_up_at_once_is_asked_again_by_the_next_try(core, host):
    """Only silence is remembered: it is what costs time."""
    alice = host(service="sudo")
    alice.authenticate()
    connection, _ = core.begin()
    connection.close()
    assert alice.result() == AUTHINFO_UNAVAIL
    alice.authenticate()
    connection, _ = core.begin()
    connection.done("allow")
    assert alice.result() == SUCCESS


@pytest.mark.root
@pytest.mark.parametrize("core_uid, host_uid, trusted", [
    (NOBODY, 0, False),       # any user's server against sshd: refused
    (NOBODY, SOMEBODY, False),
    (0, SOMEBODY, True),      # the real core against a screen locker
    (NOBODY, NOBODY, True),   # a user fools nobody but himself
])
def test_who_may_be_the_core(folder, host, core_uid, host_uid, trusted):
    core = Core(folder / "login.sock", uid=core_uid or None)
    alice = host("failmode=allow")
    assert alice.do("setcred") == SUCCESS  # loads the module before the rights to do so are gone
    assert alice.do("euid", host_uid) == 0
    alice.authenticate()
    connection = core.accept()
    message = connection.receive()
    if trusted:
        connection.done("allow")
        assert alice.result() == SUCCESS
    else:
        assert message is None  # it is not even told who wants to log in
        assert alice.result() == AUTHINFO_UNAVAIL
        assert alice.logged("neither root nor the user whatsapp-otp", ALERT)
    core.stop()
