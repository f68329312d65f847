"""A core that a test plays by hand: it listens on sender.sock, gives orders and hears the answers."""

import collections
import os
import queue
import socket
import threading

WAIT = 10  # seconds; a test that works never waits that long

# whatsapp-otp-protocol(7): the keys of what the sender says, and how many bytes a value may have.
FAULT = {"failure": 20, "alarm": 20, "breaker": 20, "often": 5, "breaker_seconds": 20, "code": 63, "detail": 255}
ANSWERS = {
    "sent": {"id": 55, "message_id": 255},
    "failed": {"id": 55, **FAULT},
    "receipt": {"provider": 63, "id": 55, "message_id": 255, "state": 20, "at": 20, **FAULT},
    "linked": {"nonce": 55, "address": 255},
    "health": {"name": 63, "state": 63, "detail": 255},
}
FAILURES = {"undeliverable", "transient", "config", "unknown-outcome", "identity"}
STATES = {"accepted", "sent", "delivered", "read", "failed"}


def parse(datagram):
    assert len(datagram) <= 4096
    text = datagram.decode("utf-8")
    assert text.endswith("\n")
    pairs = [line.split("=", 1) for line in text[:-1].split("\n")]
    assert pairs[0][0] == "op" and pairs[0][1] in ANSWERS
    message = {"op": pairs[0][1]}
    for key, value in pairs[1:]:
        assert key in ANSWERS[message["op"]] and key not in message
        assert len(value.encode()) <= ANSWERS[message["op"]][key]
        message[key] = value
    assert message["op"] != "failed" or message["failure"] in FAILURES
    assert message["op"] != "receipt" or message["state"] in STATES
    return message


class Core:
    def __init__(self, path):
        self.path = path
        self.connections = queue.Queue()
        self.health = queue.Queue()
        self.answers = queue.Queue()
        self.receipts = queue.Queue()
        self.count = collections.Counter()  # answers by id
        self.problems = []
        self.connection = None
        self.listen()

    def listen(self):
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(str(self.path))
        self.listener.listen(4)
        threading.Thread(target=self._accept, args=[self.listener], daemon=True).start()

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._hear, args=[connection], daemon=True).start()
            self.connections.put(connection)

    def _hear(self, connection):
        while True:
            try:
                datagram = connection.recv(65536)
            except OSError:
                return
            if not datagram:
                return
            try:
                message = parse(datagram)
            except Exception as problem:  # the thread has nobody to tell; the test's end looks here
                self.problems.append((datagram, problem))
                continue
            if message["op"] == "health":
                self.health.put(message)
            elif message["op"] == "receipt":
                self.receipts.put(message)
            else:
                self.count[message["id"]] += 1
                self.answers.put(message)

    def wait_connected(self):
        self.connection = self.connections.get(timeout=WAIT)

    def say(self, op, **fields):
        lines = [f"op={op}"] + [f"{key}={value}" for key, value in fields.items()]
        self.connection.send(("\n".join(lines) + "\n").encode())

    def answer(self, timeout=WAIT):
        return self.answers.get(timeout=timeout)

    def receipt(self, timeout=WAIT):
        return self.receipts.get(timeout=timeout)

    def health_of(self, name):
        while True:
            message = self.health.get(timeout=WAIT)
            if message["name"] == name:
                return message

    def drop(self):
        """The core goes away; listen() brings it back."""
        self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()
        self.stop()

    def stop(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        if os.path.exists(self.path):
            os.unlink(self.path)
