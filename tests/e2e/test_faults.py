"""Faults of the machine and of the admin: logins are refused with one sentence in the log, nothing is overwritten."""

import contextlib
import os
import signal
import subprocess

import pytest

import machine
from login import ssh
from machine import CONFIG, KEY, STATE, otpctl, wait_for, write_file

pytestmark = pytest.mark.usefixtures("sshd")


@contextlib.contextmanager
def mounted(*arguments):
    subprocess.run(["mount", *arguments, STATE], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", STATE], check=True)


def snapshot():
    return {name: open(f"{STATE}/{name}", "rb").read() for name in sorted(os.listdir(STATE))}


def sentences(program, word):
    return [line for line in program.log.splitlines() if word in line]


def test_full_disk_refuses_and_recovers(product, phone):
    product.stop()
    saved = snapshot()
    with mounted("-t", "tmpfs", "-o", "size=512k,mode=0700,uid=%d" % os.stat(STATE).st_uid, "tmpfs"):
        for name, content in saved.items():
            write_file(f"{STATE}/{name}", "", 0o600, "whatsapp-otp")
            with open(f"{STATE}/{name}", "wb") as file:
                file.write(content)
        product.core.start()
        product.sender.start()
        with open(f"{STATE}/ballast", "wb", buffering=0) as ballast, contextlib.suppress(OSError):
            while ballast.write(b"\0" * 1024):
                pass
        result = ssh("alice", ["123456"] * 3)
        assert not result.allowed
        assert product.core.process.poll() is None, f"the core lives on:\n{product.core.log}"
        wait_for(lambda: "full" in product.core.log, f"a sentence about the disk:\n{product.core.log}")
        os.unlink(f"{STATE}/ballast")
        before = phone.count()
        assert ssh("alice", [phone.code]).allowed, "it works again once there is room"
        assert phone.count()[0] <= before[0] + 1
        product.stop()


def test_read_only_state_refuses(product, phone):
    product.stop()
    with mounted("--bind", STATE):
        subprocess.run(["mount", "-o", "remount,bind,ro", STATE], check=True)
        assert product.core.refuses_to_start() == 1
        assert len(sentences(product.core, STATE)) == 1, product.core.log
        assert not ssh("alice", ["123456"] * 3).allowed
    phone.settled(0, 0)
    product.core.start()
    product.sender.start()
    assert ssh("alice", [phone.code]).allowed


def test_corrupt_database_refuses_and_is_not_overwritten(product, phone):
    product.stop()
    for name in os.listdir(STATE):
        with open(f"{STATE}/{name}", "r+b") as file:
            file.write(b"this is no database any more\n" * 8)
    before = snapshot()
    assert product.core.refuses_to_start() == 1
    assert sentences(product.core, STATE), product.core.log
    assert snapshot() == before
    assert not ssh("alice", ["123456"] * 3).allowed
    phone.settled(0, 0)


def test_missing_key_refuses_and_none_is_made(product, phone):
    product.stop()
    os.unlink(KEY)
    before = snapshot()
    assert product.core.refuses_to_start() == 1
    assert sentences(product.core, KEY), product.core.log
    assert not os.path.exists(KEY)
    assert snapshot() == before
    assert not ssh("alice", ["123456"] * 3).allowed
    phone.settled(0, 0)


def test_another_key_refuses_and_spoils_nothing(product, phone):
    product.stop()
    original = open(KEY).read()
    before = snapshot()
    write_file(KEY, os.urandom(32).hex() + "\n", 0o400, "whatsapp-otp")
    assert product.core.refuses_to_start() == 1
    assert sentences(product.core, "master key"), product.core.log
    assert snapshot() == before
    assert not ssh("alice", ["123456"] * 3).allowed
    phone.settled(0, 0)
    write_file(KEY, original, 0o400, "whatsapp-otp")
    product.core.start()
    product.sender.start()
    assert ssh("alice", [phone.code]).allowed


def test_key_that_others_can_read_refuses(product, phone):
    product.stop()
    os.chmod(KEY, 0o644)
    assert product.core.refuses_to_start() == 1
    assert sentences(product.core, "chmod 0400"), product.core.log


def test_reload_of_a_broken_file_keeps_the_old_configuration(product, phone):
    good = open(CONFIG).read()
    write_file(CONFIG, good.replace("hostname =", "hostnme ="))
    for program in (product.core, product.sender):
        program.signal(signal.SIGHUP)
        program.logged("the old configuration stays in force")
        program.logged(f"{CONFIG}:2")
    assert ssh("alice", [phone.code]).allowed
    write_file(CONFIG, good.replace('"web1"', '"web2"'))
    for program in (product.core, product.sender):
        program.signal(signal.SIGHUP)
        program.logged("configuration reloaded")
    result = ssh("alice", [phone.code])
    assert result.allowed and "[web2]" in result.prompts[0]
    phone.settled(2, 0)


def test_broken_configuration_at_start_says_where(product):
    product.stop()
    text = open(CONFIG).read()
    for broken, where in ((text.replace("policy \"default\"", "polcy \"default\""), "polcy"),
                          (text + "\ncore {", CONFIG), (text.replace("fallback_after", "fallback_aftr"), CONFIG)):
        if broken == text:
            continue
        write_file(CONFIG, broken)
        for program in (product.core, product.sender):
            assert program.refuses_to_start() == 1
            assert sentences(program, f"{CONFIG}:"), (where, program.log)


def test_a_missing_token_is_its_channels_trouble_alone(product, phone):
    product.sender.stop()
    os.unlink(f"{machine.SECRETS}/meta-token")
    product.sender.start()
    assert sentences(product.sender, "meta-token"), product.sender.log
    machine.wait_for(lambda: "meta-token" in otpctl("health", check=False).stdout, "the channel's health")
    assert ssh("alice", [phone.code]).allowed
    phone.settled(0, 1)


def test_without_any_secret_the_sender_does_not_start(product, phone):
    product.sender.stop()
    for name in ("meta-token", "sms-key"):
        os.unlink(f"{machine.SECRETS}/{name}")
    assert product.sender.refuses_to_start() == 1
    assert sentences(product.sender, "meta-token"), product.sender.log
    assert otpctl("health", check=False).returncode == 1
    assert not ssh("alice", ["123456"]).allowed
    phone.settled(0, 0)


def test_a_caller_who_is_not_root_speaks_for_nobody_else(product, phone):
    script = ("import socket;s=socket.socket(socket.AF_UNIX,socket.SOCK_SEQPACKET);s.connect('/run/whatsapp-otp/login.sock');"
              "s.send(b'op=login-begin\\nuser=bob\\nservice=sshd\\nrhost=192.0.2.1\\nfirst_factor=publickey\\n');"
              "print(s.recv(4096).decode())")
    done = subprocess.run([*machine.as_user("alice"), "/usr/bin/python3", "-c", script], capture_output=True, text=True,
                          timeout=20)
    assert "result=allow" not in done.stdout and "result=ignore" not in done.stdout, done.stdout
    phone.settled(0, 0)
