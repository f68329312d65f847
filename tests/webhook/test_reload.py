"""SIGHUP: the new configuration as a whole or the old one, and no request is lost over it."""

import re
import signal
import socket
import threading
import time

import pytest

from program import NUMBER_ID, free_port, hub_signature, statuses, until


def test_a_new_secret(started, core):
    post = statuses(1)
    started.write_secret("app.secret", "another-secret")
    assert started.post(post).status == 200
    started.reload()
    assert started.post(post).status == 401
    assert started.post(post, hub_signature(post, "another-secret")).status == 200
    assert len(core.hear_all(2)) == 2


def test_a_new_path(started, core):
    started.configure(path_meta="/elsewhere/for/meta")
    started.reload()
    assert started.post(statuses(1)).status == 404
    assert started.post(statuses(1), path="/elsewhere/for/meta").status == 200


def test_a_new_address(started, core):
    old, started.port = started.port, free_port()
    started.configure()
    started.reload()
    assert started.post(statuses(1)).status == 200
    with socket.socket() as line:
        assert line.connect_ex(("127.0.0.1", old)) != 0


def test_a_port_that_somebody_else_has(started, core):
    """Even one who would share it."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        started.configure(listen=f"127.0.0.1:{other.getsockname()[1]}")
        started.reload()
        assert "Address already in use" in started.log() and "the old configuration stays" in started.log()
    assert started.post(statuses(1)).status == 200


def test_nobody_else_gets_a_share_of_the_port(started):
    """Not of the socket that it began with, nor of one that it has moved to."""
    for port in (started.port, free_port()):
        started.port = port
        started.configure()
        started.reload()
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            with pytest.raises(OSError, match="in use"):
                other.bind(("127.0.0.1", port))


def test_a_number_that_is_no_longer_ours(started, core):
    started.configure(meta_numbers=["1"])
    started.reload()
    assert started.post(statuses(1)).status == 200
    started.configure(meta_numbers=[NUMBER_ID])
    started.reload()
    assert started.post(statuses(1, 5)).status == 200
    assert core.hear()["message_id"] == f"wamid.{5:032d}"


def test_a_config_with_a_fault_keeps_the_old(started, core):
    faults = [({"path_meta": "hook"}, "path_meta must be a path"), ({"listen": "nowhere:80"}, "listen must be an address"),
              ({"app_secret": f"file:{started.folder}/missing"}, "missing: No such file"),
              ({"listen": "192.0.2.1:80", "tls_cert": "/none", "tls_key": "file:/none"}, "listen: 192.0.2.1:80"),
              ({"tls_cert": "/none"}, "go together"), ({"public_url": "http://x"}, "public_url must begin")]
    for options, message in faults:
        started.configure(**options)
        started.reload()
        assert message in started.log() and "the old configuration stays" in started.log()
        assert started.post(statuses(1)).status == 200
        assert core.hear()["state"] == "delivered"
    started.config.write_text("core {\n")
    started.reload()
    assert started.post(statuses(1)).status == 200


def test_a_request_under_way_ends_as_it_began(started, core):
    post = statuses(1)
    with started.connect() as line:
        line.sendall(f"POST /hook/meta HTTP/1.1\r\nHost: x\r\nContent-Length: {len(post)}\r\n"
                     f"X-Hub-Signature-256: {hub_signature(post)}\r\n\r\n".encode() + post[:50])
        assert started.get("/healthz").status == 200  # the head has been read
        started.write_secret("app.secret", "another-secret")
        started.configure(path_meta="/elsewhere")
        started.reload()
        line.sendall(post[50:])
        stream = line.makefile("rb")
        assert stream.readline().split()[1] == b"200"
        headers = b"".join(iter(stream.readline, b"\r\n"))
        assert b"Connection: close" in headers
    assert core.hear()["state"] == "delivered"


def test_reloads_under_load_lose_nothing(started, core):
    """Posts on new connections and on kept ones, and a reload every few milliseconds."""
    stop, statuses_seen = threading.Event(), []

    def post_on(first):
        number = first
        while not stop.is_set():
            statuses_seen.append(started.post(statuses(1, number)).status)
            number += 1

    threads = [threading.Thread(target=post_on, args=[place * 100_000]) for place in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        started.child.send_signal(signal.SIGHUP)
        time.sleep(0.03)
    stop.set()
    for thread in threads:
        thread.join()
    until(lambda: started.log().count("configuration reloaded") >= 2, "it has reloaded")
    assert len(statuses_seen) > 50 and set(statuses_seen) == {200}
    assert len(core.hear_all(len(statuses_seen))) == len(statuses_seen)


def test_many_reloads_with_guests_that_stay_leave_few_doors(started):
    """Each reload opens a new door; old ones wait for their guests, but not many of them."""
    lines = []
    for _ in range(12):
        lines.append(started.connect())
        lines[-1].sendall(b"POST /hook/meta HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n1")
        assert started.get("/healthz").status == 200
        started.reload()
    for line in lines[:8]:
        assert line.recv(100) == b""
    lines[-1].sendall(b"234567890")
    assert lines[-1].recv(12).endswith(b"401")
    for line in lines:
        line.close()


def test_without_an_address_it_waits_for_one(webhook, core):
    webhook.configure(listen="").start()
    assert "nothing to do until it is" in webhook.log()
    webhook.configure()
    webhook.reload()
    assert webhook.post(statuses(1)).status == 200
    webhook.configure(listen="")
    webhook.reload()
    with socket.socket() as line:
        assert line.connect_ex(("127.0.0.1", webhook.port)) != 0


def test_what_keeps_it_from_starting(webhook):
    for options, message in (
            ({"listen": "0.0.0.0:8480"}, "without tls_cert and tls_key it must be a loopback address"),
            ({"listen": "[::]:8480"}, "must be a loopback address"), ({"listen": "127.0.0.1"}, "listen must be"),
            ({"listen": "127.0.0.1:0"}, "listen must be"), ({"listen": "127.0.0.1:65536"}, "listen must be"),
            ({"listen": "localhost:80"}, "listen must be"), ({"app_secret": ""}, "path_meta needs a secret"),
            ({"verify_token": ""}, "path_meta needs verify_token"), ({"path_meta": "/"}, "must be a path of its own"),
            ({"path_meta": "/a/"}, "must be a path of its own"), ({"path_meta": "/a b"}, "must be a path of its own"),
            ({"path_meta": "/healthz"}, "must be a path of its own"),
            ({"path_generic": "/hook/meta", "generic_secret": f"file:{webhook.folder}/generic.secret"},
             "path of another provider")):
        webhook.configure(**options)
        assert message in webhook.refuses_to_start()
        assert re.search(rf"{webhook.config}:\d+: webhook: ", webhook.log())
        webhook.log_path.unlink()
