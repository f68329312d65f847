"""The programs of one bed: each started as its own user, ready when a test gets it, gone when the test ends."""

import contextlib
import grp
import hmac
import json
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request

CONFIG = "/etc/whatsapp-otp/whatsapp-otp.conf"
STATE = "/var/lib/whatsapp-otp"
RUN = "/run/whatsapp-otp"
KEY = "/etc/whatsapp-otp/master.key"
SECRETS = "/etc/whatsapp-otp/credentials"
CA = "/etc/whatsapp-otp/simulator-ca.pem"
PHONES = {"alice": "+966500000012", "bob": "+966500000034", "root": "+966500000056"}
SIMULATOR_PORT = 8843
TOKEN = "EAAGseededtoken0123456789abcdef"
SMS_KEY = "seeded-sms-key-9876543210"
APP_SECRET = "seeded-app-secret-55667788"
WEBHOOK_PORT = 8480


WEBHOOK = f'''
webhook {{ listen = "127.0.0.1:{WEBHOOK_PORT}" path_meta = "/meta" app_secret = "file:{SECRETS}/app-secret"
  verify_token = "file:{SECRETS}/verify-token" }}
'''


def wait_for(condition, what, seconds=10.0):
    """What condition() returns, as soon as it is true."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.01)


def as_user(user):
    return ["setpriv", f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--init-groups", "--"]


def write_file(path, text, mode=0o644, user="root"):
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
    os.chown(path, pwd.getpwnam(user).pw_uid, -1)
    os.chmod(path, mode)


class Program:
    """A process that says READY=1 (sd_notify) or that answers a probe; its standard error is its log."""

    def __init__(self, name, argv, user="root", ready=None):
        self.name, self.argv, self.user, self.ready = name, argv, user, ready
        self.log_path = f"/var/log/{name}.log"
        self.process = None
        open(self.log_path, "w").close()

    @property
    def pid(self):
        return self.process.pid

    @property
    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    def logged(self, text, seconds=10.0):
        wait_for(lambda: text in self.log, f"{text!r} in the log of {self.name}:\n{self.log}", seconds)

    def spawn(self, **environment):
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", **environment}
        with open(self.log_path, "a") as log:
            self.process = subprocess.Popen(
                as_user(self.user) + self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env,
                cwd="/", start_new_session=True)

    def start(self):
        if self.ready:
            self.spawn()
            wait_for(lambda: self.ready() or self.process.poll() is not None, f"{self.name} to answer")
        else:
            self.start_notifying()
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended with {self.process.returncode}:\n{self.log}")
        return self

    def start_notifying(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(f"\0{self.name}-{os.getpid()}")
            notify.settimeout(0.05)
            self.spawn(NOTIFY_SOCKET=f"@{self.name}-{os.getpid()}")
            deadline = time.monotonic() + 20
            while self.process.poll() is None and time.monotonic() < deadline:
                with contextlib.suppress(socket.timeout):
                    if b"READY=1" in notify.recv(4096):
                        return
        if self.process.poll() is None:
            raise AssertionError(f"{self.name} is not ready after 20 s:\n{self.log}")

    def refuses_to_start(self):
        """Its exit status, for a program that must not come up."""
        self.start_notifying()
        assert self.process.poll() is not None, f"{self.name} started:\n{self.log}"
        return self.process.returncode

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"{self.name} did not stop within 10 s of SIGTERM:\n{self.log}")
        return self.process.returncode if self.process else None

    @contextlib.contextmanager
    def hung(self):
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)


def core():
    return Program("whatsapp-otpd", ["/usr/sbin/whatsapp-otpd"], user="whatsapp-otp")


def sender():
    return Program("whatsapp-otp-sender", ["/usr/sbin/whatsapp-otp-sender"], user="whatsapp-otp-sender")


def webhook():
    return Program("whatsapp-otp-webhook", ["/usr/sbin/whatsapp-otp-webhook"], user="whatsapp-otp-webhook")


def receipts(*arguments):
    """A simulator that tells the webhook what became of messages; arguments: its own, as --receipt SUFFIX=WHAT."""
    return simulator("--receipts", f"http://127.0.0.1:{WEBHOOK_PORT}/meta", "--app-secret-file",
                     f"{SECRETS}/phone-app-secret", *arguments)


def simulator(*arguments):
    program = Program(
        "whatsapp-otp-simulator",
        ["/usr/bin/whatsapp-otp-simulator", "--listen", f"127.0.0.1:{SIMULATOR_PORT}", "--ca-out", CA,
         "--token-file", f"{SECRETS}/phone-token", "--sms-key-file", f"{SECRETS}/phone-sms-key", *arguments],
        user="root", ready=lambda: os.path.exists(CA) and Phone.answers())
    with contextlib.suppress(FileNotFoundError):
        os.unlink(CA)
    return program


class Phone:
    """The phones of everybody: what the simulator has received since this object was made."""

    def __init__(self):
        self.read = 0
        self.first = len(self.fetch())

    @staticmethod
    def fetch():
        context = ssl.create_default_context(cafile=CA)
        url = f"https://127.0.0.1:{SIMULATOR_PORT}/messages.json"
        with urllib.request.urlopen(url, context=context, timeout=5) as answer:
            return json.load(answer)

    @classmethod
    def answers(cls):
        try:
            cls.fetch()
            return True
        except (OSError, ValueError):
            return False

    def messages(self, channel=None):
        """Requests that reached a provider: a failed one has been tried, and counts."""
        return [m for m in self.fetch()[self.first:] if channel in (None, m["channel"])]

    def count(self):
        """(WhatsApp, SMS): every row of these tests says how many."""
        everything = self.messages()
        return tuple(sum(m["channel"] == channel for m in everything) for channel in ("whatsapp", "sms"))

    def code(self, _prompt=None):
        """The code of the next message that nobody has read; waits for it."""
        fresh = wait_for(lambda: self.messages()[self.read:], "a message", 15)
        self.read += 1
        return fresh[0]["code"]

    def wrong(self, _prompt=None):
        """A code that is not the one that arrived last."""
        last = self.messages()[-1]["code"]
        return last[:-1] + str((int(last[-1]) + 1) % 10)

    def settled(self, whatsapp, sms, quiet=0.7):
        """The counts, and that nothing more comes soon after."""
        wait_for(lambda: self.count() == (whatsapp, sms) or sum(self.count()) > whatsapp + sms,
                 f"{whatsapp} WhatsApp and {sms} SMS messages; there are {self.count()}", 15)
        time.sleep(quiet)  # that something does not happen takes time to see
        assert self.count() == (whatsapp, sms), self.messages()


class Syslog:
    """What the PAM module and sshd say to /dev/log."""

    def __init__(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink("/dev/log")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        self.lines = []
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            self.lines.append(self.socket.recv(65536).decode(errors="replace"))

    @property
    def text(self):
        return "\n".join(self.lines)


def configure(core="", limits="", policy="", route="", more="", channels=None, whatsapp="", webhook=False):
    """Writes whatsapp-otp.conf(5); each argument is what a section holds besides the bed's own."""
    channels = channels or f'''
channel "whatsapp" {{ driver = whatsapp_cloud phone_number_id = "106540352242922" api_version = "v25.0"
  token = "file:{SECRETS}/meta-token" template = "login_code" language = "en_US"
  base_url = "https://127.0.0.1:{SIMULATOR_PORT}" ca_file = "{CA}" {whatsapp} }}
channel "sms" {{ driver = http url = "https://127.0.0.1:{SIMULATOR_PORT}/sms" method = POST
  headers = {{"X-Key: {{secret}}"}} secret = "file:{SECRETS}/sms-key" body_type = form
  body = "to={{to}}&text={{text}}&id={{id}}" success_status = 200 success_pointer = "/id" id_pointer = "/id"
  ca_file = "{CA}" }}
'''
    write_file(CONFIG, f'''
core {{ hostname = "web1" master_key = "file:{KEY}" {core} }}
limits {{ {limits} }}
{channels}
{WEBHOOK if webhook else ""}
route "default" {{ channels = {{"whatsapp", "sms"}} {route} }}
{more}
policy "default" {{ {policy} }}
text "en" {{ sms = '{{code}} is your code for {{host}} ({{service}}). It expires in {{minutes}} min.' }}
''')


def fresh_state():
    """No database, a new master key, the secrets that the sender reads."""
    shutil.rmtree(STATE, ignore_errors=True)
    os.mkdir(STATE, 0o700)
    shutil.chown(STATE, "whatsapp-otp", "whatsapp-otp")
    os.makedirs(RUN, exist_ok=True)
    shutil.chown(RUN, "whatsapp-otp")
    for name in os.listdir(RUN):
        os.unlink(f"{RUN}/{name}")
    os.makedirs(SECRETS, exist_ok=True)
    os.chmod(SECRETS, 0o711)
    write_file(KEY, os.urandom(32).hex() + "\n", 0o400, "whatsapp-otp")
    write_file(f"{SECRETS}/meta-token", TOKEN + "\n", 0o400, "whatsapp-otp-sender")
    write_file(f"{SECRETS}/sms-key", SMS_KEY + "\n", 0o400, "whatsapp-otp-sender")
    write_file(f"{SECRETS}/app-secret", APP_SECRET + "\n", 0o400, "whatsapp-otp-webhook")
    write_file(f"{SECRETS}/verify-token", "seeded-verify-token\n", 0o400, "whatsapp-otp-webhook")
    write_file(f"{SECRETS}/phone-app-secret", APP_SECRET + "\n", 0o400)
    write_file(f"{SECRETS}/phone-token", TOKEN + "\n", 0o400)
    write_file(f"{SECRETS}/phone-sms-key", SMS_KEY + "\n", 0o400)


def otpctl(*arguments, check=True, **options):
    result = subprocess.run(["whatsapp-otpctl", *arguments], capture_output=True, text=True, timeout=30, **options)
    assert not check or result.returncode == 0, f"whatsapp-otpctl {arguments}: {result.stdout}{result.stderr}"
    return result


def enroll(user, phone=None):
    otpctl("enroll", user, "--phone", phone or PHONES[user], "--no-verify", "--consent", "told in person")


def users_of(group):
    return grp.getgrnam(group).gr_mem


def post(payload, secret=APP_SECRET):
    """Calls the webhook as Meta does; the HTTP status."""
    body = json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [
        {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": {
            "display_phone_number": "15550000000", "phone_number_id": "106540352242922"}, **payload}}]}]}).encode()
    signature = hmac.new(secret.encode(), body, "sha256").hexdigest()
    request = urllib.request.Request(f"http://127.0.0.1:{WEBHOOK_PORT}/meta", body, {
        "Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signature}"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def post_receipt(callback, state, code=None, message_id="wamid.by-hand"):
    status = {"id": message_id, "status": state, "timestamp": str(int(time.time())), "recipient_id": "0",
              "biz_opaque_callback_data": callback}
    if code is not None:
        status["errors"] = [{"code": code, "title": "by hand"}]
    return post({"statuses": [status]})


def post_button(phone, message_id):
    """The recipient taps "I didn't request a code"."""
    return post({"messages": [{"from": phone.lstrip("+"), "id": "wamid.in", "timestamp": str(int(time.time())),
                               "type": "button", "context": {"id": message_id},
                               "button": {"payload": "DID_NOT_REQUEST_CODE", "text": "I didn't request a code"}}]})
