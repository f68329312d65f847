"""A simulator that a test starts, and the requests that a good client sends to it."""

import http.client
import json
import os
import pathlib
import re
import signal
import ssl
import subprocess
import time
import urllib.parse
import uuid

PROGRAM = pathlib.Path(os.environ.get("BUILDDIR", os.getcwd()), "whatsapp-otp-simulator").resolve()
NUMBER_ID = "106540352242922"
ACCOUNT_ID = "102290129340398"
TOKEN = "simulator-token"
MESSAGES = f"/v25.0/{NUMBER_ID}/messages"
PHONE = "+966512345634"


def run(*arguments):
    """A start that is meant to end by itself."""
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=10)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.text = response.read().decode()

    @property
    def json(self):
        return json.loads(self.text)

    @property
    def error(self):
        return self.json["error"]


class Simulator:
    """Runs until stop(). Speaks HTTPS with the certificate of --ca-out, unless it was started with --plain."""

    def __init__(self, folder, *arguments, listen="127.0.0.1:0"):
        self.ca = folder / "ca.pem"
        self.is_plain = "--plain" in arguments
        arguments = [str(argument) for argument in arguments]
        if not self.is_plain:
            arguments += ["--ca-out", str(self.ca)]
        self.process = subprocess.Popen([PROGRAM, "--listen", listen, *arguments], stdout=subprocess.PIPE, text=True)
        self.first_line = self.process.stdout.readline().rstrip("\n")
        self.url = self.first_line.removeprefix("listening on ")
        where = urllib.parse.urlsplit(self.url)
        self.host, self.port = where.hostname, where.port

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(timeout=10)
        self.process.stdout.close()
        return self.process.returncode

    def connect(self, host=None):
        if self.is_plain:
            return http.client.HTTPConnection(host or self.host, self.port, timeout=10)
        context = ssl.create_default_context(cafile=self.ca)
        return http.client.HTTPSConnection(host or self.host, self.port, timeout=10, context=context)

    def request(self, method, path, body=None, headers=None):
        connection = self.connect()
        try:
            connection.request(method, path, body, headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path):
        return self.request("GET", path)

    def messages(self, query=""):
        return self.get(f"/messages.json{query}").json

    def requests(self, endpoint):
        return self.get("/requests.json").json["endpoints"][endpoint]["requests"]

    def wait_for(self, condition, seconds=10):
        """Until condition(messages) is true, asking only when something has changed; the messages then."""
        end = time.monotonic() + seconds
        while True:
            messages = self.messages()
            if condition(messages):
                return messages
            assert time.monotonic() < end, messages
            change = max((message["change"] for message in messages), default=0)
            self.get(f"/messages.json?changed={change}&wait=1")

    def graph(self, method, path, body=None, token=TOKEN):
        """A call of the Graph API behind /v25.0/; body is sent as JSON."""
        headers = {"User-Agent": "pam_whatsapp_otp/1.0.0"} | ({"Authorization": f"Bearer {token}"} if token else {})
        if body is not None:
            headers["Content-Type"] = "application/json"
        return self.request(method, f"/v25.0/{path}", None if body is None else json.dumps(body), headers)

    def clear(self):
        self.request("DELETE", "/messages.json")
        self.request("DELETE", "/requests.json")

    def post(self, message=None, path=MESSAGES, method="POST", raw=None, **headers):
        """A message to the Graph API. A header that is None is left out; its name has _ where - belongs."""
        every = {"Authorization": "Bearer simulator-token", "Content-Type": "application/json",
                 "User-Agent": "pam_whatsapp_otp/1.0.0"}
        every |= {name.replace("_", "-"): value for name, value in headers.items()}
        body = raw if raw is not None else json.dumps(message or template_message())
        return self.request(method, path, body, {name: value for name, value in every.items() if value is not None})

    def sms(self, fields=None, key="simulator-key", content_type="application/x-www-form-urlencoded", raw=None):
        fields = fields or sms()
        body = raw if raw is not None else urllib.parse.urlencode(fields)
        if raw is None and content_type == "application/json":
            body = json.dumps(fields)
        headers = {"Content-Type": content_type} | ({"X-Key": key} if key else {})
        return self.request("POST", "/sms", body, headers)


def template_message(to=PHONE, code="482913", language="en_US", name="login_code"):
    parameters = [{"type": "text", "text": code}]
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": to.lstrip("+"),
        "type": "template",
        "template": {
            "name": name,
            "language": {"code": language},
            "components": [
                {"type": "body", "parameters": parameters},
                {"type": "button", "sub_type": "url", "index": "0", "parameters": parameters},
            ],
        },
        "biz_opaque_callback_data": uuid.uuid4().hex,
    }


def sms(to=PHONE, code="482913"):
    return {"to": to, "text": f"{code} is your code for web1 (sshd). It expires in 5 min.", "id": uuid.uuid4().hex}


def without(thing, path):
    """A deep copy without what is at path ("template.components.0.type")."""
    return changed(thing, path, None, remove=True)


def changed(thing, path, value, remove=False):
    """A deep copy with value at path."""
    copy = json.loads(json.dumps(thing))
    *way, last = [int(step) if step.isdigit() else step for step in re.split(r"\.", path)]
    place = copy
    for step in way:
        place = place[step]
    if remove:
        del place[last]
    else:
        place[last] = value
    return copy
