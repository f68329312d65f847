"""whatsapp-otpctl as an admin runs it, against a core that plays a script."""

import json
import os
import subprocess

import pytest

from fakecore import FakeCore

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("WHATSAPP_OTPCTL", os.path.join(TOP, "whatsapp-otpctl"))


class Result:
    def __init__(self, done):
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def lines(self):
        return self.out.splitlines()

    @property
    def objects(self):
        return [json.loads(line) for line in self.lines]


@pytest.fixture
def otpctl(tmp_path):
    """Runs the tool in a folder of its own: no config and no socket of the host are seen."""

    def run(*words, stdin="", config=True, **environment):
        front = ["--config", str(tmp_path / "none.conf")] if config else []
        env = {"PATH": "/usr/bin:/bin", "TZ": "UTC", "LC_ALL": "C", **environment}
        done = subprocess.run([PROGRAM, *words, *front], input=stdin, capture_output=True, text=True, env=env, timeout=60)
        assert "Sanitizer" not in done.stderr, done.stderr
        return Result(done)

    return run


@pytest.fixture
def core(tmp_path):
    running = FakeCore(tmp_path / "admin.sock")
    yield running
    running.finish()


@pytest.fixture
def ask(otpctl, core):
    """Runs a command while the core plays the script that was written for it."""

    def run(*words, **options):
        core.start()
        return otpctl(*words, "--socket", core.path, **options)

    return run
