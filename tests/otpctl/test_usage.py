"""What is typed, and what is said when it is wrong."""

import os
import socket
import subprocess

import pytest

from conftest import PROGRAM

COMMANDS = ["enroll", "list", "show", "set", "verify", "telegram", "suspend", "resume", "unlock", "remove", "test",
            "route explain", "challenges", "stats", "metrics", "alarms", "alarms ack", "breakers", "breakers close", "health",
            "doctor", "setup", "template create", "template list", "template status", "template delete", "number status",
            "number register", "number pin", "number request-code", "number verify-code", "webhook subscribe",
            "webhook status", "config check", "key init"]


def test_help_lists_every_command(otpctl):
    result = otpctl("--help")
    assert result.status == 0
    assert [line.split("  ")[1] for line in result.lines if line.startswith("  ") and "--" not in line] == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(otpctl, command):
    for words in ([*command.split(), "--help"], ["--help", *command.split()]):
        result = otpctl(*words)
        assert result.status == 0 and result.err == ""
        assert result.lines[0].startswith(f"usage: whatsapp-otpctl {command}")
        assert f"  whatsapp-otpctl {command}" in result.out.split("Examples:\n")[1]


def test_version(otpctl):
    result = otpctl("--version")
    assert result.status == 0 and result.out.startswith("whatsapp-otpctl ")


@pytest.mark.parametrize("words, what", [
    ([], "COMMAND: is missing"),
    (["enrol"], "enrol: no such command"),
    (["key", "burn"], "key: no such command"),
    (["alarms", "silence"], "silence: one argument too many"),
    (["breakers", "close", "sms", "now"], "now: one argument too many"),
    (["route", "explain"], "route explain: wants a USER"),
    (["show"], "show: wants a USER"),
    (["show", ""], "show: wants a USER"),
    (["show", "alice", "bob"], "bob: one argument too many"),
    (["list", "--wide"], "--wide: no such option"),
    (["list", "--yes"], "--yes: is no option of this command"),
    (["list", "--socket"], "--socket: wants an argument"),
    (["list", "--socket", ""], "--socket: wants a path, not an empty word"),
    (["list", "--socket="], "--socket: wants a path, not an empty word"),
    (["list", "--config", ""], "--config: wants a path, not an empty word"),
    (["list", "--reve"], "--reve: no such option"),
    (["set", "alice", "--lang", "de"], "--lang: no such option; write its name in full"),
    (["set", "alice", "--lang=de"], "--lang=de: no such option; write its name in full"),
    (["set", "alice", "--email", "alice"], "set: --email: not an e-mail address"),
    (["set", "alice", "--email", "a@" + "x" * 256], "--email: longer than 255 bytes"),
    (["show", "al\nice"], "USER: holds a control character"),
    (["show", "a" * 256], "USER: longer than 255 bytes"),
    (["set", "alice", "--language", "x" * 16], "--language: longer than 15 bytes"),
    (["enroll", "alice", "--phone", "0501234567"], "enroll: not a phone number"),
    (["enroll", "alice", "--phone", "+966512345678", "--consent", ""], "--consent: is empty"),
    (["template", "burn"], "template: no such command"),
    (["number", "register", "123456"], "123456: one argument too many"),
    (["number", "register", "--pin-file", ""], "--pin-file: wants a path, not an empty word"),
    (["template", "create", *["--language", "ar"] * 65], "ar: is one --language too many"),
    (["enroll", "alice", "--phone", "+966512345678", "--consent", "x" * 256], "--consent: longer than 255 bytes"),
])
def test_wrong_usage_says_what_is_wrong(otpctl, words, what):
    result = otpctl(*words, config=False)
    assert result.status == 2 and result.out == ""
    assert result.err.startswith(f"whatsapp-otpctl: {what}")


@pytest.mark.parametrize("family, commands", [("config", ["config check"]), ("key", ["key init"]), ("route", ["route explain"])])
def test_half_a_command_lists_its_other_halves(otpctl, family, commands):
    result = otpctl(family)
    assert (result.status, result.out) == (2, "")
    assert [line.split("whatsapp-otpctl ")[1][:len(c)] for line, c in zip(result.err.splitlines(), commands)] == commands
    asked = otpctl(family, "--help")
    assert (asked.status, asked.out, asked.err) == (0, result.err, "")


@pytest.mark.parametrize("words", [["list"], ["show", "alice"], ["stats"], ["alarms", "ack"], ["breakers", "close", "sms"],
                                   ["route", "explain", "alice"], ["verify", "alice"], ["health"], ["test", "alice"]])
def test_who_cannot_reach_the_core_is_named(otpctl, tmp_path, words):
    result = otpctl(*words, "--socket", str(tmp_path / "none.sock"))
    name = " ".join(word for word in words if word not in ("alice", "sms"))
    assert (result.status, result.out) == (3, "")
    assert result.err.startswith(f"whatsapp-otpctl: {name}: {tmp_path}/none.sock: the core does not run")


def test_no_core_says_how_to_start_it(otpctl, tmp_path):
    result = otpctl("list", "--socket", str(tmp_path / "none.sock"))
    assert result.status == 3 and result.out == ""
    assert "the core does not run; start it" in result.err


def test_a_socket_that_nobody_listens_at(otpctl, tmp_path):
    left = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    left.bind(str(tmp_path / "left.sock"))
    result = otpctl("list", "--socket", str(tmp_path / "left.sock"))
    assert result.status == 3 and "the core does not run" in result.err


def test_a_socket_of_another_kind(otpctl, tmp_path):
    other = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    other.bind(str(tmp_path / "other.sock"))
    other.listen()
    result = otpctl("list", "--socket", str(tmp_path / "other.sock"))
    assert result.status == 3 and "wants the core's admin.sock" in result.err


def test_the_core_hangs_up(core, ask):
    core.gets("list").sends("enrolment", user="alice", state="active").closes()
    result = ask("list")
    assert (result.status, result.out) == (3, "") and "closed the connection" in result.err


@pytest.mark.parametrize("datagram, why", [
    (b"nonsense", "not of the protocol"),
    (b"op=done\nresult=maybe\n", "result"),
    (b"op=enrolment\nuser=alice\nstate=active\nfailures=many\n", "failures"),
    (b"op=challenge\nchallenge=1\nuser=alice\nstate=open\n", "not of the protocol"),
])
def test_an_answer_that_breaks_the_protocol(core, ask, datagram, why):
    core.gets("list").raw(datagram)
    result = ask("list")
    assert (result.status, result.out) == (3, "") and why in result.err


def test_the_config_names_the_socket(core, otpctl, tmp_path):
    config = tmp_path / "whatsapp-otp.conf"
    config.write_text(f'core {{ admin_socket = "{core.path}" }}\n')
    core.gets("list").sends("done", result="allow").start()
    result = otpctl("list", "--config", str(config), config=False)
    assert result.status == 0 and result.lines[0].startswith("USER")


def test_a_full_disk_is_no_success():
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    with open("/dev/full", "w") as full:
        done = subprocess.run([PROGRAM, "--version"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "cannot be written" in done.stderr
