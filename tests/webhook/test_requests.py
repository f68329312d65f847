"""Requests that are not as they should be: wrong paths and methods, too long, too slow, too many."""

import re
import socket
import threading
import time

import pytest

from fakecore import WAIT
from program import SANITIZED, hub_signature, statuses, until

BODY_MAX = 3 * 1024 * 1024


def answer_of(line):
    """Status and headers of an answer on a raw connection."""
    stream = line.makefile("rb")
    status = int(stream.readline().split()[1])
    headers = {}
    while (text := stream.readline().strip()):
        name, value = text.decode().split(": ", 1)
        headers[name.lower()] = value
    return status, headers


def padded(length):
    """A post of exactly that length that says one thing."""
    post = statuses(1)
    return post + b" " * (length - len(post))


@pytest.mark.parametrize("path", ["/", "/hook", "/hook/metal", "/hook/meta2", "/hook//meta", "/HOOK/META", "/hook/ycloud",
                                  "/healthz/x", "/hook/%6deta", "//", "/hook/generic?x=1"])
def test_what_is_not_there(started, path):
    assert started.post(statuses(1), path=path).status == 404
    assert started.get(path).status == 404


def test_methods_that_are_not_allowed(everyone):
    for method in ("PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"):
        reply = everyone.request(method, "/hook/meta", b"x" if method == "PUT" else None)
        assert (reply.status, reply.headers["Allow"]) == (405, "GET, POST")
    reply = everyone.get("/hook/ycloud")
    assert (reply.status, reply.headers["Allow"]) == (405, "POST")
    reply = everyone.request("PUT", "/hook/vonage")
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, POST")
    reply = everyone.request("POST", "/healthz", b"")
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD")


def test_health_is_the_connection_to_the_core(started, core):
    assert (started.get("/healthz").status, started.get("/healthz").body) == (200, "ok")
    assert started.request("HEAD", "/healthz").status == 200
    core.drop()
    until(lambda: started.get("/healthz").status == 503, "it says that the core is away")
    core.listen()
    until(lambda: started.get("/healthz").status == 200, "it says that the core is back")


def test_the_longest_body_that_is_taken(started, core):
    assert started.post(padded(BODY_MAX)).status == 200
    assert core.hear()["state"] == "delivered"


def test_one_byte_more(started, core):
    assert started.post(padded(BODY_MAX + 1)).status == 413
    assert core.heard_nothing()
    assert started.get("/healthz").status == 200


@pytest.mark.parametrize("name, longest", [("vonage", 8192), ("twilio", 65536), ("unifonic", 65536), ("generic", 65536),
                                           ("telegram", 65536), ("ycloud", 262_144), ("infobip", 1_048_576)])
def test_each_provider_has_a_longest_body(everyone, core, name, longest):
    """What is not proven yet is no reason to take apart more than a provider ever sends."""
    json_type = {"Content-Type": "application/json"}
    body = b'{"a":[' + b"0," * (longest // 2 - 6) + b"0]}"
    body += b" " * (longest - len(body))
    assert everyone.request("POST", f"/hook/{name}", body, json_type).status == 401
    assert everyone.request("POST", f"/hook/{name}", body + b" ", json_type).status == 413
    pieces = (body[:1000] for _ in range(longest // 1000 + 1))
    assert everyone.request("POST", f"/hook/{name}", pieces, json_type).status == 413
    assert core.heard_nothing()


def test_a_body_without_a_length_that_grows_too_long(started):
    def chunks():
        for _ in range(49):
            yield b"x" * 65536

    assert started.post(chunks(), "sha256=" + "0" * 64).status == 413


def test_who_asks_first_need_not_send(started):
    with started.connect() as line:
        line.sendall(b"POST /hook/meta HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n")
        assert answer_of(line)[0] == 413
    with started.connect() as line:
        line.sendall(b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n")
        assert answer_of(line)[0] == 404
    with started.connect() as line:
        post = statuses(1)
        line.sendall(f"POST /hook/meta HTTP/1.1\r\nHost: x\r\nContent-Length: {len(post)}\r\nExpect: 100-continue\r\n"
                     f"X-Hub-Signature-256: {hub_signature(post)}\r\n\r\n".encode())
        assert answer_of(line)[0] == 100
        line.sendall(post)
        assert answer_of(line)[0] == 200


def test_a_body_without_an_end_is_cut_off(started):
    with started.connect() as line:
        line.sendall(b"POST /hook/meta HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        with pytest.raises(OSError):
            for _ in range(400):
                line.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
    assert started.get("/healthz").status == 200


def test_bodies_together_have_a_limit(started):
    """Eleven bodies of nearly 3 MiB are more than 32 MiB: one of them gets 503, and then there is room again."""
    before = started.memory()
    lines = [started.connect() for _ in range(12)]
    head = f"POST /hook/meta HTTP/1.1\r\nHost: x\r\nContent-Length: {BODY_MAX}\r\n\r\n".encode()
    for line in lines:
        line.sendall(head + b" " * (BODY_MAX - 1))
    until(lambda: "too many bodies" in started.log(), "there is no room for all of them")
    assert started.get("/healthz").status == 200
    assert started.memory() < before + (192 if SANITIZED else 64) * 1024 * 1024
    for line in lines:
        line.sendall(b" ")
    answers = [answer_of(line) for line in lines]
    for line in lines:
        line.close()
    assert sorted({status for status, _ in answers}) == [401, 503]
    assert all(headers.get("retry-after") == "2" for status, headers in answers if status == 503)
    assert started.post(padded(BODY_MAX)).status == 200


def test_headers_that_are_too_long_or_too_many(started):
    assert started.post(statuses(1), X_Long="y" * 100_000).status in (400, 413, 431)
    many = {f"X-H{n}": "1" for n in range(80)}
    assert started.post(statuses(1), **many).status == 400
    assert started.get("/hook/meta?" + "x" * 5000).status == 414
    assert started.get("/hook/meta?" + "&".join(f"a{n}=1" for n in range(80))).status == 400
    assert started.get("/hook/meta?hub.mode=%zz").status == 400


@pytest.mark.parametrize("framing", [
    "Content-Length: {0}\r\nContent-Length: {0}", "Content-Length: {0}\r\ncontent-length: 0",
    "Content-Length: 0\r\nContent-Length: {0}",
    "Content-Length: {0}\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: {0}",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"])
def test_a_length_that_is_said_twice(started, core, framing):
    """A proxy may have believed the other one: nothing behind it is a request."""
    post = statuses(1)
    with started.connect() as line:
        line.sendall(f"POST /hook/meta HTTP/1.1\r\nHost: x\r\n{framing.format(len(post))}\r\n"
                     f"X-Hub-Signature-256: {hub_signature(post)}\r\n\r\n".encode() + post
                     + b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        said = b"".join(iter(lambda: line.recv(65536), b""))
    assert said.startswith(b"HTTP/1.1 400 ") and said.count(b"HTTP/1.1") == 1
    assert core.heard_nothing()


def test_garbage_is_not_http(started):
    for garbage in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200, b"\r\n\r\n\r\n", b"\xff" * 40_000):
        with started.connect() as line:
            line.sendall(garbage)
        assert started.get("/healthz").status == 200
    for garbage in (b"GET\r\n\r\n", b"POST /hook/meta HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                    b"POST /hook/meta HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n"):
        with started.connect() as line:
            line.sendall(garbage)
            assert line.recv(12)[9:10] in (b"4", b"")


def test_several_posts_on_one_connection(started, core):
    post = statuses(1)
    request = (f"POST /hook/meta HTTP/1.1\r\nHost: x\r\nContent-Length: {len(post)}\r\n"
               f"X-Hub-Signature-256: {hub_signature(post)}\r\n\r\n").encode() + post
    with started.connect() as line:
        line.sendall(request * 3)
        stream = line.makefile("rb")
        for _ in range(3):
            assert stream.readline().split()[1] == b"200"
            while stream.readline().strip():
                pass
    assert len(core.hear_all(3)) == 3


def test_a_body_that_comes_in_pieces(started, core):
    post = statuses(1)
    with started.connect() as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request = (f"POST /hook/meta HTTP/1.1\r\nHost: x\r\nContent-Length: {len(post)}\r\n"
                   f"X-Hub-Signature-256: {hub_signature(post)}\r\n\r\n").encode() + post
        for place in range(0, len(request), 40):
            line.sendall(request[place:place + 40])
            time.sleep(0.001)
        assert answer_of(line)[0] == 200
    assert core.hear()["state"] == "delivered"


def test_slow_clients_hold_nobody_up_and_are_sent_away(started, core):
    """A byte now and then is no sign of life; others are served meanwhile. This is the one test that waits."""
    heads = [b"GET /hook", b"POST /hook/meta HTTP/1.1\r\nHost: x\r\nX-Drip: ",
             b"POST /hook/meta HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{", b""]
    lines = [started.connect() for _ in range(40)]
    for number, line in enumerate(lines):
        line.sendall(heads[number % len(heads)])
    gone, begun = set(), time.monotonic()
    while len(gone) < len(lines):
        assert time.monotonic() - begun < 25
        assert started.post(statuses(1)).seconds < 0.25
        for number, line in enumerate(lines):
            try:
                line.send(b"a" if heads[number % len(heads)] else b"")
                line.settimeout(0.001)
                if line.recv(100) == b"":
                    gone.add(number)
            except TimeoutError:
                pass
            except OSError:
                gone.add(number)
        time.sleep(0.2)
    assert time.monotonic() - begun > 14
    for line in lines:
        line.close()


@pytest.mark.parametrize("head", [b"", b"POST /hook/meta HTTP/1.1\r\nHost: x\r\nX-",
                                  b"POST /hook/meta HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"],
                         ids=["silent", "half a header", "half a body"])
def test_who_holds_all_places_loses_the_oldest(started, core, head):
    lines = [started.connect() for _ in range(520)]
    for line in lines:
        try:
            line.sendall(head)
        except OSError:  # it has lost its place by now
            pass
    reply = started.post(statuses(1))
    assert reply.status == 200 and reply.seconds < 1
    assert core.hear()["state"] == "delivered"
    assert lines[0].recv(1) == b""
    lines[-1].settimeout(0.01)
    with pytest.raises(TimeoutError):
        lines[-1].recv(1)
    for line in lines:
        line.close()


def test_who_has_sent_its_headers_keeps_its_place(started, core):
    """As long as there are others that have not."""
    post = statuses(1)
    with started.connect() as early:
        early.sendall(f"POST /hook/meta HTTP/1.1\r\nHost: x\r\nContent-Length: {len(post)}\r\n"
                      f"X-Hub-Signature-256: {hub_signature(post)}\r\n\r\n".encode() + post[:50])
        assert started.get("/healthz").status == 200
        lines = [started.connect() for _ in range(520)]
        assert started.get("/healthz").status == 200
        early.sendall(post[50:])
        assert answer_of(early)[0] == 200
        for line in lines:
            line.close()
    assert core.hear()["state"] == "delivered"


def test_who_says_nothing_goes_soon(started):
    with started.connect() as line, started.connect() as kept:
        begun = time.monotonic()
        kept.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer_of(kept)[0] == 200
        assert line.recv(1) == b"" and 4.9 < time.monotonic() - begun < 8
        kept.settimeout(0.01)
        with pytest.raises(TimeoutError):
            kept.recv(1)


def test_more_connections_than_there_are_places(started, core):
    """Those who have no place wait until one goes; nothing falls over."""
    lines = [started.connect() for _ in range(600)]
    for line in lines[:300]:
        line.close()
    assert started.post(statuses(1)).status == 200
    for line in lines:
        line.close()


def test_a_flood_of_refusals_is_one_line_a_second(started):
    def flood():
        for _ in range(250):
            assert started.post(b"{}", "sha256=" + "0" * 64).status == 401

    begun = time.monotonic()
    threads = [threading.Thread(target=flood) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT * 3)
    seconds = time.monotonic() - begun
    lines = re.findall(r"refused with 401.*\((\d+) more", started.log())
    assert 1 <= len(lines) <= seconds + 2
