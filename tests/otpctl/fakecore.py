"""A core that speaks the admin protocol of wire/proto.h by a script, and refuses whatever the protocol does not allow."""

import os
import re
import socket
import threading

ANY = object()

# op: keys it must have, keys it may have.
REQUESTS = {
    "enroll": ({"user", "phone"}, {"channel", "lang", "consent", "no_verify"}),
    "enroll-answer": ({"challenge"}, {"text"}),
    "list": (set(), {"reveal"}),
    "show": ({"user"}, {"channel", "reveal"}),
    "set": ({"user"}, {"channel", "lang"}),
    "suspend": ({"user"}, {"channel", "reveal"}),
    "resume": ({"user"}, {"channel", "reveal"}),
    "unlock": ({"user"}, {"channel", "reveal"}),
    "remove": ({"user"}, {"channel", "reveal"}),
    "test": ({"user"}, {"channel", "reveal"}),
    "challenges": (set(), {"reveal"}),
    "deliveries": ({"challenge"}, set()),
    "health": (set(), {"name", "state", "detail"}),
    "verify": ({"user"}, {"channel", "reveal"}),
    "address": ({"user", "kind"}, {"value"}),
    "link-begin": ({"user", "channel"}, set()),
    "alarms": (set(), {"reveal"}),
    "alarms-ack": (set(), {"kind"}),
    "breakers": (set(), {"reveal"}),
    "breaker-close": (set(), {"channel"}),
    "stats": (set(), {"since", "by"}),
    "route-explain": ({"user"}, {"service"}),
}

# What a value must look like, beside being there.
VALUES = {
    ("address", "kind"): r"email|telegram",
    ("stats", "since"): r"0|[1-9][0-9]*",
    ("stats", "by"): r"channel|country|provider|hour",
}


def encode(op, **fields):
    """A prompt's newlines travel as backslash and n."""
    lines = [f"op={op}"] + [f"{key}={value}" for key, value in fields.items()]
    return "".join(line.replace("\\", "\\\\").replace("\n", "\\n") + "\n" for line in lines).encode()


def decode(datagram):
    """The request, or an assertion that says what is wrong with it."""
    assert 0 < len(datagram) <= 4096, f"a datagram of {len(datagram)} bytes"
    text = datagram.decode()
    assert text.endswith("\n"), f"the last line does not end: {text!r}"
    pairs = [line.split("=", 1) for line in text[:-1].split("\n")]
    assert all(len(pair) == 2 for pair in pairs), f"a line without '=': {text!r}"
    assert pairs[0][0] == "op", f"the first line is not op=: {text!r}"
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), f"a repeated key: {text!r}"
    fields = dict(pairs)
    op = fields.pop("op")
    assert op in REQUESTS, f"no request of admin.sock: {op}"
    must, may = REQUESTS[op]
    assert must <= set(fields), f"{op}: {must - set(fields)} is missing"
    assert set(fields) <= must | may, f"{op}: unknown {set(fields) - must - may}"
    assert all(fields.values()), f"{op}: an empty value travels: {text!r}"
    for key, value in fields.items():
        assert re.fullmatch(VALUES.get((op, key), ".*"), value), f"{op}: {key} must not be {value!r}"
    return op, fields


class FakeCore:
    """
    Plays a script: gets(op, …) waits for exactly this request, sends(op, …) answers, closes() hangs up. The script goes on
    over connections. play() ends it: every step must have happened.
    """

    def __init__(self, path):
        self.path = str(path)
        self.steps = []
        self.problem = None
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(self.path)
        os.chmod(self.path, 0o660)
        self.listener.listen()
        self.thread = None

    def gets(self, op, **fields):
        self.steps.append(("get", op, fields))
        return self

    def sends(self, op, **fields):
        self.steps.append(("send", op, fields))
        return self

    def closes(self):
        self.steps.append(("close", None, None))
        return self

    def raw(self, datagram):
        self.steps.append(("raw", datagram, None))
        return self

    def start(self):
        self.listener.settimeout(10)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        return self

    def run(self):
        try:
            while self.steps:
                connection, _ = self.listener.accept()
                with connection:
                    connection.settimeout(10)
                    self.serve(connection)
        except Exception as problem:  # told to the test by finish()
            self.problem = problem

    def serve(self, connection):
        while self.steps:
            kind, what, fields = self.steps[0]
            if kind == "get":
                datagram = connection.recv(65536)
                if not datagram:
                    return
                self.check(decode(datagram), what, fields)
            elif kind == "send":
                connection.send(encode(what, **fields))
            elif kind == "raw":
                connection.send(what)
            self.steps.pop(0)
            if kind == "close":
                return
        connection.recv(1)  # the client hangs up first

    @staticmethod
    def check(request, op, fields):
        assert request[0] == op, f"{request[0]} came, {op} was expected"
        wanted = {key: request[1].get(key) if value is ANY else str(value) for key, value in fields.items()}
        assert request[1] == wanted, f"{op} came with {request[1]}"

    def finish(self):
        if self.thread:
            self.thread.join(15)
        self.listener.close()
        if self.problem:
            raise self.problem
        assert not self.steps, f"never happened: {self.steps}"
