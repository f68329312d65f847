"""Where the bench runs: a temporary folder, and the programs of a build that live in it until it ends."""

import atexit
import contextlib
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

HOST = "127.0.0.1"
PATIENCE = 60


def progress(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def fail(text):
    progress(text)
    sys.exit(1)


class Bench:
    """A build, a temporary folder, and the processes that were started in it."""

    def __init__(self, build):
        self.build = build
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="whatsapp-otp-bench.", dir="/var/tmp"))
        self.processes = []
        atexit.register(self.close)

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def program(self, name):
        return str(self.build / name)

    def write(self, name, text, mode=0o600):
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def call(self, *argv):
        """Runs one of our programs to its end: the JSON lines that it prints."""
        process = subprocess.Popen([str(word) for word in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.processes.append(process)
        output, _ = process.communicate(timeout=300)
        if process.returncode != 0:
            fail(f"{os.path.basename(argv[0])} ended with {process.returncode}\n{self.logs()}")
        return [json.loads(line) for line in output.splitlines()]

    def converse(self, program, *words):
        """Starts one of our programs with pipes to talk to it."""
        process = subprocess.Popen([self.program(program), *(str(word) for word in words)], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
        self.processes.append(process)
        return process

    def start(self, name, argv, environment=None):
        with open(self.folder / f"{name}.log", "a") as log:
            process = subprocess.Popen([str(word) for word in argv], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", **(environment or {})})
        self.processes.append(process)
        return process

    def start_notifying(self, name, argv):
        """A daemon that says READY=1 (sd_notify). Its process, and the milliseconds that it took."""
        path = self.folder / "notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(str(path))
            notify.settimeout(0.1)
            began = time.monotonic()
            process = self.start(name, argv, {"NOTIFY_SOCKET": str(path)})
            while process.poll() is None and time.monotonic() < began + PATIENCE:
                with contextlib.suppress(TimeoutError):
                    if b"READY=1" in notify.recv(4096).split(b"\n"):
                        ready = time.monotonic()
                        path.unlink()
                        return process, (ready - began) * 1000
        fail(f"{name} did not start\n{self.logs()}")

    def stop(self, process):
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            progress("a process did not stop in 30 s, it is killed")
            process.kill()
            process.wait()

    def logs(self):
        return "".join(f"--- {log.name}\n{''.join(log.read_text(errors='replace').splitlines(True)[-5:])}"
                       for log in sorted(self.folder.glob("*.log")))


def rss_mib(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


LIMITS = """limits {
  per_user = {"1000000/1s"} per_number = {"1000000/1s"} per_source = {"1000000/1s"} per_caller = {"1000000/1s"}
  global = {"1000000/1s"} resend_cooldown = {1} sends_since_success = 100
}
"""
NOTHING_SENT = 'channel "whatsapp" { driver = file path = "%s/messages" }\n'


class Core:
    """A whatsapp-otpd of its own folder, with so many people enrolled; hears receipts if a Webhook is given."""

    def __init__(self, bench, name, people, channel=None, webhook=None):
        self.bench, self.name, self.people, self.webhook = bench, name, people, webhook
        self.folder = bench.folder / name
        self.folder.mkdir(mode=0o700)
        (self.folder / "state").mkdir(mode=0o700)
        self.login, self.sender, self.admin = (self.folder / f"{socket}.sock" for socket in ("login", "sender", "admin"))
        self.key = bench.write(f"{name}/master.key", secrets.token_hex(32) + "\n", 0o400)
        self.config = bench.write(f"{name}/whatsapp-otp.conf", self.configuration(channel or NOTHING_SENT % self.folder), 0o644)
        self.process = None
        if people:
            progress(f"enrolling {people:,} people")
            bench.call(bench.program("tests/bench/populate"), self.folder / "state", f"file:{self.key}", people)

    def configuration(self, channel):
        channels = ", ".join(f'"{name}"' for name in re.findall(r'^channel "(.*?)"', channel, re.MULTILINE))
        return (f'core {{ state_dir = "{self.folder}/state" master_key = "file:{self.key}" hostname = "bench"\n'
                f'  login_socket = "{self.login}" admin_socket = "{self.admin}"\n'
                f'  sender_socket = "{self.sender}" sender_user = "root"\n'
                f'  webhook_socket = "{self.folder}/webhook.sock" webhook_user = "root" }}\n'
                f'{LIMITS}{channel}{self.webhook.section() if self.webhook else ""}'
                f'route "default" {{ channels = {{{channels}}} fallback_after = 300 }}\n'
                'policy "default" { unenrolled = deny }\n')

    def start(self):
        self.process, ready = self.bench.start_notifying(
            self.name, [self.bench.program("whatsapp-otpd"), "--config", self.config])
        return ready

    def stop(self):
        self.bench.stop(self.process)

    @contextlib.contextmanager
    def running(self):
        self.start()
        yield self
        self.stop()

    def rss_mib(self):
        return rss_mib(self.process)

    def module(self):
        return f"{self.bench.build}/.libs/pam_whatsapp_otp.so socket={self.login}"

    def who(self):
        return f"{self.people}@{self.sender}"


class Webhook:
    """A whatsapp-otp-webhook on a loopback port, which hears Meta and YCloud for a core."""

    def __init__(self, bench, name):
        self.bench, self.name, self.process = bench, name, None
        self.app_secret = bench.write(f"{name}.app-secret", secrets.token_hex(16) + "\n", 0o400)
        self.verify_token = bench.write(f"{name}.verify-token", secrets.token_hex(16) + "\n", 0o400)
        self.ycloud_secret = bench.write(f"{name}.ycloud-secret", secrets.token_hex(16) + "\n", 0o400)
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self.port = probe.getsockname()[1]

    def section(self):
        return (f'webhook {{ listen = "{HOST}:{self.port}" public_url = "https://bench.example"\n'
                f'  path_meta = "/meta" app_secret = "file:{self.app_secret}" verify_token = "file:{self.verify_token}"\n'
                f'  path_ycloud = "/ycloud" ycloud_secret = "file:{self.ycloud_secret}" }}\n')

    def url(self, provider):
        return f"{provider}=http://{HOST}:{self.port}/{provider}"

    @contextlib.contextmanager
    def running(self, core):
        self.process, _ = self.bench.start_notifying(self.name, [self.bench.program("whatsapp-otp-webhook"), "--config", core.config])
        self.wait_for_core()
        yield self
        self.bench.stop(self.process)

    def wait_for_core(self):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://{HOST}:{self.port}/healthz", timeout=5):
                return
            time.sleep(0.01)
        fail(f"the webhook did not reach the core\n{self.bench.logs()}")


class Stacks:
    """A pam.d folder. Each stack is a service with the people who log in by it, as tests/bench/logins takes it."""

    def __init__(self, bench, name):
        self.bench = bench
        self.folder = bench.folder / name
        self.folder.mkdir()
        (self.folder / "other").write_text("auth required pam_deny.so\n")
        self.words = []

    def add(self, service, module, who):
        (self.folder / service).write_text(f"auth required {module}\n")
        self.words.append(f"{service}={who}")

    def run(self, how, *numbers):
        lines = self.bench.call(self.bench.program("tests/bench/logins"), how, self.folder, *numbers, *self.words)
        return {line["stack"]: line for line in lines}


class Provider:
    """A whatsapp-otp-simulator, and the sections of channels that send to it."""

    def __init__(self, bench, name, *options):
        self.bench, self.name = bench, name
        self.ca = bench.folder / f"{name}.pem"
        self.token = bench.write(f"{name}.token", "simulator-token\n", 0o400)
        self.process = bench.start(name, [bench.program("whatsapp-otp-simulator"), "--listen", f"{HOST}:0", "--ca-out", self.ca,
                                            *options])
        self.port = self.wait_for_port()

    def wait_for_port(self):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            for line in (self.bench.folder / f"{self.name}.log").read_text().splitlines():
                if line.startswith("listening on "):
                    return int(line.rsplit(":", 1)[1].rstrip("/"))
            time.sleep(0.01)
        fail(f"the simulator did not start\n{self.bench.logs()}")

    def channel(self, port, receipts="none"):
        return ('channel "whatsapp" { driver = whatsapp_cloud phone_number_id = "106540352242922" api_version = "v25.0" '
                f'token = "file:{self.token}" template = "login_code" language = "en_US" receipts = {receipts} '
                f'base_url = "https://{HOST}:{port}" ca_file = "{self.ca}" }}\n')

    def sms_channel(self):
        return (f'channel "sms" {{ driver = ycloud kind = sms token = "file:{self.token}" receipts = webhook '
                f'base_url = "https://{HOST}:{self.port}/v2" ca_file = "{self.ca}" }}\n')

    def url(self):
        return f"https://{HOST}:{self.port}/v25.0/106540352242922/messages"
