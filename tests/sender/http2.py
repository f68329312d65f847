"""A provider that speaks as much HTTP/2 (RFC 9113) as an answer needs; it reads bodies and no headers."""

import json
import threading

from provider import Provider

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS, PING = 0, 1, 4, 6
END_STREAM, END_HEADERS, ACK = 1, 4, 1
STATUS_200 = b"\x88"  # RFC 7541, appendix A


class Provider2(Provider):
    def __init__(self, certificate):
        self.bodies = []
        self.hold = 0  # answer only when so many requests are there, all at once
        self.waiting = []
        self.lock = threading.Lock()
        super().__init__(certificate, alpn=["h2"])

    def converse(self, connection, number):
        stream = connection.makefile("rb")
        assert stream.read(len(PREFACE)) == PREFACE
        send_frame(connection, SETTINGS, 0, 0)
        bodies = {}
        while (head := stream.read(9)):
            kind, flags, ident = head[3], head[4], int.from_bytes(head[5:], "big")
            payload = stream.read(int.from_bytes(head[:3], "big"))
            if kind in (SETTINGS, PING) and not flags & ACK:
                send_frame(connection, kind, ACK, 0, payload if kind == PING else b"")
            elif kind == DATA:
                bodies[ident] = bodies.get(ident, b"") + payload
                if flags & END_STREAM:
                    self.take_body(connection, ident, bodies.pop(ident))

    def take_body(self, connection, ident, body):
        with self.lock:
            self.bodies.append(json.loads(body))
            self.waiting.append((connection, ident))
            if len(self.waiting) < self.hold:
                return
            waiting, self.waiting = self.waiting, []
        for connection, ident in waiting:
            answer = json.dumps({"messages": [{"id": f"wamid.{ident}"}]}).encode()
            send_frame(connection, HEADERS, END_HEADERS, ident, STATUS_200)
            send_frame(connection, DATA, END_STREAM, ident, answer)


def send_frame(connection, kind, flags, ident, payload=b""):
    connection.sendall(len(payload).to_bytes(3, "big") + bytes([kind, flags]) + ident.to_bytes(4, "big") + payload)
