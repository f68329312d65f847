"""A PAM host (tests/pam/driver.c) and the user who sits at it."""

import os
import pathlib
import signal
import subprocess
import time

BUILD = pathlib.Path(os.environ.get("BUILDDIR", os.getcwd())).resolve()
DRIVER = BUILD / "tests/pam/driver"
MODULE = BUILD / ".libs/pam_whatsapp_otp.so"
STAGE = BUILD / "tests/pam/.libs/stage.so"

SUCCESS, SERVICE_ERR, AUTH_ERR, AUTHINFO_UNAVAIL, MAXTRIES, CONV_ERR = 0, 3, 7, 9, 11, 19
IGNORED = 26  # after PAM_IGNORE libpam goes on to the next module: it returns this, which ours never does
TTY, RHOST, RUSER = 3, 4, 8
ECHO_OFF = 1
ALERT, ERR, NOTICE, INFO, DEBUG = 1, 3, 5, 6, 7


class Host:
    """
    One PAM transaction. Behind our module stands one that returns a code of its own, so that PAM_IGNORE can be told
    from every other result.
    """

    def __init__(self, folder, socket, arguments="", service="sshd", user="alice", environment=None, password=False):
        front = f"auth requisite {STAGE}\n" if password else ""
        (folder / service).write_text(
            front
            + f"auth [ignore=ignore default=die success=done] {MODULE} socket={socket} {arguments}\n"
            + f"auth [default=die] {STAGE} {IGNORED}\n"
            + f"account required {MODULE} socket={socket}\n"
        )
        (folder / "other").touch()
        self.logs = []
        self.process = subprocess.Popen(
            [DRIVER, folder, service, os.fsencode(user)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, bufsize=1, env=environment or {},
        )

    def order(self, *words):
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")

    def event(self):
        """The next thing that happens, but for log lines: those are kept."""
        for line in self.process.stdout:
            words = line.rstrip("\n").split(" ")
            if words[0] != "log":
                return words
            self.logs.append((int(words[1]), bytes.fromhex(words[2]).decode()))
        raise AssertionError(f"the host ended: {self.process.wait()}")

    def do(self, *words):
        self.order(*words)
        return self.result()

    def set_item(self, item, value):
        assert self.do("item", item, os.fsencode(value).hex()) == SUCCESS

    def set_env(self, pair):
        assert self.do("env", os.fsencode(pair).hex()) == SUCCESS

    def authenticate(self):
        self.order("authenticate")

    def prompt(self):
        """The prompt that the user sees; nothing but one prompt without echo is ever shown."""
        kind, style, count, text = self.event()
        assert (kind, int(style), int(count)) == ("prompt", ECHO_OFF, 1)
        return bytes.fromhex(text).decode()

    def answer(self, text):
        self.order("answer", (text if isinstance(text, bytes) else text.encode()).hex())

    def result(self):
        event = self.event()
        assert event[0] == "result", event
        return int(event[1])

    def logged(self, words, level=None):
        return [text for priority, text in self.logs if words in text and level in (None, priority)]

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)

    def end(self):
        """Ends the transaction; a leak or an error that a sanitizer found is a failure."""
        if self.process.poll() is None:
            self.order("end")
            self.process.stdin.close()
        rest = self.process.stdout.read()
        assert self.process.wait(timeout=30) == 0, rest


class Stopwatch:
    def __enter__(self):
        self.start = time.monotonic()
        return self

    def __exit__(self, *error):
        self.seconds = time.monotonic() - self.start
