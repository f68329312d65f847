"""Its own certificate: TLS 1.2 and newer, and a new certificate without a restart."""

import os
import shutil
import socket
import ssl
import subprocess
import sys

import pytest

from program import hub_signature, statuses


@pytest.fixture
def secured(webhook, core, authority):
    use(webhook, authority.server("first"))
    webhook.configure(tls_cert=webhook.folder / "tls.pem", tls_key=f"file:{webhook.folder}/tls.key").start()
    core.wait_connected()
    return webhook


def use(webhook, pair):
    certificate, key = pair
    shutil.copy(certificate, webhook.folder / "tls.pem")
    webhook.write_secret("tls.key", key.read_text())


def connect(webhook, authority, **versions):
    context = ssl.create_default_context(cafile=authority.certificate)
    for name, version in versions.items():
        setattr(context, name, version)
    return context.wrap_socket(webhook.connect(), server_hostname="127.0.0.1")


def request(post):
    return (f"POST /hook/meta HTTP/1.1\r\nHost: x\r\nContent-Length: {len(post)}\r\n"
            f"X-Hub-Signature-256: {hub_signature(post)}\r\n\r\n").encode() + post


def serial(line):
    return line.getpeercert()["serialNumber"]


def test_a_post_over_tls(secured, core, authority):
    with connect(secured, authority) as line:
        assert line.version() in ("TLSv1.2", "TLSv1.3")
        line.sendall(request(statuses(1000)))
        assert line.recv(12).endswith(b"200")
    assert len(core.hear_all(1000)) == 1000


def test_another_address_on_the_same_port(secured, core, authority):
    """From the loopback to all addresses and back; what is found wrong on the way leaves what there is."""
    tls = {"tls_cert": secured.folder / "tls.pem", "tls_key": f"file:{secured.folder}/tls.key"}
    for place, (host, options) in enumerate([("127.0.0.1", tls), ("0.0.0.0", {}), ("0.0.0.0", tls), ("127.0.0.1", tls)]):
        secured.configure(listen=f"{host}:{secured.port}", **options)
        secured.reload()
        assert ("without tls_cert" in secured.log()) == (place > 0)
        with connect(secured, authority) as line:
            line.sendall(request(statuses(1, place)))
            assert line.recv(12).endswith(b"200")
        assert core.hear()["message_id"] == f"wamid.{place:032d}"
    assert secured.log().count("configuration reloaded") == 3 and secured.log().count("old configuration stays") == 1


def test_what_is_older_than_1_2_is_refused(secured, authority):
    with connect(secured, authority, maximum_version=ssl.TLSVersion.TLSv1_2) as line:
        assert line.version() == "TLSv1.2"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        context.wrap_socket(secured.connect())


def test_plain_http_is_refused(secured):
    with secured.connect() as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200" not in line.recv(100)


def test_a_new_certificate_without_a_restart(secured, core, authority):
    with connect(secured, authority) as old:
        first = serial(old)
        use(secured, authority.server("second"))
        secured.reload()
        with connect(secured, authority) as new:
            assert serial(new) != first
            new.sendall(request(statuses(1)))
            assert new.recv(12).endswith(b"200")
        old.sendall(request(statuses(1, 1)))
        assert old.recv(12).endswith(b"200")
    assert len(core.hear_all(2)) == 2


def test_a_certificate_that_does_not_fit_its_key_keeps_the_old(secured, core, authority):
    with connect(secured, authority) as line:
        first = serial(line)
    certificate, _ = authority.server("third")
    _, key = authority.server("fourth")
    for pair, message in (((certificate, key), "do not belong together"),
                          ((secured.config, key), "do not belong together")):
        use(secured, pair)
        secured.reload()
        assert message in secured.log() and "the old configuration stays" in secured.log()
        with connect(secured, authority) as line:
            assert serial(line) == first
            line.sendall(request(statuses(1)))
            assert line.recv(12).endswith(b"200")
    assert "PRIVATE KEY" not in secured.log()


def test_a_certificate_allows_any_address(webhook, core, authority):
    use(webhook, authority.server("any"))
    webhook.configure(listen=f"0.0.0.0:{webhook.port}", tls_cert=webhook.folder / "tls.pem",
                      tls_key=f"file:{webhook.folder}/tls.key").start()
    core.wait_connected()
    with connect(webhook, authority) as line:
        line.sendall(request(statuses(1)))
        assert line.recv(12).endswith(b"200")


def start_with_socket(webhook, listener):
    """As systemd would with FileDescriptorName=webhook-http."""
    script = ("import os, sys; os.dup2(int(sys.argv[1]), 3); os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1',"
              "LISTEN_FDNAMES='webhook-http'); os.execv(sys.argv[2], sys.argv[2:])")
    from program import PROGRAM
    with open(webhook.log_path, "ab") as log:
        webhook.child = subprocess.Popen([sys.executable, "-c", script, str(listener.fileno()), PROGRAM, "--config",
                                          webhook.config, "--debug"], stderr=log, pass_fds=[listener.fileno()],
                                         env=os.environ)


def test_a_socket_of_systemd_takes_the_place_of_listen(webhook, core):
    listener = socket.create_server(("127.0.0.1", webhook.port))
    webhook.configure(listen="")
    start_with_socket(webhook, listener)
    core.wait_connected()
    assert webhook.post(statuses(1)).status == 200
    webhook.reload()
    assert webhook.post(statuses(1, 1)).status == 200
    assert len(core.hear_all(2)) == 2
    listener.close()


def test_a_socket_of_systemd_that_anybody_reaches_needs_a_certificate(webhook, core):
    listener = socket.create_server(("0.0.0.0", webhook.port))
    webhook.configure(listen="")
    start_with_socket(webhook, listener)
    assert webhook.child.wait(10) == 1
    assert "must be a loopback address" in webhook.log()
    listener.close()


def test_a_unix_socket_of_systemd(webhook, core, folder):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / "http.sock"))
    listener.listen()
    webhook.configure(listen="")
    start_with_socket(webhook, listener)
    core.wait_connected()
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(folder / "http.sock"))
        line.sendall(request(statuses(1)))
        assert line.recv(12).endswith(b"200")
    listener.close()
