"""The protocol of wire/proto.h from the outside: a bare client of login.sock, and a sender that keeps what it is given."""

import select
import socket
import threading
import time

from machine import RUN


class Gone(Exception):
    """The core closed the connection, or is not there."""


def encode(op, **fields):
    lines = [f"op={op}"] + [f"{key}={value}" for key, value in fields.items() if value != ""]
    return ("\n".join(lines) + "\n").encode()


def decode(datagram):
    return dict(line.split("=", 1) for line in datagram.decode().splitlines())


class Connection:
    def __init__(self, name="login.sock"):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(10)
        try:
            self.socket.connect(f"{RUN}/{name}")
        except OSError as error:
            self.socket.close()
            raise Gone(str(error)) from error

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def is_gone(self):
        """The other end has closed; a datagram that waits does not count as that."""
        poll = select.poll()
        poll.register(self.socket, select.POLLIN | select.POLLRDHUP)
        return any(events & (select.POLLHUP | select.POLLRDHUP | select.POLLERR) for _, events in poll.poll(0))

    def send(self, op, **fields):
        try:
            self.socket.send(encode(op, **fields))
        except OSError as error:
            raise Gone(str(error)) from error

    def receive(self):
        try:
            datagram = self.socket.recv(4096)
        except ConnectionError as error:
            raise Gone(str(error)) from error
        if not datagram:
            raise Gone("end of file")
        return decode(datagram)

    def call(self, op, **fields):
        self.send(op, **fields)
        return self.receive()

    def begin(self, user, service="sshd", source="192.0.2.7"):
        """A login whose first factor was a public key. A connection: its challenge, and the core's answer."""
        answer = self.call("login-begin", user=user, service=service, rhost=source, first_factor="publickey")
        self.challenge = answer.get("challenge", "")
        return answer

    def answer(self, text):
        return self.call("login-answer", challenge=self.challenge, text=text)


class Post:
    """A sender without a network: it says "sent" to everything and keeps the codes by number. It comes back when the core
    does, as the real one."""

    def __init__(self):
        self.codes = {}
        self.delivered = []
        self.changed = threading.Condition()
        self.stopping = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stopping:
            try:
                with Connection("sender.sock") as core:
                    core.socket.settimeout(0.5)
                    self.serve(core)
            except Gone:
                time.sleep(0.005)

    def serve(self, core):
        while not self.stopping:
            try:
                message = core.receive()
            except socket.timeout:
                continue
            if message["op"] != "send":
                continue
            with self.changed:
                self.codes.setdefault(message["to"], []).append(message["code"])
                self.delivered.append(message)
                self.changed.notify_all()
            core.send("sent", id=message["id"], message_id="m-" + message["id"])

    def code(self, number, nth=1, seconds=10):
        """The nth code that was sent to a number."""
        with self.changed:
            found = self.changed.wait_for(lambda: len(self.codes.get(number, [])) >= nth, seconds)
            assert found, f"no code came for {number}"
            return self.codes[number][nth - 1]

    def stop(self):
        self.stopping = True
        self.thread.join()
