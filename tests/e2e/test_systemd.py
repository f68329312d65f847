"""The units under real systemd: socket activation, credentials, sandbox, watchdog, and an ssh login through all of it.
Runs inside `tests/lib/bed --systemd`; under the plain bed there is no systemd, and it is skipped."""

import json
import os
import re
import subprocess
import time
import urllib.request

import pytest

import login
import machine
from login import ssh
from machine import SECRETS, wait_for, write_file

pytestmark = pytest.mark.skipif("BED_SYSTEMD" not in os.environ, reason="wants tests/lib/bed --systemd")
CORE, SENDER, WEBHOOK = (f"whatsapp-{name}.service" for name in ("otpd", "otp-sender", "otp-webhook"))
SOCKETS = [f"whatsapp-otpd-{name}.socket" for name in ("login", "admin", "sender", "webhook")]


def systemctl(*arguments, check=True):
    done = subprocess.run(["systemctl", *arguments], capture_output=True, text=True)
    assert not check or done.returncode == 0, f"systemctl {arguments}: {done.stderr}\n{journal(CORE)}\n{journal(SENDER)}"
    return done


def show(unit, name):
    return systemctl("show", "-P", name, unit).stdout.strip()


def journal(unit):
    return subprocess.run(["journalctl", "-o", "cat", "-u", unit], check=True, capture_output=True, text=True).stdout


def status_of(unit, field):
    text = open(f"/proc/{show(unit, 'MainPID')}/status").read()
    return re.search(rf"^{field}:\s*(.*)$", text, re.M).group(1)


@pytest.fixture(scope="module")
def units(bed):
    """Installed as an admin would: a key, two secrets, the config, the sockets and the sender enabled."""
    subprocess.run(["whatsapp-otpctl", "key", "init", "/etc/whatsapp-otp/master.key"], check=True)
    for name, value in (("meta-token", machine.TOKEN), ("sms-key", machine.SMS_KEY), ("phone-token", machine.TOKEN),
                        ("phone-sms-key", machine.SMS_KEY), ("app-secret", machine.APP_SECRET),
                        ("verify-token", "seeded-verify-token"), ("phone-app-secret", machine.APP_SECRET)):
        write_file(f"{SECRETS}/{name}", value + "\n", 0o400)
    simulator = machine.receipts("--receipt", f"{machine.PHONES['bob'][-4:]}=190:50").start()
    machine.configure(webhook=True, whatsapp="receipts = webhook",
                      limits='per_user = {"60/1h"} per_number = {"60/1h"}')
    text = open(machine.CONFIG).read().replace(f"file:{SECRETS}/", "credential:")
    write_file(machine.CONFIG, text.replace(f"file:{machine.KEY}", "credential:master-key"))
    systemctl("daemon-reload")
    systemctl("enable", "--now", *SOCKETS, SENDER, WEBHOOK)
    machine.enroll("alice")
    machine.enroll("bob")
    yield
    simulator.stop()


@pytest.fixture
def phone(units):
    return machine.Phone()


@pytest.fixture(scope="module")
def sshd(units):
    program = login.Sshd().start()
    yield program
    program.stop()


def test_the_core_starts_when_somebody_speaks_to_a_socket(units):
    assert show(CORE, "ActiveState") == "active"
    assert show(CORE, "TriggeredBy").split(), "by its sockets"
    for name, mode, owner in (("login", "666", "root:root"), ("admin", "660", "root:whatsapp-otp-admin"),
                              ("sender", "600", "whatsapp-otp-sender:root"),
                              ("webhook", "600", "whatsapp-otp-webhook:root")):
        found = subprocess.run(["stat", "-c", "%a %U:%G", f"/run/whatsapp-otp/{name}.sock"], capture_output=True,
                               text=True, check=True).stdout.strip()
        assert found == f"{mode} {owner}"


def test_ssh_logs_in_through_all_of_it(sshd, phone):
    result = ssh("alice", [phone.code])
    assert result.allowed, (result, journal(CORE), journal(SENDER))
    phone.settled(1, 0)


def delivered():
    rows = subprocess.run(["whatsapp-otpctl", "stats", "--json"], capture_output=True, text=True, check=True).stdout
    return int(re.search(r'"delivered":(\d+).*"by":"total"', rows.splitlines()[-1]).group(1))


def test_receipts_arrive_through_the_webhook(sshd, phone):
    before = delivered()
    assert ssh("alice", [phone.code]).allowed
    wait_for(lambda: delivered() > before, "the receipt")
    with urllib.request.urlopen(f"http://127.0.0.1:{machine.WEBHOOK_PORT}/healthz", timeout=5) as answer:
        assert answer.read() == b"ok"


def test_an_alarm_is_in_the_journal_with_its_message_id(sshd, phone):
    """Bob's message is refused for an expired token: the SMS comes, and the journal explains the alarm (journalctl -x)."""
    assert ssh("bob", [lambda _: wait_for(lambda: phone.messages("sms"), "the SMS")[0]["code"]]).allowed
    line = subprocess.run(["journalctl", "-o", "json", "WHATSAPP_OTP_ALARM=channel"], check=True, capture_output=True,
                          text=True).stdout.splitlines()[-1]
    entry = json.loads(line)
    assert entry["PRIORITY"] == "1" and "whatsapp: 190" in entry["MESSAGE"] and entry["_SYSTEMD_UNIT"] == CORE
    catalog = open("/usr/lib/systemd/catalog/whatsapp-otp.catalog").read()
    assert f"-- {entry['MESSAGE_ID']}" in catalog
    machine.otpctl("breakers", "close")
    machine.otpctl("alarms", "ack")
    phone.settled(1, 1)


def test_metrics_are_served_by_a_unit_of_their_own(units):
    systemctl("start", "whatsapp-otp-metrics.service")
    url = "http://127.0.0.1:9753/metrics"
    text = wait_for(lambda: fetch(url), "the metrics")
    assert text.endswith("# EOF\n") and re.search(r"^whatsapp_otp_up 1", text, re.M), text
    systemctl("stop", "whatsapp-otp-metrics.service")


def fetch(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read().decode()
    except OSError:
        return None


@pytest.mark.parametrize("unit,user", [(CORE, "whatsapp-otp"), (SENDER, "whatsapp-otp-sender"),
                                       (WEBHOOK, "whatsapp-otp-webhook")])
def test_the_sandbox_is_in_force(units, unit, user):
    assert status_of(unit, "NoNewPrivs") == "1"
    assert status_of(unit, "Seccomp") == "2"
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status_of(unit, kind), 16) == 0, kind
    pid = show(unit, "MainPID")
    assert os.stat(f"/proc/{pid}").st_uid in (0, machine.pwd.getpwnam(user).pw_uid)
    assert show(unit, "User") == user
    mounts = open(f"/proc/{pid}/mounts").read()
    assert re.search(r"^\S+ / \S+ ro[, ]", mounts, re.M), "ProtectSystem=strict"


def test_the_core_has_no_network(units):
    """A network namespace of its own, in which there is only a loopback that is down."""
    pid = show(CORE, "MainPID")
    assert os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/self/ns/net")
    interfaces = [line.split(":")[0].strip() for line in open(f"/proc/{pid}/net/dev").readlines()[2:]]
    assert interfaces == ["lo"]


def test_a_hung_core_is_killed_by_the_watchdog_and_comes_back(sshd, phone):
    os.makedirs("/run/systemd/system/whatsapp-otpd.service.d", exist_ok=True)
    write_file("/run/systemd/system/whatsapp-otpd.service.d/watchdog.conf", "[Service]\nWatchdogSec=1\n")
    systemctl("daemon-reload")
    systemctl("restart", CORE)
    first = show(CORE, "MainPID")
    os.kill(int(first), 19)
    wait_for(lambda: show(CORE, "MainPID") not in ("0", first) and show(CORE, "ActiveState") == "active",
             "the core to come back", 20)
    assert "watchdog" in journal(CORE).lower()
    assert ssh("alice", [phone.code]).allowed
    phone.settled(1, 0)


def test_a_core_killed_at_the_prompt_is_not_noticed(sshd, phone):
    terminal = login.Terminal(login.ssh_command("alice"))
    terminal.prompt()
    code = phone.code()
    os.kill(int(show(CORE, "MainPID")), 9)
    terminal.type(code)
    index = terminal.child.expect([r"[^\r\n]*: $", "welcome\r\n"])
    terminal.seen += terminal.child.before + terminal.child.after
    if index == 0:
        terminal.type(code)
    assert terminal.end().allowed, terminal.seen
    phone.settled(1, 0)


def test_a_missing_key_is_a_clear_line_and_no_crash_loop(sshd, phone):
    """One try every five seconds, with or without logins; and no admin need reset anything once the key is back."""
    began = time.monotonic()
    os.rename(machine.KEY, machine.KEY + ".away")
    try:
        systemctl("restart", CORE, check=False)
        assert not ssh("alice", ["123456"], "-o", "NumberOfPasswordPrompts=1").allowed
        complaints = [line for line in journal(CORE).splitlines() if "master-key" in line]
        assert 1 <= len(complaints) <= (time.monotonic() - began) / 5 + 1, complaints
    finally:
        os.rename(machine.KEY + ".away", machine.KEY)
    assert wait_for(lambda: show(CORE, "ActiveState") == "active", "the core to come up by itself", 15)
    assert ssh("alice", [phone.code]).allowed
    phone.settled(1, 0)


def test_a_secret_that_no_channel_uses_may_be_missing(units):
    config = open(machine.CONFIG).read()
    write_file(machine.CONFIG, re.sub(r'channel "sms" {.*?\n  ca_file = "[^"]*" }', "", config, flags=re.S)
               .replace(', "sms"}', "}"))
    os.rename(f"{SECRETS}/sms-key", f"{SECRETS}/sms-key.away")
    try:
        systemctl("restart", SENDER)
        assert show(SENDER, "ActiveState") == "active"
    finally:
        os.rename(f"{SECRETS}/sms-key.away", f"{SECRETS}/sms-key")
        write_file(machine.CONFIG, config)
    systemctl("restart", SENDER)


def test_reload_and_clean_stop(units):
    systemctl("reload", CORE, SENDER, WEBHOOK)
    wait_for(lambda: "configuration reloaded" in journal(CORE), "the core's word on it")
    systemctl("stop", WEBHOOK, SENDER, CORE)
    assert [show(unit, "Result") for unit in (CORE, SENDER, WEBHOOK)] == ["success"] * 3


def test_no_secret_is_in_the_journal(units):
    text = subprocess.run(["journalctl", "-o", "export"], check=True, capture_output=True).stdout
    for secret in (machine.TOKEN, machine.SMS_KEY, machine.APP_SECRET, machine.PHONES["alice"].lstrip("+")):
        assert secret.encode() not in text
