"""What the core is told about a login: who, where, from where, and what was proven before."""

import pytest

from host import AUTH_ERR, ERR, RHOST, RUSER, TTY

CONNECTION = "SSH_CONNECTION=192.0.2.7 51234 198.51.100.1 22"


def told(core, alice):
    """The module's login-begin; the login ends there."""
    alice.authenticate()
    connection, begin = core.begin()
    connection.done("deny")
    assert alice.result() == AUTH_ERR
    return begin


def test_sudo(core, host):
    alice = host(service="sudo")
    alice.set_item(TTY, "/dev/pts/3")
    alice.set_item(RUSER, "alice")
    assert told(core, alice) == {"op": "login-begin", "user": "alice", "service": "sudo", "tty": "/dev/pts/3",
                                 "ruser": "alice", "first_factor": "none"}


def test_sshd_with_a_key(core, host):
    alice = host()
    alice.set_item(TTY, "ssh")
    alice.set_item(RHOST, "evil.example")
    alice.set_env(CONNECTION)
    alice.set_env("SSH_AUTH_INFO_0=publickey ssh-ed25519 AAAAC3Nza\n")
    begin = told(core, alice)
    assert begin["rhost"] == "192.0.2.7" and begin["first_factor"] == "publickey"
    assert "blind" not in begin
    assert alice.logged("alice from 192.0.2.7: refused")


@pytest.mark.parametrize("info, factor", [
    ("password\n", "password"),
    ("password", "password"),
    ("publickey", "publickey"),
    ("password\npublickey ssh-rsa AAAA\n", "publickey"),
    ("keyboard-interactive/pam\n", "none"),
    ("publickeys x\n", "none"),
    ("hostbased publickey\n", "none"),
    ("", "none"),
])
def test_what_counts_as_a_first_factor(core, host, info, factor):
    alice = host()
    alice.set_env("SSH_AUTH_INFO_0=" + info)
    assert told(core, alice)["first_factor"] == factor


def test_a_password_that_sshd_made_up_is_no_first_factor(core, host):
    root = host(user="root", password=True)
    root.authenticate()
    root.prompt()
    root.answer(b"\b\n\r\177INCORRECT")
    connection, begin = core.begin()
    assert begin["first_factor"] == "none"
    connection.done("deny")
    assert root.result() == AUTH_ERR


@pytest.mark.parametrize("rhost, travels", [
    ("", None),  # login(1), the console
    ("192.0.2.9", "192.0.2.9"),
    ("2001:db8::1", "2001:db8::1"),
    ("fe80::1%eth0", "fe80::1%eth0"),
    ("x" * 255, "x" * 255),
    ("x" * 256, "unknown"),
    ("a\nrhost=", "unknown"),
    (b"\xff", "unknown"),
])
def test_rhost_travels_or_stays_remote(core, host, rhost, travels):
    alice = host(service="login")
    alice.set_item(RHOST, rhost)
    assert told(core, alice).get("rhost") == travels


@pytest.mark.parametrize("connection, travels", [
    ("UNKNOWN 65535 UNKNOWN 65535", "UNKNOWN"),
    (" 1 2 3", "unknown"),
    ("\x1b[2J 1 2 3", "unknown"),
    ("", "10.0.0.1"),
])
def test_a_strange_connection_stays_remote(core, host, connection, travels):
    alice = host()
    alice.set_item(RHOST, "10.0.0.1")
    alice.set_env("SSH_CONNECTION=" + connection)
    assert told(core, alice)["rhost"] == travels


@pytest.mark.parametrize("item, key", [(TTY, "tty"), (RUSER, "ruser")])
@pytest.mark.parametrize("value", ["x" * 256, "a\nb", "\x7f", b"\xc3"])
def test_what_cannot_travel_is_left_out(core, host, item, key, value):
    alice = host()
    alice.set_item(item, value)
    assert key not in told(core, alice)


@pytest.mark.parametrize("user", ["", "u" * 256, "al\nice", "al\x1bice", b"al\xff"])
def test_a_user_whose_name_cannot_travel_is_refused_and_not_printed(core, host, user):
    nobody = host(user=user)
    nobody.authenticate()
    if user == "":
        nobody.order("fail")
    while True:
        event = nobody.event()
        if event[0] == "result":
            break
    assert int(event[1]) == AUTH_ERR
    assert nobody.logged("(no user): refused: the ", ERR)
    assert core.nobody_called()


@pytest.mark.parametrize("user", ["u" * 255, "álice", "a=b", "alice smith", "dom\\alice", "op=done"])
def test_any_other_name_travels_whole(core, host, user):
    alice = host(user=user)
    assert told(core, alice)["user"] == user


def test_a_service_whose_name_is_too_long_is_refused(core, host):
    alice = host(service="s" * 64)
    alice.authenticate()
    assert alice.result() == AUTH_ERR
    assert alice.logged("service's name", ERR)


@pytest.mark.parametrize("tty, environment, blind", [
    ("ssh", {}, None),                          # keyboard-interactive: sshd emptied it
    ("ssh", {"TZ": "Asia/Riyadh"}, None),
    ("ssh", {"LANG": "C"}, "yes"),              # the password method
    ("ssh", {"TZ": "UTC", "PATH": "/"}, "yes"),
    ("/dev/pts/1", {"PATH": "/"}, None),        # sudo
])
def test_a_host_that_answers_by_itself_is_told_from_one_that_asks(core, host, tty, environment, blind):
    alice = host(environment=environment)
    alice.set_item(TTY, tty)
    assert told(core, alice).get("blind") == blind


def test_the_users_environment_is_no_pam_environment(core, host):
    alice = host(environment={"SSH_CONNECTION": "127.0.0.1 1 127.0.0.1 2", "SSH_AUTH_INFO_0": "publickey x",
                              "LANG": "ar_SA.UTF-8"})
    begin = told(core, alice)
    assert set(begin) == {"op", "user", "service", "first_factor"} and begin["first_factor"] == "none"
