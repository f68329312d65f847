"""Starting and stopping: options, loopback, certificate, signals."""

import http.client
import signal
import socket
import ssl

import pytest
from simulator import Simulator, run


def test_first_line_says_where(start):
    simulator = start()
    assert simulator.first_line == f"listening on https://127.0.0.1:{simulator.port}/"
    assert simulator.get("/messages.json").status == 200


def test_plain(start):
    simulator = start("--plain")
    assert simulator.url.startswith("http://127.0.0.1:")
    assert simulator.get("/messages.json").status == 200


def test_ipv6(start):
    simulator = start(listen="[::1]:0")
    assert simulator.url == f"https://[::1]:{simulator.port}/"
    assert simulator.get("/messages.json").status == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_certificate_is_good_for_names_of_this_host(start, host):
    connection = start().connect(host)
    connection.request("GET", "/messages.json")
    assert connection.getresponse().status == 200


def test_certificate_is_good_for_the_address_that_was_asked_for(start):
    assert start(listen="127.0.0.7:0").get("/messages.json").status == 200


def test_certificate_is_new_each_time_and_nobody_else_trusts_it(start):
    one, other = start(), start()
    other.ca = one.ca
    with pytest.raises(ssl.SSLCertVerificationError):
        other.get("/messages.json")
    connection = http.client.HTTPSConnection(one.host, one.port, timeout=5)
    with pytest.raises(ssl.SSLCertVerificationError):
        connection.request("GET", "/")


def test_certificate_file_holds_no_key(start):
    text = start().ca.read_text()
    assert text.startswith("-----BEGIN CERTIFICATE-----") and "PRIVATE" not in text


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_it_well_even_with_somebody_waiting(start, how):
    simulator = start("--fail", "1=hang")
    waiting = simulator.connect()
    waiting.request("GET", "/messages.json?wait=30")
    simulator.get("/messages.json")
    assert simulator.stop(how) == 0


@pytest.mark.parametrize("address", ["0.0.0.0:8443", "[::]:8443", "192.0.2.1:8443", "example.org:8443", "128.0.0.1:1"])
def test_no_other_address_than_loopback(address):
    ended = run("--listen", address)
    assert ended.returncode == 2
    assert "loopback" in ended.stderr and ended.stderr.count("\n") == 1


def test_port_in_use_is_said_and_the_certificate_of_the_other_stays(start, tmp_path):
    simulator = start()
    before = simulator.ca.read_text()
    ended = run("--listen", f"127.0.0.1:{simulator.port}", "--ca-out", simulator.ca)
    assert ended.returncode == 1
    assert f"127.0.0.1:{simulator.port}" in ended.stderr and "in use" in ended.stderr
    assert simulator.ca.read_text() == before


OPTION_ERRORS = {
    "unknown option": ["--frobnicate"],
    "argument": ["8443"],
    "no value": ["--listen"],
    "value too many": ["--plain=yes"],
    "no port": ["--listen", "127.0.0.1"],
    "port too high": ["--listen", "127.0.0.1:65536"],
    "delay": ["--delay", "1s"],
    "delay negative": ["--delay", "-1"],
    "delay too long": ["--delay", "600001"],
    "fail without what": ["--fail", "0001"],
    "fail without digits": ["--fail", "x=131026"],
    "fail with unknown word": ["--fail", "1=explode"],
    "fail with bad status": ["--fail", "1=131026:99"],
    "fail with a word's status": ["--fail", "1=hang:500"],
    "fail with long suffix": ["--fail", "1234567890123456=1"],
    "fail with unknown channel": ["--fail", "voice:1=1"],
    "fail SMS with Meta's word": ["--fail", "sms:1=paused"],
    "template": ["--template", "Login Code!"],
    "language": ["--language", ""],
    "phone number id": ["--phone-number-id", "12a"],
    "fail Meta with a word": ["--fail", "1=BALANCE_INSUFFICIENT"],
    "receipts to elsewhere": ["--receipts", "https://example.org/meta"],
    "receipts by another scheme": ["--receipts", "ftp://127.0.0.1/meta"],
    "receipts with a password": ["--receipts", "http://a:b@127.0.0.1/meta"],
    "receipts of an unknown provider": ["--receipts", "acme=http://127.0.0.1/"],
    "receipt without what": ["--receipt", "0001"],
    "receipt with unknown word": ["--receipt", "0001=explode"],
    "receipt with a bad delay": ["--receipt", "0001=131026:soon"],
    "receipt with an empty batch": ["--receipt", "0001=batch:0"],
    "receipt with a batch without size": ["--receipt", "0001=batch"],
    "receipt with a large batch": ["--receipt", "0001=batch:1001"],
    "receipt delay": ["--receipt-delay", "x"],
    "template pending": ["--template-pending", "-1"],
    "account id": ["--waba-id", "abc"],
    "certificate without TLS": ["--plain", "--ca-out", "ca.pem"],
}


@pytest.mark.parametrize("arguments", OPTION_ERRORS.values(), ids=OPTION_ERRORS.keys())
def test_wrong_option_is_status_2_and_says_which(arguments):
    ended = run(*arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("whatsapp-otp-simulator: ")


def test_unreadable_files_are_named(tmp_path):
    (tmp_path / "empty").write_text("")
    (tmp_path / "two-lines").write_text("a\nb\n")
    for option, name in (("--token-file", "missing"), ("--sms-key-file", "missing"), ("--token-file", "empty"),
                         ("--app-secret-file", "missing"), ("--ycloud-secret-file", "empty"),
                         ("--token-file", "two-lines")):
        ended = run("--listen", "127.0.0.1:0", option, tmp_path / name)
        assert ended.returncode == 1 and option in ended.stderr and name in ended.stderr
    ended = run("--listen", "127.0.0.1:0", "--ca-out", tmp_path / "no" / "ca.pem")
    assert ended.returncode == 1 and "--ca-out" in ended.stderr


def test_help_and_version():
    assert "--fail" in run("--help").stdout
    assert run("--version").stdout.startswith("whatsapp-otp-simulator ")


def test_many_connections_at_once(start):
    simulator = start("--plain")
    sockets = [socket.create_connection((simulator.host, simulator.port)) for _ in range(300)]
    for each in sockets:
        each.sendall(b"GET /messages.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert all(each.recv(15) == b"HTTP/1.1 200 OK" for each in sockets)
    for each in sockets:
        each.close()


def test_gone_reader_of_its_output_does_not_kill_it(tmp_path):
    simulator = Simulator(tmp_path)
    simulator.process.stdout.close()
    assert simulator.get("/messages.json").status == 200
    simulator.process.send_signal(signal.SIGTERM)
    assert simulator.process.wait(10) == 0
