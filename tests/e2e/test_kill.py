"""SIGKILL, five hundred times, while logins run: no code counts twice, none after its life, the database stays whole."""

import glob
import random
import subprocess
import threading
import time

import machine
from test_parallel import WIDE, enroll, number
from wire import Connection, Gone, Post

KILLS, CLIENTS, TTL = 500, 6, 30
LATE = 10
USERS = 120  # each client has its own, so that a code of a user is typed by one client at a time


class Ledger:
    """What the clients saw. A code is a (user, code) pair with the time at which it arrived."""

    def __init__(self):
        self.accepted, self.refused, self.lost = {}, 0, 0
        self.errors = []
        self.lock = threading.Lock()

    def accept(self, user, code, age):
        with self.lock:
            key = (user, code)
            if key in self.accepted:
                self.errors.append(f"{user}: a code was accepted twice")
            if age > TTL + 1:
                self.errors.append(f"{user}: a code was accepted after {age:.1f} s")
            self.accepted[key] = time.monotonic()


def type_once(user, code):
    """True: let in, False: refused, None: the core died and nobody knows."""
    try:
        with Connection() as window:
            asked = window.begin(user)
            if asked["op"] != "ask":
                return False
            return window.answer(code).get("result") == "allow"
    except Gone:
        return None


def one_client(n, post, ledger, stop):
    rng = random.Random(n)
    mine = list(range(n, USERS, CLIENTS))
    while not stop.is_set():
        who = rng.choice(mine)
        user, known = f"user{who}", len(post.codes.get(number(who), []))
        try:
            with Connection() as window:
                if window.begin(user)["op"] != "ask":
                    continue
                born = time.monotonic()
                try:
                    code = post.code(number(who), known + 1, seconds=0.3)
                except AssertionError:
                    code = (post.codes.get(number(who)) or [None])[-1]
                if not code:
                    continue
        except Gone:
            time.sleep(0.01)
            continue
        # Typed until the answer is known, and once more after that: it must not count again.
        outcome = None
        while outcome is None and not stop.is_set():
            outcome = type_once(user, code)
            if outcome is None:
                with ledger.lock:
                    ledger.lost += 1
                time.sleep(0.01)
        if outcome:
            ledger.accept(user, code, time.monotonic() - born)
            if type_once(user, code):
                ledger.accept(user, code, time.monotonic() - born)
        else:
            with ledger.lock:
                ledger.refused += 1


def codes_nobody_types(post, users):
    """[(user, code, when)]: logins that begin amid the kills and are left alone until their codes are too old."""
    found = []
    for who in users:
        while not post.codes.get(number(who)):
            try:
                with Connection() as window:
                    window.begin(f"user{who}")
                    post.code(number(who), seconds=0.2)
            except (Gone, AssertionError):
                time.sleep(0.01)
        found.append((f"user{who}", post.codes[number(who)][-1], time.monotonic()))
    return found


def test_500_kills_under_load():
    machine.fresh_state()
    machine.configure(**WIDE, policy=f"ttl = {TTL}")
    core = machine.core().start()
    enroll([f"user{n}" for n in range(USERS + LATE)])
    post, ledger, stop, late = Post(), Ledger(), threading.Event(), []
    latecomers = threading.Thread(
        target=lambda: late.extend(codes_nobody_types(post, range(USERS, USERS + LATE))))
    clients = [threading.Thread(target=one_client, args=(n, post, ledger, stop)) for n in range(CLIENTS)]
    for client in [*clients, latecomers]:
        client.start()
    rng = random.Random(500)
    try:
        for _ in range(KILLS):
            time.sleep(rng.uniform(0.005, 0.06))
            core.kill()
            started = time.monotonic()
            core.start()
            assert time.monotonic() - started < 5, "a restart takes less than 5 s"
    finally:
        stop.set()
        for client in [*clients, latecomers]:
            client.join(30)
    for user, code in [(user, code) for (user, code) in list(ledger.accepted)[-100:]]:
        assert type_once(user, code) is False, "a used code stays used after every restart"
    assert len(late) == LATE
    time.sleep(max(0.0, late[-1][2] + TTL + 1 - time.monotonic()))
    for user, code, _ in late:
        assert type_once(user, code) is False, "no code counts after its life"
    assert core.stop() == 0
    post.stop()
    assert not ledger.errors, ledger.errors
    assert len(ledger.accepted) > 50, "the load was a load"
    check = subprocess.run(["sqlite3", find_database(), "PRAGMA integrity_check; PRAGMA foreign_key_check;"],
                           capture_output=True, text=True, check=True)
    assert check.stdout.strip() == "ok"
    print(f"{KILLS} kills, {len(ledger.accepted)} accepted, {ledger.refused} refused, {ledger.lost} answers lost")


def find_database():
    found = [path for path in glob.glob(f"{machine.STATE}/*") if open(path, "rb").read(15) == b"SQLite format 3"]
    assert len(found) == 1, found
    return found[0]
