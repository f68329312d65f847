"""A core that a test plays by hand: it listens on webhook.sock and hears what the webhook says, strictly."""

import os
import queue
import socket
import threading

WAIT = 10  # seconds; a test that works never waits that long

# whatsapp-otp-protocol(7): the keys of what the webhook says, and how many bytes a value may have.
FAULT = {"failure": 20, "alarm": 5, "breaker": 9, "often": 3, "breaker_seconds": 20, "code": 63, "detail": 255}
WORDS = {
    "receipt": {"provider": 63, "id": 55, "message_id": 255, "state": 9, "at": 20, **FAULT},
    "signal": {"provider": 63, "kind": 14, "message_id": 255, "phone": 16, "subject": 255, "lang": 15, "event": 63,
               "detail": 255, "alarm": 5, "healthy": 3, "stops": 3, "at": 20},
}
STATES = {"accepted", "sent", "delivered", "read", "failed"}
KINDS = {"not-requested", "number-changed", "identity", "template", "account"}


def parse(datagram):
    assert len(datagram) <= 4096
    text = datagram.decode("utf-8")
    assert text.endswith("\n")
    pairs = [line.split("=", 1) for line in text[:-1].split("\n")]
    assert pairs[0][0] == "op" and pairs[0][1] in WORDS
    message = {"op": pairs[0][1]}
    for key, value in pairs[1:]:
        assert key in WORDS[message["op"]] and key not in message
        assert 0 < len(value.encode()) <= WORDS[message["op"]][key]
        message[key] = value
    assert message["provider"]
    if message["op"] == "receipt":
        assert message["state"] in STATES and (message.get("id") or message.get("message_id"))
        assert message["state"] != "failed" or message["detail"]
    else:
        assert message["kind"] in KINDS and message["event"] and message["detail"]
    return message


class Core:
    def __init__(self, path, deaf=False):
        self.path = path
        self.connections = queue.Queue()
        self.messages = queue.Queue()
        self.problems = []
        self.connection = None
        self.deaf = deaf  # takes connections and reads nothing
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
            self.connections.put(connection)
            if not self.deaf:
                self._hear_in_background(connection)

    def _hear_in_background(self, connection):
        threading.Thread(target=self._hear, args=[connection], daemon=True).start()

    def _hear(self, connection):
        while True:
            try:
                datagram = connection.recv(65536)
            except OSError:
                return
            if not datagram:
                return
            try:
                self.messages.put(parse(datagram))
            except Exception as problem:  # the thread has nobody to tell; the test's end looks here
                self.problems.append((datagram, problem))

    def wait_connected(self):
        self.connection = self.connections.get(timeout=WAIT)

    def wake_up(self):
        """A deaf core begins to read."""
        self.deaf = False
        self._hear_in_background(self.connection)

    def hear(self, timeout=WAIT):
        return self.messages.get(timeout=timeout)

    def hear_all(self, count):
        return [self.hear() for _ in range(count)]

    def heard_nothing(self):
        """Nothing more: what was sent before a question that is answered has arrived."""
        return self.messages.empty()

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
