"""Many at once, by bare protocol clients: one code opens one login, and nobody waits for anybody."""

import select

import pytest

import machine
from wire import Connection, Post

WIDE = {
    "limits": 'per_user = {"1000/1s"} per_number = {"1000/1s"} per_source = {"1000/1s"} global = {"10000/1s"} '
              'sends_since_success = 100 resend_cooldown = {1}',
    "route": "fallback_after = 300",
}


def number(n):
    return f"+9665010{n:05}"


@pytest.fixture
def core():
    machine.fresh_state()
    machine.configure(**WIDE)
    program = machine.core().start()
    yield program
    program.stop()


@pytest.fixture
def post(core):
    running = Post()
    yield running
    running.stop()


def enroll(users):
    with Connection("admin.sock") as admin:
        for n, user in enumerate(users):
            answer = admin.call("enroll", user=user, phone=number(n), no_verify="yes")
            while answer["op"] != "done":
                answer = admin.receive()
            assert answer["result"] == "allow", answer


def answers(connections):
    """One datagram from each, in the order in which they come."""
    waiting = {connection.socket.fileno(): connection for connection in connections}
    poll = select.poll()
    for fd in waiting:
        poll.register(fd, select.POLLIN)
    got = []
    while waiting:
        ready = poll.poll(10000)
        assert ready, f"{len(waiting)} connections without an answer after 10 s"
        for fd, _ in ready:
            poll.unregister(fd)
            got.append(waiting.pop(fd).receive())
    return got


def test_one_code_typed_64_times_at_once_opens_one_login(core, post):
    rounds, typists = 200, 64
    enroll([f"user{n}" for n in range(rounds)])
    for n in range(rounds):
        windows = [Connection() for _ in range(typists)]
        windows[0].begin(f"user{n}")
        code = post.code(number(n))
        for window in windows[1:]:
            window.send("login-begin", user=f"user{n}", service="sshd", rhost="192.0.2.7", first_factor="publickey")
        begun = answers(windows[1:])
        assert {answer["op"] for answer in begun} == {"ask"}, begun
        for window in windows:
            window.send("login-answer", challenge=begun[0]["challenge"], text=code)
        results = [answer.get("result") for answer in answers(windows)]
        assert results.count("allow") == 1, f"round {n}: {results}"
        for window in windows:
            window.close()
    assert len(post.delivered) == rounds, "one message a round"


def test_64_users_at_once_are_all_let_in(core, post):
    users = [f"user{n}" for n in range(64)]
    enroll(users)
    windows = [Connection() for _ in users]
    for user, window in zip(users, windows):
        window.send("login-begin", user=user, service="sshd", rhost="192.0.2.7", first_factor="publickey")
    for window in windows:
        answer = window.receive()
        assert answer["op"] == "ask", answer
        window.challenge = answer["challenge"]
    for n, window in enumerate(windows):
        window.send("login-answer", challenge=window.challenge, text=post.code(number(n)))
    assert {answer.get("result") for answer in answers(windows)} == {"allow"}
    assert len(post.delivered) == len(users)


def test_guesses_of_many_windows_share_three_tries(core, post):
    """5,000 guesses at one challenge: three are compared."""
    enroll(["user0"])
    first = Connection()
    first.begin("user0")
    code = post.code(number(0))
    wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
    windows = [Connection() for _ in range(50)]
    for window in windows:
        assert window.begin("user0")["op"] == "ask"
    for window in windows:
        window.send("login-answer", challenge=window.challenge, text=wrong)
    answers(windows)
    assert first.answer(code)["result"] != "allow", "the tries are used up"
    for window in [first, *windows]:
        window.close()
