"""The real sender, as a child, with a configuration in a folder of its own."""

import os
import pathlib
import signal
import subprocess
import time

from fakecore import WAIT
from provider import NUMBER_ID, SMS_KEY, TEMPLATE, TOKEN

BUILD = pathlib.Path(os.environ.get("BUILDDIR", os.getcwd()))
PROGRAM = BUILD / "whatsapp-otp-sender"
RESOLVER = BUILD / "tests/sender/.libs/resolver.so"

CODE = "493817"
NUMBER = "966501234567"
CANARIES = [CODE, NUMBER, TOKEN, SMS_KEY]


def until(condition, what):
    deadline = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.005)


class Sender:
    def __init__(self, folder):
        self.folder = folder
        self.config = folder / "whatsapp-otp.conf"
        self.log_path = folder / "sender.log"
        self.child = None
        (folder / "meta.token").write_text(TOKEN + "\n")
        (folder / "sms.key").write_text(SMS_KEY + "\n")
        for secret in ("meta.token", "sms.key"):
            (folder / secret).chmod(0o400)

    def configure(self, *sections):
        paths = {"state_dir": self.folder, "login_socket": self.folder / "login.sock",
                 "admin_socket": self.folder / "admin.sock", "sender_socket": self.folder / "sender.sock"}
        core = "".join(f'  {key} = "{value}"\n' for key, value in paths.items())
        self.config.write_text(f"core {{\n{core}}}\n" + "\n".join(sections))
        self.config.chmod(0o600)

    def whatsapp(self, url, name="whatsapp", ca_file="ca.pem", **options):
        options = {"timeout": 1, "language": '"en_US"', **options}
        more = " ".join(f"{key}={value}" for key, value in options.items())
        return (f'channel "{name}" {{ driver=whatsapp_cloud phone_number_id="{NUMBER_ID}" api_version="v25.0" '
                f'token="file:{self.folder}/meta.token" template="{TEMPLATE}" base_url="{url}" '
                f'ca_file="{self.folder}/{ca_file}" {more} }}\n')

    def sms(self, url, name="sms", **options):
        options = {"timeout": 1, "method": "POST", "headers": '{"X-Key: {secret}"}', "body_type": "form",
                   "body": '"to={to}&text={text}&id={id}"', "success_pointer": '"/id"', "id_pointer": '"/id"',
                   "secret": f'"file:{self.folder}/sms.key"', **options}
        more = " ".join(f"{key}={value}" for key, value in options.items() if value)
        return f'channel "{name}" {{ driver=http url="{url}" ca_file="{self.folder}/ca.pem" {more} }}\n'

    def start(self, **environment):
        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen([PROGRAM, "--config", self.config, "--debug"], stderr=log,
                                          env={**os.environ, **environment})
        return self

    def log(self):
        return self.log_path.read_text()

    def reload(self):
        lines = self.log().count("reload")
        self.child.send_signal(signal.SIGHUP)
        until(lambda: self.log().count("reload") > lines, "the sender says how the reload went")

    def arguments(self):
        return pathlib.Path(f"/proc/{self.child.pid}/cmdline").read_text()

    def stop(self):
        """Ends it; nothing that is secret may stand in its log or its arguments."""
        if not self.child:
            return
        if self.child.poll() is None:
            seen = self.arguments()
            self.child.terminate()
            assert self.child.wait(WAIT) == 0
            assert not [canary for canary in CANARIES if canary in seen]
        assert self.child.returncode in (0, 1)
        assert not [canary for canary in CANARIES if canary in self.log()]
        self.child = None
