"""The real webhook, as a child, with a configuration in a folder of its own; and providers that post to it."""

import base64
import collections
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

from fakecore import WAIT

BUILD = pathlib.Path(os.environ.get("BUILDDIR", os.getcwd()))
PROGRAM = BUILD / "whatsapp-otp-webhook"
BODIES = pathlib.Path(__file__).parent / "bodies"
SAMPLES = pathlib.Path(os.environ.get("WEBHOOK_SAMPLES", pathlib.Path(__file__).parents[2] / "../shared/webhooks"))

APP_SECRET = "test-app-secret-0123456789abcdef"
VERIFY_TOKEN = "the-token-that-we-chose"
SECRETS = {"app.secret": APP_SECRET, "verify.token": VERIFY_TOKEN, "ycloud.secret": "whsec_test_0123456789",
           "twilio.secret": "test-auth-token-0123456789", "vonage.secret": "vonage-signature-secret-0123",
           "infobip.secret": "infobip-password-0123", "unifonic.secret": "unifonic-secret-word-0123",
           "telegram.secret": "AAAAtesttoken0000", "generic.secret": "generic-secret-word-0123"}
SANITIZED = PROGRAM.exists() and b"__asan_init" in PROGRAM.read_bytes()  # such a program keeps what it frees
PUBLIC_URL = "https://otp.example.test"
NUMBER_ID = "200100100100100"
PHONE = "15550101234"
CANARIES = [*SECRETS.values(), PHONE, "wamid."]
Reply = collections.namedtuple("Reply", "status body headers seconds")


def until(condition, what):
    deadline = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.005)


def free_port(host="127.0.0.1"):
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def hub_signature(body, secret=APP_SECRET):
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def statuses(count, first=0, state="delivered", **more):
    """A post of Meta's about so many messages."""
    one = [{"id": f"wamid.{number:032d}", "status": state, "timestamp": "1800000000", "recipient_id": PHONE, **more}
           for number in range(first, first + count)]
    value = {"messaging_product": "whatsapp", "statuses": one,
             "metadata": {"display_phone_number": "15550109999", "phone_number_id": NUMBER_ID}}
    return json.dumps({"object": "whatsapp_business_account", "entry": [
        {"id": "300100200300400", "changes": [{"field": "messages", "value": value}]}]}).encode()


class Webhook:
    def __init__(self, folder):
        self.folder = folder
        self.config = folder / "whatsapp-otp.conf"
        self.log_path = folder / "webhook.log"
        self.child = None
        self.port = free_port()
        for name, secret in SECRETS.items():
            self.write_secret(name, secret)

    def write_secret(self, name, text):
        path = self.folder / name
        path.unlink(missing_ok=True)
        path.write_text(text + "\n")
        path.chmod(0o400)

    def configure(self, *more, listen=None, paths=None, meta_numbers=(NUMBER_ID, "106540352242922", "1122334455667"),
                  **options):
        sockets = {"state_dir": self.folder, "webhook_socket": self.folder / "webhook.sock"}
        core = "".join(f'  {key} = "{value}"\n' for key, value in sockets.items())
        options = {"listen": f"127.0.0.1:{self.port}" if listen is None else listen, "path_meta": "/hook/meta",
                   "app_secret": f"file:{self.folder}/app.secret", "verify_token": f"file:{self.folder}/verify.token",
                   "public_url": PUBLIC_URL, **options}
        for name in paths or ():
            options |= {f"path_{name}": f"/hook/{name}", f"{name}_secret": f"file:{self.folder}/{name}.secret"}
        hook = "".join(f"  {key} = {value}\n" if isinstance(value, int) else f'  {key} = "{value}"\n'
                       for key, value in options.items())
        channels = "".join(
            f'channel "meta{place}" {{ driver=whatsapp_cloud phone_number_id="{number}" api_version="v25.0" '
            f'template="{template}" token="file:/none" language="en_US" }}\n'
            for place, (number, template) in enumerate(zip(meta_numbers, ("login_code", "verification_code", "x"))))
        self.config.write_text(f"core {{\n{core}}}\nwebhook {{\n{hook}}}\n{channels}" + "\n".join(more))
        self.config.chmod(0o600)
        return self

    def start(self, wait=True, **environment):
        count = 1 + self.log().count("ready\n")
        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen([PROGRAM, "--config", self.config, "--debug"], stderr=log,
                                          env={**os.environ, **environment})
        if wait:
            until(lambda: self.log().count("ready\n") >= count or self.child.poll() is not None, "it is ready")
            assert self.child.poll() is None, self.log()
        return self

    def refuses_to_start(self):
        """What it says about why."""
        self.start(wait=False)
        assert self.child.wait(WAIT) == 1
        return self.log()

    def log(self):
        return self.log_path.read_text() if self.log_path.exists() else ""

    def reload(self):
        lines = self.log().count("reload")
        self.child.send_signal(signal.SIGHUP)
        until(lambda: self.log().count("reload") > lines, "the webhook says how the reload went")

    def kill(self):
        self.child.kill()
        self.child.wait(WAIT)

    def memory(self):
        """Resident, in bytes."""
        pages = pathlib.Path(f"/proc/{self.child.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    # A provider.

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=WAIT)

    def request(self, method, path, body=None, headers=None):
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT)
        begun = time.monotonic()
        line.request(method, path, body, headers or {})
        answer = line.getresponse()
        reply = Reply(answer.status, answer.read().decode(), answer.headers, time.monotonic() - begun)
        line.close()
        return reply

    def get(self, path, headers=None):
        return self.request("GET", path, headers=headers)

    def post(self, body, signature=None, path="/hook/meta", **headers):
        """As Meta posts; signature "": without one."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if signature != "":
            headers["X-Hub-Signature-256"] = signature or hub_signature(body)
        return self.request("POST", path, body, {"Content-Type": "application/json",
                                                 "User-Agent": "facebookexternalua", **headers})

    def stop(self):
        """Ends it; nothing that is secret or somebody's may stand in its log or its arguments."""
        if not self.child:
            return
        if self.child.poll() is None:
            seen = pathlib.Path(f"/proc/{self.child.pid}/cmdline").read_text()
            self.child.terminate()
            assert self.child.wait(WAIT) == 0
            assert not [canary for canary in CANARIES if canary in seen]
        assert self.child.returncode in (0, 1, -signal.SIGKILL)
        assert not [canary for canary in CANARIES if canary in self.log()]
        self.child = None


def basic(password, user="x"):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
