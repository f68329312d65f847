"""Mail goes to a submission server over TLS or not at all, and what the server says reaches the core."""

import email.utils
import os
import threading
import time

import pytest

from mailserver import PASSWORD, USER, MailServer
from program import CODE, RESOLVER, until

ADDRESS = "alice@example.com"


@pytest.fixture
def server(certificate):
    server = MailServer(certificate)
    yield server
    server.stop()
    assert not server.complaints


def section(folder, url, password=PASSWORD, ca_file="ca.pem", timeout=5):
    secret = folder / "mail.password"
    secret.unlink(missing_ok=True)
    secret.write_text(password + "\n")
    secret.chmod(0o400)
    return (f'channel "mail" {{ driver=smtp url="{url}" mail_from="otp@example.org" user="{USER}" '
            f'password="file:{secret}" ca_file="{folder}/{ca_file}" timeout={timeout} }}\n')


@pytest.fixture
def started(sender, core, folder):
    def start(server, *more, **options):
        sender.configure(section(folder, server.url, **options), *more)
        sender.start()
        core.wait_connected()

    yield start
    sender.stop()
    assert PASSWORD not in sender.log() and ADDRESS not in sender.log()


def write(order, core, **fields):
    order("mail", to=ADDRESS, **fields)
    return core.answer()


def assert_sent(server, answer):
    assert answer["op"] == "sent"
    mail = server.mail()
    assert mail["From"] == "otp@example.org" and mail["To"] == ADDRESS
    return mail


def test_a_mail_over_starttls(started, server, core, order):
    started(server)
    ident = order("mail", to=ADDRESS)
    mail = assert_sent(server, core.answer())
    assert mail["Subject"] == "Your code for web1"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == f"<{ident}@example.org>"
    assert abs(email.utils.parsedate_to_datetime(mail["Date"]).timestamp() - time.time()) < 60
    assert mail.get_content_type() == "text/plain" and mail.get_content_charset() == "utf-8"
    assert mail["Content-Transfer-Encoding"] == "base64"
    text = mail.get_content()
    assert text.startswith(f"{CODE} is your code for web1 (sshd).\r\n\r\nIt expires in 5 min.")


def test_a_mail_over_implicit_tls(started, certificate, core, order):
    server = MailServer(certificate, implicit=True)
    started(server)
    assert_sent(server, write(order, core))
    assert not [line for line in server.lines if line.startswith("STARTTLS")] and not server.complaints
    server.stop()


def test_a_mail_in_arabic(started, server, core, order):
    started(server)
    mail = assert_sent(server, write(order, core, lang="ar_SA"))
    assert mail["Subject"] == "رمز دخولك إلى web1"
    assert CODE in mail.get_content() and "لا تخبر به أحدًا" in mail.get_content()


def test_what_a_user_can_choose_adds_no_header(started, server, core, order):
    started(server, "text \"en\" { subject = 'Code for {service}' email = '{code} {service} {minutes}' }\n")
    mail = assert_sent(server, write(order, core, service="x=?UTF-8?B?QmNj?= Bcc: eve@example.org"))
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Code for x=?UTF-8?B?QmNj?= Bcc: eve@example.org"


@pytest.mark.parametrize("address", ["+966501234567", "alice", "a@b>,<eve@example.org", "a@example.com b@example.com"])
def test_what_is_no_address_gets_nothing(started, server, core, order, address):
    started(server)
    order("mail", to=address)
    assert core.answer()["failure"] == "undeliverable"
    assert server.connections == 0


def test_no_starttls_no_mail(started, server, core, order):
    started(server)
    server.offers_starttls = False
    answer = write(order, core)
    assert (answer["failure"], answer["code"]) == ("config", "tls") and "STARTTLS" in answer["detail"]
    assert not [line for line in server.lines if not line.startswith(("EHLO", "QUIT"))]


def test_starttls_that_is_refused(started, server, core, order):
    started(server)
    server.replies["STARTTLS"] = "454 not now"
    assert write(order, core)["op"] == "failed"
    assert not [line for line in server.lines if line.startswith(("AUTH", "MAIL"))]


def test_replies_smuggled_in_front_of_tls(started, server, core, order):
    started(server)
    server.after_starttls = b"250 mail.example\r\n"
    assert write(order, core)["op"] == "failed"
    assert not [line for line in server.lines if line.startswith(("AUTH", "MAIL"))]


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize("kind, words", [("other", "another name"), ("expired", "expired"), ("self", "self-signed"),
                                         ("stranger", "unknown authority")])
def test_a_server_that_is_not_who_it_should_be(started, authority, folder, core, order, kind, words, implicit):
    name = f"mail-{kind}-{implicit}"
    certificate = {"other": lambda: authority.server(name, "DNS:elsewhere.example"),
                   "expired": lambda: authority.server(name, days=-1),
                   "self": lambda: authority.self_signed(name),
                   "stranger": lambda: authority.server(name)}[kind]()
    server = MailServer(certificate, implicit)
    ca_file = "ca.pem"
    if kind == "stranger":
        (folder / "none.pem").write_bytes(authority.self_signed("nobody")[0].read_bytes())
        ca_file = "none.pem"
    started(server, ca_file=ca_file)
    answer = write(order, core)
    assert (answer["failure"], answer["code"]) == ("config", "tls")
    assert words in answer["detail"]
    assert not [line for line in server.lines if line.startswith(("AUTH", "MAIL"))]
    server.stop()


def test_a_password_that_is_wrong(started, server, core, order):
    started(server, password="another one")
    answer = write(order, core)
    assert (answer["failure"], answer["code"]) == ("config", "535")
    assert server.mails.empty()
    assert core.health_of("mail")["state"] in ("ok", "failed")


@pytest.mark.parametrize("verb, reply, failure, code, tries", [
    ("MAIL", "550 5.7.1 not you", "undeliverable", "550", 1),
    ("RCPT", "550 5.1.1 no such user", "undeliverable", "550", 1),
    ("RCPT", "450 4.2.0 greylisted", "transient", "450", 2),
    ("RCPT", "552 5.2.2 full", "undeliverable", "552", 1),
    ("DATA", "554 5.6.0 no", "undeliverable", "554", 1),
    ("END", "554 5.7.1 spam", "undeliverable", "554", 1),
    ("END", "451 4.3.0 try later", "transient", "451", 2),
    ("EHLO", "421 4.3.2 going down", "transient", "421", 2),
])
def test_what_the_server_refuses(started, server, core, order, verb, reply, failure, code, tries):
    started(server)
    server.replies[verb] = reply
    answer = write(order, core)
    assert (answer["op"], answer["failure"], answer["code"]) == ("failed", failure, code)
    assert reply[4:] not in answer["detail"]
    assert server.connections == tries
    until(lambda: verb != "END" or server.mails.qsize() == tries, "the mails were read")


def test_a_line_that_breaks_behind_the_mail_is_an_unknown_outcome(started, server, core, order):
    started(server)
    server.replies["END"] = lambda conversation: conversation.drop()
    answer = write(order, core)
    assert (answer["failure"], answer["code"]) == ("unknown-outcome", "no-answer")
    assert server.connections == 1


def test_a_line_that_breaks_in_front_of_the_mail_is_none(started, server, core, order):
    started(server)
    server.replies["RCPT"] = lambda conversation: conversation.drop()
    answer = write(order, core)
    assert (answer["failure"], answer["code"]) == ("transient", "network")
    assert server.connections == 2 and server.mails.empty()


def test_a_server_that_thinks_long_holds_up_nobody_else(sender, started, server, provider, core, order):
    started(server, sender.whatsapp(provider.url, timeout=5), timeout=20)
    think = threading.Event()
    server.replies["END"] = lambda conversation: (think.wait(20), conversation.say("250 at last"))
    slow = order("mail", to=ADDRESS)
    server.mail()
    for _ in range(3):
        fast = order("whatsapp")
        assert core.answer()["id"] == fast
    think.set()
    answer = core.answer()
    assert (answer["op"], answer["id"]) == ("sent", slow)


def test_a_server_that_never_says_goodbye_does_not_keep_the_answer(started, sender, server, core, order):
    started(server, timeout=20)
    silence = threading.Event()
    server.replies["QUIT"] = lambda conversation: silence.wait(20)
    tasks = f"/proc/{sender.child.pid}/task"
    threads = len(os.listdir(tasks)) + 1  # one may be the sanitizer's
    began = time.monotonic()
    for _ in range(3):
        assert write(order, core)["op"] == "sent"
    assert time.monotonic() - began < 10
    until(lambda: len(os.listdir(tasks)) <= threads, "the threads end without a goodbye")
    silence.set()


def test_a_server_that_is_silent_until_the_deadline(started, server, core, order):
    started(server, timeout=1)
    silence = threading.Event()
    server.replies["END"] = lambda conversation: silence.wait(20)
    assert write(order, core)["failure"] == "unknown-outcome"
    server.replies = {"EHLO": lambda conversation: silence.wait(20)}
    assert write(order, core)["failure"] == "transient"
    silence.set()


def test_stop_while_a_mail_is_under_way(started, sender, server, core, order):
    started(server, timeout=20)
    silence = threading.Event()
    server.replies["END"] = lambda conversation: silence.wait(20)
    order("mail", to=ADDRESS)
    server.mail()
    began = time.monotonic()
    sender.stop()
    assert time.monotonic() - began < 5
    silence.set()


def test_stop_while_the_name_server_is_silent(sender, core, folder, order):
    sender.configure(section(folder, "smtp://mail.hang:587", timeout=20))
    sender.start(LD_PRELOAD=str(RESOLVER), ASAN_OPTIONS="verify_asan_link_order=0")
    core.wait_connected()
    order("mail", to=ADDRESS)
    until(lambda: "ordered for channel mail" in sender.log(), "the mail is under way")
    began = time.monotonic()
    sender.stop()
    assert time.monotonic() - began < 5


def test_stop_while_a_mail_is_stuck_for_ever(sender, server, core, folder, order):
    sender.configure(section(folder, server.url, timeout=20))
    sender.start(LD_PRELOAD=str(RESOLVER), DEAF="1", ASAN_OPTIONS="verify_asan_link_order=0")
    core.wait_connected()
    order("mail", to=ADDRESS)
    until(lambda: server.connections == 1, "the mail is under way")
    began = time.monotonic()
    sender.stop()
    assert time.monotonic() - began < 8
    assert "mails that are stuck in their connections: 1" in sender.log()


def test_probe_logs_in_and_writes_nothing(started, server, core):
    started(server)
    core.health_of("mail")
    core.say("health", name="mail")
    assert core.health_of("mail")["state"] == "ok"
    assert [line for line in server.lines if line.startswith("AUTH")]
    assert not [line for line in server.lines if line.startswith(("MAIL", "DATA"))]


def test_probe_finds_a_bad_password(started, server, core):
    started(server, password="another one")
    core.health_of("mail")
    core.say("health", name="mail")
    health = core.health_of("mail")
    assert health["state"] == "failed" and "password" in health["detail"]
