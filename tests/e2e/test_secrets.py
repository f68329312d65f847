"""A known code, number and token are looked for everywhere they must not be."""

import glob
import os
import re
import subprocess

import pytest

from login import Terminal, ssh, ssh_command
from machine import PHONES, SMS_KEY, STATE, TOKEN, wait_for

pytestmark = pytest.mark.usefixtures("sshd")


def secrets_of(phone):
    codes = [m["code"] for m in phone.messages()]
    numbers = [PHONES["alice"].lstrip("+"), PHONES["bob"].lstrip("+")]
    return codes, numbers + [TOKEN, SMS_KEY]


def test_no_secret_is_in_the_database(product, phone):
    waiting = Terminal(ssh_command("alice"))
    waiting.prompt()
    assert ssh("bob", [phone_code_for(phone, "bob")]).allowed
    codes, others = secrets_of(phone)
    assert len(codes) == 2
    for path in glob.glob(f"{STATE}/*"):
        content = open(path, "rb").read()
        for secret in others + codes:
            assert not re.search(rb"(?<![0-9A-Za-z])%s(?![0-9A-Za-z])" % secret.encode(), content), f"{secret} in {path}"
        for secret in others:
            assert secret.encode() not in content, path
        assert os.stat(path).st_mode & 0o077 == 0, f"{path} is readable by others"
    waiting.vanish()


def phone_code_for(phone, user):
    return lambda _: wait_for(lambda: [m["code"] for m in phone.messages() if m["to"] == PHONES[user]], "her code")[0]


def test_no_secret_is_in_a_log_or_an_argument_list(product, phone, log, simulator):
    waiting = Terminal(ssh_command("alice"))
    waiting.prompt()
    code = phone.code()
    arguments = b"".join(open(path, "rb").read() for path in glob.glob("/proc/[0-9]*/cmdline") if os.path.exists(path))
    assert waiting.type(code).end().allowed
    text = log.text + product.core.log + product.sender.log + arguments.decode(errors="replace")
    _, others = secrets_of(phone)
    for secret in [*others, code]:
        assert not re.search(rf"(?<!\d){re.escape(secret)}(?!\d)", text), f"{secret} leaked"


def test_debug_logging_shows_no_secret_either(product, phone, log):
    for program in (product.sender, product.core):
        program.stop()
        program.argv.append("--debug")
    product.core.start()
    product.sender.start()
    assert ssh("alice", [phone.code]).allowed
    codes, others = secrets_of(phone)
    text = log.text + product.core.log + product.sender.log
    for secret in [*others, *codes]:
        assert not re.search(rf"(?<!\d){re.escape(secret)}(?!\d)", text), f"{secret} leaked"


def test_a_daemon_that_aborts_leaves_no_core_file(product, phone):
    """What holds the key and the codes cannot be dumped: no file, and no debugger of the same user."""
    assert ssh("alice", [phone.code]).allowed
    for program in (product.core, product.sender):
        limits = open(f"/proc/{program.pid}/limits").read()
        assert re.search(r"Max core file size +0 +0", limits), limits
        tried = subprocess.run(["setpriv", f"--reuid={program.user}", f"--regid={program.user}", "--clear-groups",
                                "gcore", "-o", "/tmp/dump", str(program.pid)], capture_output=True, text=True)
        assert tried.returncode != 0 and not glob.glob("/tmp/dump*"), tried.stdout
        os.kill(program.pid, 6)
        program.process.wait()
        assert not glob.glob("/core*") + glob.glob(f"{STATE}/core*")


def test_the_master_key_is_wiped_from_the_environment_and_the_files_are_closed(product):
    for program in (product.core, product.sender):
        environment = open(f"/proc/{program.pid}/environ", "rb").read()
        assert b"token" not in environment.lower()
        files = [os.readlink(path) for path in glob.glob(f"/proc/{program.pid}/fd/*")]
        assert not [path for path in files if path.endswith(("master.key", "meta-token", "sms-key"))], files
