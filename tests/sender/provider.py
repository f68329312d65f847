"""
Providers over TLS on loopback that a test plays. They are strict: what Meta would not like in a request is a complaint,
and a complaint fails the test. What they answer is up to the test: an answer is a function of (exchange).
"""

import json
import queue
import re
import socket
import ssl
import struct
import threading
import urllib.parse

NUMBER_ID = "106540352242922"
TEMPLATE = "login_code"
TOKEN = "EAAGcanaryTOKEN0123456789"
SMS_KEY = "canary-sms-key-$2y$10"
WAMID = "wamid.HBgMOTY2NTAxMjM0NTY3FQIAERgSQUJDREVGMDEyMzQ1Njc4OUFC"


class Exchange:
    """One request, and the connection on which to answer it."""

    def __init__(self, connection, number, method, path, headers, body):
        self.connection, self.number = connection, number
        self.method, self.path, self.headers, self.body = method, path, headers, body

    def send(self, data):
        self.connection.sendall(data if isinstance(data, bytes) else data.encode())

    def reply(self, status, body=b"", **headers):
        body = body if isinstance(body, bytes) else body.encode()
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def reply_json(self, status, value, **headers):
        self.reply(status, json.dumps(value), Content_Type="application/json", **headers)

    def meta_error(self, code, status=400, **more):
        self.reply_json(status, {"error": {"message": f"(#{code}) {self.body.decode()}", "type": "OAuthException",
                                           "code": code, "fbtrace_id": "Az8or2yhqkZfEZ-_4Qn_Bam", **more}})

    def accept(self):
        """What the provider of this path says when all is well."""
        if self.path.startswith("/sms"):
            self.reply_json(200, {"id": "sms-1", "status": "accepted"})
        elif self.method == "GET" and "message_history" in self.path:
            self.reply_json(200, {"data": []})
        elif self.method == "GET":
            self.reply_json(200, {"id": NUMBER_ID, "health_status": {"can_send_message": "AVAILABLE", "entities": []}})
        else:
            self.reply_json(200, {"messaging_product": "whatsapp", "messages": [{"id": WAMID}]})

    def asked_for(self):
        """The message whose history is asked for."""
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query, strict_parsing=True)
        return query["message_id"][0]

    def history(self, *events):
        """Meta's message_history of that message: ("SENT", 1700000000), … each with what else stands in it."""
        data = [{"id": str(i), "delivery_status": event[0], "timestamp": event[1], **(event[2:] or [{}])[0]}
                for i, event in enumerate(events)]
        self.reply_json(200, {"data": [{"id": "1", "message_id": self.asked_for(), "events": {"data": data}}]})

    def reset(self):
        raw = self.connection
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if isinstance(raw, ssl.SSLSocket):
            raw = socket.socket(fileno=raw.detach())  # no TLS goodbye
        raw.close()


HISTORY = "fields=id,message_id,events%7Bdelivery_status,timestamp,error_description%7D&message_id="
QUESTIONS = [f"/v25.0/{NUMBER_ID}{rest}" for rest in (
    r"\?fields=id", r"\?fields=id,health_status", rf"/message_history\?{HISTORY}wamid\.[A-Za-z0-9%._~-]+")]


def complaints_about(exchange):
    """What Meta's Cloud API would not accept."""
    if exchange.method == "GET":
        if exchange.body or "content-type" in exchange.headers:
            yield "a GET with a body"
        if not any(re.fullmatch(question, exchange.path) for question in QUESTIONS):
            yield f"GET {exchange.path}"
        return
    message = json.loads(exchange.body)
    code = message["template"]["components"][0]["parameters"][0]["text"]
    number = message["to"]
    if not re.fullmatch(r"/v\d+\.\d+/\d+/messages", exchange.path) or exchange.method != "POST":
        yield f"{exchange.method} {exchange.path}"
    if exchange.headers.get("content-type") != "application/json":
        yield "content type"
    if exchange.headers.get("user-agent") != "pam_whatsapp_otp/1.0.0":
        yield "user agent"
    if "accept-encoding" in exchange.headers or "expect" in exchange.headers:
        yield "headers that ask for more"
    if not re.fullmatch(r"\d{7,15}", number) or not re.fullmatch(r"\d{4,15}", code):
        yield "number or code"
    parameters = [{"type": "text", "text": code}]
    if message != {
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": number, "type": "template",
        "template": {
            "name": TEMPLATE, "language": {"code": message["template"]["language"]["code"]},
            "components": [{"type": "body", "parameters": parameters},
                           {"type": "button", "sub_type": "url", "index": "0", "parameters": parameters}]},
        "biz_opaque_callback_data": message["biz_opaque_callback_data"],
    }:
        yield f"body {message}"


class Provider:
    def __init__(self, certificate=None, plain=False, alpn=None):
        self.answer = Exchange.accept
        self.requests = []  # exchanges, in the order of their arrival
        self.complaints = []
        self.connections = 0
        self.arrived = queue.Queue()
        self.context = None
        if not plain:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*map(str, certificate))
            self.context.set_alpn_protocols(alpn or ["http/1.1"])
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        scheme = "http" if plain else "https"
        self.url = f"{scheme}://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.settimeout(20)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            threading.Thread(target=self._serve, args=[connection, self.connections], daemon=True).start()

    def _serve(self, connection, number):
        try:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            self.converse(connection, number)
        except (OSError, ValueError):
            pass  # the sender has gone, or would not come; what matters is in self.requests
        finally:
            connection.close()

    def converse(self, connection, number):
        stream = connection.makefile("rb")
        while True:
            line = stream.readline().decode().split()
            if len(line) != 3:
                return
            headers = {}
            while (header := stream.readline().decode().strip()):
                name, value = header.split(":", 1)
                headers[name.lower()] = value.strip()
            body = stream.read(int(headers.get("content-length", 0)))
            self.take(Exchange(connection, number, line[0], line[1], headers, body))

    def take(self, exchange):
        self.requests.append(exchange)
        if exchange.path.startswith("/v"):
            if exchange.headers.get("authorization") != f"Bearer {TOKEN}":
                self.complaints.append("authorization")
            self.complaints += complaints_about(exchange)
        self.arrived.put(exchange)
        self.answer(exchange)

    def stop(self):
        self.listener.close()
