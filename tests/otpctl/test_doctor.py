"""doctor: an installation with one thing wrong, and the sentence that says so."""

import os
import socket

import pytest

from conftest import TOP

GOOD_STACK = "auth requisite pam_unix.so\nauth required pam_whatsapp_otp.so\n"
GOOD_SSHD = {
    "kbdinteractiveauthentication": "yes", "usepam": "yes", "passwordauthentication": "no", "logingracetime": "180",
    "authenticationmethods": "publickey,keyboard-interactive:pam"}


class Installation:
    def __init__(self, folder, otpctl, core):
        self.folder, self.otpctl, self.core = folder, otpctl, core
        self.sshd_settings = dict(GOOD_SSHD)
        self.sshd_script = 'cat "$0.settings"\n'
        self.stacks = {"sshd": GOOD_STACK, "sudo": GOOD_STACK, "cron": "auth required pam_unix.so\n"}
        self.modules = ["pam_whatsapp_otp.so"]
        self.login_mode, self.more_config = 0o666, ""
        self.health = [("store", "ok", ""), ("sender", "ok", "connected"), ("whatsapp", "ok", "")]

    def write(self, name, text, mode=0o644):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return str(path)

    def listen(self, name, mode):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(str(self.folder / name))
        os.chmod(self.folder / name, mode)
        listener.listen()
        return listener

    def build(self):
        sockets = "\n".join(f'{s}_socket = "{self.folder}/{s}.sock"' for s in ("login", "admin", "sender"))
        self.write("otp.conf", f'core {{ {sockets} }}\nchannel "out" {{ driver = file path = "/tmp/out" }}\n{self.more_config}')
        for name, text in self.stacks.items():
            self.write(f"pam.d/{name}", text)
        (self.folder / "modules").mkdir()
        for name in self.modules:
            self.write(f"modules/{name}", "")
        self.write("sshd.settings", "".join(f"{k} {v}\n" for k, v in self.sshd_settings.items()))
        self.write("sshd", f"#!/bin/sh\n{self.sshd_script}", 0o755)
        self.sockets = [self.listen("login.sock", self.login_mode), self.listen("sender.sock", 0o600)]
        if self.health is not None:
            self.core.gets("health")
            for name, state, detail in self.health:
                self.core.sends("health", name=name, state=state, detail=detail)
            self.core.sends("done", result="allow").start()

    def examine(self, *words):
        self.build()
        f = self.folder
        result = self.otpctl("doctor", "--config", str(f / "otp.conf"), "--pam-dir", str(f / "pam.d"), "--module-dir",
                             str(f / "modules"), "--sshd", str(f / "sshd"), *words, config=False)
        for listener in self.sockets:
            listener.close()
        return result

    def complaints(self):
        """What is not ok, without its advice; and the exit status."""
        result = self.examine("--json")
        assert result.err == ""
        return result.status, [(o["state"], o["name"], o["detail"]) for o in result.objects if o["state"] != "ok"]


@pytest.fixture
def installation(tmp_path, otpctl, core):
    return Installation(tmp_path, otpctl, core)


def test_a_healthy_installation(installation):
    result = installation.examine()
    assert result.status == 0 and result.err == "", result.out
    assert all(line.startswith("ok    ") for line in result.lines)
    names = [line.split(": ")[0].split("  ")[-1].strip() for line in result.lines]
    assert names[:5] == ["config", "login socket", "sender socket", "store", "sender"]
    assert names[5:10] == ["whatsapp", "core", "module", "pam sshd", "pam sudo"]


def test_nothing_is_installed_yet(otpctl, tmp_path):
    (tmp_path / "pam.d").mkdir()
    result = otpctl("doctor", "--pam-dir", str(tmp_path / "pam.d"), "--sshd", str(tmp_path / "none"), "--socket",
                    str(tmp_path / "admin.sock"))
    assert result.status == 1
    assert f"fail  config: {tmp_path}/none.conf: " in result.out
    assert f"fail  admin socket: {tmp_path}/admin.sock: is missing, the core does not run; start it" in result.out
    assert "so nothing asks for a code yet; add it to a service" in result.out


def test_a_broken_config(installation):
    installation.more_config = 'policy "x" { colour = "red" }\n'
    result = installation.examine("--socket", str(installation.folder / "admin.sock"))
    assert result.status == 1
    assert "fail  config: " in result.out and "otp.conf:5: " in result.out and "colour" in result.out


def test_debian_ships_sshd_without_keyboard_interactive(installation):
    installation.sshd_settings["kbdinteractiveauthentication"] = "no"
    status, found = installation.complaints()
    assert status == 1
    assert found == [("fail", "sshd", "KbdInteractiveAuthentication is off, so sshd cannot ask for a code")]


@pytest.mark.parametrize("setting, value, state, words", [
    ("usepam", "no", "fail", "UsePAM is off"),
    ("authenticationmethods", "any", "warn", "a key alone opens a session without a code"),
    ("authenticationmethods", "publickey,password", "fail", "has no keyboard-interactive"),
    ("authenticationmethods", "publickey publickey,keyboard-interactive", "warn", "a list without keyboard-interactive"),
    ("logingracetime", "60", "warn", "LoginGraceTime is 60 s"),
])
def test_sshd_settings(installation, setting, value, state, words):
    installation.sshd_settings[setting] = value
    status, found = installation.complaints()
    assert status == (1 if state == "fail" else 0)
    assert [(s, n) for s, n, _ in found] == [(state, "sshd")] and words in found[0][2]


def test_the_password_method_cannot_ask(installation):
    installation.sshd_settings.update(passwordauthentication="yes", authenticationmethods="any")
    status, found = installation.complaints()
    assert status == 0 and any("PasswordAuthentication is on" in detail for _, _, detail in found)


def test_no_grace_time_is_no_hurry(installation):
    installation.sshd_settings["logingracetime"] = "0"
    assert installation.complaints() == (0, [])


def test_sshd_is_not_examined_for_a_service_that_asks_for_no_code(installation):
    installation.stacks["sshd"] = "auth required pam_unix.so\n"
    installation.sshd_settings["kbdinteractiveauthentication"] = "no"
    assert installation.complaints() == (0, [])


def test_sshd_may_use_another_service(installation):
    installation.stacks["sshd"] = "auth required pam_unix.so\n"
    installation.sshd_settings.update(pamservicename="sudo", kbdinteractiveauthentication="no")
    assert installation.complaints()[0] == 1


def test_sshd_that_cannot_say(installation):
    installation.sshd_script = "echo 'sshd: no hostkeys available' >&2\nexit 1\n"
    status, found = installation.complaints()
    assert status == 0 and found[0][:2] == ("warn", "sshd") and "no hostkeys available" in found[0][2]


def test_sshd_that_hangs_is_given_up(installation):
    installation.sshd_script = "exec sleep 60\n"
    status, found = installation.complaints()
    assert status == 0 and "timed out" in found[0][2]


@pytest.mark.parametrize("line, words", [
    ("auth [success=1 default=ignore] pam_whatsapp_otp.so", "default=ignore"),
    ("auth optional pam_whatsapp_otp.so", "'optional'"),
    ("auth sufficient pam_whatsapp_otp.so", "'sufficient'"),
])
def test_a_stack_that_forgives_a_wrong_code(installation, line, words):
    installation.stacks["sudo"] = f"auth requisite pam_unix.so\n{line}\nauth required pam_permit.so\n"
    status, found = installation.complaints()
    assert status == 1 and len(found) == 1
    assert found[0][:2] == ("fail", "pam sudo") and found[0][2].startswith("sudo:2: ") and words in found[0][2]


@pytest.mark.parametrize("words, state, what", [
    ("nullok", "warn", "nullok: whoever is not enrolled gets in without a code"),
    ("failmode=allow", "warn", "failmode=allow: everybody gets in without a code while no core can be reached"),
    ("failmode=maybe", "fail", "failmode=maybe: wants deny or allow"),
    ("policy=robots", "fail", "policy=robots: the config has no such policy"),
    ("socket=/run/other.sock", "fail", "socket=/run/other.sock: is not the login_socket of the config"),
    ("socket=login.sock", "fail", "socket=login.sock: is not an absolute path"),
    ("timeout=9", "fail", "timeout=9: wants whole seconds, 1 to 5"),
    ("debug no_such_word", "fail", "no_such_word: the module has no such argument"),
    ("nullokay", "fail", "nullokay: the module has no such argument"),
    ("[policy=a b]", "fail", "policy=a b: the config has no such policy"),
])
def test_the_words_behind_the_module(installation, words, state, what):
    installation.stacks["sudo"] = ("auth requisite pam_unix.so\n"
                                   f"auth required pam_whatsapp_otp.so {words}\nauth required pam_permit.so\n")
    status, found = installation.complaints()
    assert status == (1 if state == "fail" else 0)
    assert [(s, n) for s, n, _ in found] == [(state, "pam sudo")] and found[0][2].startswith(f"sudo:2: {what}")


def test_words_that_are_well(installation):
    installation.more_config = 'policy "admins" { services = {"sudo"} }\n'
    socket_path = installation.folder / "login.sock"
    installation.stacks["sudo"] = ("auth requisite pam_unix.so\nauth required pam_whatsapp_otp.so debug quiet timeout=3 "
                                   f"failmode=deny policy=admins policy=default socket={socket_path}\n")
    assert installation.complaints() == (0, [])


@pytest.mark.parametrize("facility", ["account", "session", "password"])
def test_a_facility_in_which_the_module_does_nothing(installation, facility):
    installation.stacks["sudo"] = GOOD_STACK + f"{facility} required pam_whatsapp_otp.so\n"
    status, found = installation.complaints()
    assert status == 1 and found == [
        ("fail", "pam sudo", f"sudo:3: the module asks for no code under {facility}, it does nothing there")]


def test_a_service_that_has_the_module_only_where_it_does_nothing(installation):
    installation.stacks["cron"] = "auth required pam_unix.so\naccount required pam_whatsapp_otp.so\n"
    status, found = installation.complaints()
    assert status == 1 and found[0][1] == "pam cron" and found[0][2].startswith("cron:2: ")


def test_the_only_module_of_a_stack(installation):
    installation.stacks["sshd"] = "auth required pam_whatsapp_otp.so\n"
    status, found = installation.complaints()
    assert status == 0 and found[0][0] == "warn" and "if the module stepped aside" in found[0][2]


def test_the_only_module_of_a_stack_with_an_exempt_policy(installation):
    installation.stacks["sshd"] = "auth required pam_whatsapp_otp.so\n"
    installation.more_config = 'policy "robots" { users = {"backup"} exempt = true }\n'
    status, found = installation.complaints()
    assert status == 1 and "are locked out" in found[0][2]


def test_required_where_requisite_belongs(installation):
    installation.stacks["sudo"] = "auth required pam_unix.so\nauth required pam_whatsapp_otp.so\n"
    status, found = installation.complaints()
    assert status == 0
    assert found == [("warn", "pam sudo",
                      "sudo:1: a wrong password goes on to the code, so a typed password proves nothing")]


def test_includes_are_followed(installation):
    installation.stacks["common-auth"] = "auth optional pam_whatsapp_otp.so\n"
    installation.stacks["sudo"] = "auth requisite pam_unix.so\n@include common-auth\n"
    installation.stacks["su"] = "auth requisite pam_unix.so\nauth include common-auth\n"
    found = installation.complaints()[1]
    assert {name for _, name, _ in found} == {"pam common-auth", "pam su", "pam sudo"}
    assert all(detail.startswith("common-auth:1: ") for _, name, detail in found if name != "pam common-auth")


def test_a_ring_of_includes_ends(installation):
    installation.stacks["sudo"] = GOOD_STACK + "@include sudo\n"
    status, found = installation.complaints()
    assert status == 1 and found[0][2].startswith("sudo:3: the file that this line includes cannot be read")


def test_a_typing_error_in_a_stack(installation):
    installation.stacks["sudo"] = "auth requisit pam_unix.so\n" + GOOD_STACK
    status, found = installation.complaints()
    assert status == 1 and found[0][2].startswith("sudo:1: libpam does not understand this line")


def test_the_module_is_not_where_libpam_looks(installation):
    installation.modules = []
    status, found = installation.complaints()
    assert status == 1 and found[0][:2] == ("fail", "module") and "No such file or directory" in found[0][2]


def test_rests_of_editors_are_no_services(installation):
    installation.stacks["sudo~"] = installation.stacks["sudo.dpkg-old"] = "auth optional pam_whatsapp_otp.so\n"
    assert installation.complaints() == (0, [])


def test_a_login_socket_that_users_cannot_reach(installation):
    installation.login_mode = 0o600
    status, found = installation.complaints()
    assert status == 1 and found[0][:2] == ("fail", "login socket") and "has mode 0600" in found[0][2]


def test_a_channel_that_is_not_well(installation):
    installation.health = [("store", "ok", ""), ("key", "failed", "cannot be read"), ("whatsapp", "degraded", "190")]
    status, found = installation.complaints()
    assert status == 1
    assert found == [("fail", "key", "failed, cannot be read"), ("warn", "whatsapp", "degraded, 190")]


def test_the_shipped_pam_examples_are_sound(installation):
    folder = os.path.join(TOP, "data", "pam.d")
    fragments = {f"common-{kind}": "" for kind in ("account", "session", "session-noninteractive", "password")}
    examples = {name: open(os.path.join(folder, name)).read() for name in os.listdir(folder)}
    installation.stacks = {**fragments, **examples, "sshd": GOOD_STACK}
    found = installation.complaints()[1]
    assert [detail for state, _, detail in found if state == "fail"] == []
