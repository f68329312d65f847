"""People at a prompt: ssh by SSH_ASKPASS (which receives the exact prompt) or on a terminal, sudo and su on a terminal."""

import contextlib
import os
import socket
import subprocess
import threading

import pexpect

from machine import Program, write_file

ASKPASS = "/usr/local/bin/bed-askpass"
SSH_OPTIONS = ["-F", "/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
               "-o", "LogLevel=ERROR", "-o", "IdentitiesOnly=yes", "-o", "ConnectTimeout=10"]

ASKPASS_TEXT = """#!/usr/bin/python3 -SEs
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(os.environ["BED_ASKPASS"])
s.sendall(sys.argv[1].encode("utf-8", "surrogateescape") + b"\\0")
answer = s.makefile("rb").read()
if not answer.endswith(b"\\0"):
    sys.exit(1)
sys.stdout.buffer.write(answer[:-1] + b"\\n")
"""


class Answers:
    """Answers prompts with a list of words and of functions of the prompt; keeps the prompts. When the list is used up the
    askpass program fails, as when somebody closes its window."""

    def __init__(self, answers):
        self.left = list(answers)
        self.prompts = []
        self.path = f"/tmp/askpass-{os.getpid()}-{id(self)}"
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        os.chmod(self.path, 0o777)
        self.socket.listen(16)
        self.errors = []
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection, contextlib.suppress(ConnectionError):
                self.answer(connection)

    def answer(self, connection):
        prompt = b""
        while not prompt.endswith(b"\0"):
            prompt += connection.recv(4096)
        self.prompts.append(prompt[:-1].decode(errors="replace"))
        if not self.left:
            return
        answer = self.left.pop(0)
        try:
            text = answer(self.prompts[-1]) if callable(answer) else answer
        except AssertionError as error:
            self.errors.append(error)
            return
        connection.sendall(text.encode() + b"\0")

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        os.unlink(self.path)
        if self.errors:
            raise self.errors[0]

    def environment(self):
        return {"SSH_ASKPASS": ASKPASS, "SSH_ASKPASS_REQUIRE": "force", "SUDO_ASKPASS": ASKPASS, "DISPLAY": ":0",
                "BED_ASKPASS": self.path}


class Result:
    def __init__(self, status, output, prompts):
        self.status, self.output, self.prompts = status, output, prompts
        self.allowed = status == 0 and "welcome" in output
        self.asked = [prompt for prompt in prompts if "[web" in prompt]  # by us, not by the host or the client

    def __repr__(self):
        return f"<status {self.status}, prompts {self.prompts}, output {self.output!r}>"


def environment(**more):
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8", "TERM": "dumb", **more}


class Sshd(Program):
    """The distribution's own sshd on 127.0.0.1, with a config of ours."""

    def __init__(self, port=22, name="sshd", **options):
        self.port = port
        settings = {
            "Port": port, "ListenAddress": "127.0.0.1", "HostKey": "/etc/ssh/ssh_host_ed25519_key", "UsePAM": "yes",
            "PidFile": "none", "PubkeyAuthentication": "yes", "PasswordAuthentication": "no",
            "KbdInteractiveAuthentication": "yes", "AuthenticationMethods": "publickey,keyboard-interactive:pam",
            "MaxStartups": "500", "UseDNS": "no", "PrintMotd": "no", "LogLevel": "VERBOSE", **options}
        path = f"/etc/ssh/{name}_config.bed"
        write_file(path, "".join(f"{key} {value}\n" for key, value in settings.items() if value is not None))
        os.makedirs("/run/sshd", exist_ok=True)
        super().__init__(name, ["/usr/sbin/sshd", "-D", "-e", "-f", path], ready=self.listens)

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def ssh_command(user, *options, port=22, key=None, command="echo welcome"):
    identity = ["-i", f"/home/{key or user}/.ssh/id_ed25519"] if key is not False else ["-o", "PubkeyAuthentication=no"]
    return ["ssh", *SSH_OPTIONS, "-p", str(port), *identity, *options, f"{user}@127.0.0.1", command]


def ssh(user, answers=(), *options, timeout=60, **where):
    """One ssh client, all its prompts answered in turn."""
    asked = Answers(answers)
    try:
        done = subprocess.run(ssh_command(user, *options, **where), env=environment(**asked.environment()), text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              start_new_session=True, timeout=timeout)
    finally:
        asked.close()
    return Result(done.returncode, done.stdout, asked.prompts)


def without_terminal(argv, timeout=60, **options):
    """A program that finds neither a terminal nor an askpass program, as under cron."""
    options.setdefault("stdin", subprocess.DEVNULL)
    if "input" in options:
        del options["stdin"]
    done = subprocess.run(argv, env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          start_new_session=True, timeout=timeout, **options)
    return Result(done.returncode, done.stdout, [])


class Terminal:
    """A person on a terminal of their own."""

    def __init__(self, argv, user=None, timeout=20):
        if user:
            argv = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--", *argv]
        self.child = pexpect.spawn(argv[0], argv[1:], env=environment(), encoding="utf-8", timeout=timeout, echo=False)
        self.seen = ""

    def prompt(self):
        """The next prompt: the last line that ends with a colon and waits."""
        self.child.expect(r"[^\r\n]*: $")
        self.seen += self.child.before + self.child.after
        return self.child.after

    def type(self, text):
        self.child.sendline(text)
        return self

    def answer(self, *answers):
        for answer in answers:
            prompt = self.prompt()
            self.type(answer(prompt) if callable(answer) else answer)
        return self

    def end(self):
        self.child.expect(pexpect.EOF)
        self.seen += self.child.before
        self.child.close()
        return Result(self.child.exitstatus, self.seen, [])

    def vanish(self):
        """The window is closed in the middle of everything."""
        self.child.close(force=True)


def install_askpass():
    write_file(ASKPASS, ASKPASS_TEXT, 0o755)


def stack(service, *auth):
    """/etc/pam.d/SERVICE with these lines of auth; account and session are the distribution's."""
    write_file(f"/etc/pam.d/{service}", "".join(f"auth {line}\n" for line in auth)
               + "@include common-account\n@include common-session-noninteractive\n")


@contextlib.contextmanager
def stacked(service, *auth):
    """The same, for as long as a test needs it."""
    with open(f"/etc/pam.d/{service}") as file:
        original = file.read()
    stack(service, *auth)
    try:
        yield
    finally:
        write_file(f"/etc/pam.d/{service}", original)


@contextlib.contextmanager
def another_sshd(port, **options):
    """A second sshd beside the fixture's."""
    listener = Sshd(port=port, name=f"sshd-{port}", **options).start()
    try:
        yield listener
    finally:
        listener.stop()


def gone(pid):
    return not os.path.exists(f"/proc/{pid}")

