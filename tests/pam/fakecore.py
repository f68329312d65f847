"""A core that a test plays by hand. It is strict: what the protocol does not allow, it refuses to read."""

import os
import socket

WAIT = 10  # seconds; a test that works never waits that long

# whatsapp-otp-protocol(7): the keys of each request of the module, and how many bytes a value may have.
REQUESTS = {
    "login-begin": {
        "user": 255, "service": 63, "tty": 63, "ruser": 255, "rhost": 255, "lang": 15,
        "first_factor": 9, "key_fingerprint": 79, "policy": 63, "nullok": 3, "blind": 3,
    },
    "login-answer": {"challenge": 39, "text": 64},
}
REQUIRED = {"login-begin": {"user", "service"}, "login-answer": {"challenge"}}


def parse(datagram):
    """A request as a dictionary. Fails the test at anything that whatsapp-otp-protocol(7) does not have."""
    assert len(datagram) <= 4096
    text = datagram.decode("utf-8")
    assert text.endswith("\n")
    pairs = [line.split("=", 1) for line in text[:-1].split("\n")]
    assert pairs[0][0] == "op" and pairs[0][1] in REQUESTS
    op = pairs[0][1]
    message = {"op": op}
    for key, value in pairs[1:]:
        assert key in REQUESTS[op] and key not in message
        assert len(value.encode()) <= REQUESTS[op][key]
        assert all(c >= " " and c != "\x7f" for c in value)
        message[key] = value
    assert REQUIRED[op] <= set(message)
    return message


class Connection:
    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(WAIT)

    def receive(self):
        datagram = self.sock.recv(65536)
        return parse(datagram) if datagram else None

    def say(self, datagram):
        self.sock.send(datagram if isinstance(datagram, bytes) else datagram.encode())

    def ask(self, challenge, prompt):
        prompt = prompt.replace("\\", "\\\\").replace("\n", "\\n")
        self.say(f"op=ask\nchallenge={challenge}\nprompt={prompt}\n")

    def done(self, result, reason=""):
        self.say(f"op=done\nresult={result}\n" + (f"reason={reason}\n" if reason else ""))

    def close(self):
        self.sock.close()


class Core:
    """Listens at path, as the user uid if one is given."""

    def __init__(self, path, uid=None):
        self.path = str(path)
        self.uid = uid
        self.connections = []
        self.listener = None
        self.start()

    def start(self):
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.settimeout(WAIT)
        self.listener.bind(self.path)
        os.chmod(self.path, 0o666)
        self._listen()

    def _listen(self):
        # The kernel notes the credentials of whoever calls listen(2).
        if self.uid is None:
            self.listener.listen()
            return
        child = os.fork()
        if child == 0:
            try:
                os.setuid(self.uid)
                self.listener.listen()
            finally:
                os._exit(0)
        os.waitpid(child, 0)

    def accept(self):
        sock, _ = self.listener.accept()
        self.connections.append(Connection(sock))
        return self.connections[-1]

    def begin(self):
        """Accepts and reads a login-begin."""
        connection = self.accept()
        message = connection.receive()
        assert message["op"] == "login-begin"
        return connection, message

    def nobody_called(self):
        self.listener.setblocking(False)
        try:
            self.listener.accept()
        except BlockingIOError:
            return True
        finally:
            self.listener.settimeout(WAIT)
        return False

    def stop(self, leave_socket=False):
        for connection in self.connections:
            connection.close()
        self.connections = []
        if self.listener:
            self.listener.close()
            self.listener = None
        if not leave_socket and os.path.exists(self.path):
            os.unlink(self.path)
