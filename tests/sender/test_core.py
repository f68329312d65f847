"""The line between sender and core: what happens when one of them goes, repeats itself or talks nonsense."""

import os
import signal
import socket
import subprocess
import time

import pytest

from fakecore import Core
from program import until
from provider import WAMID, Provider


def test_core_that_comes_later_is_found(sender, folder, provider):
    sender.configure(sender.whatsapp(provider.url))
    sender.start()
    until(lambda: "cannot be reached" in sender.log(), "the sender says that the core is not there")
    core = Core(folder / "sender.sock")
    core.wait_connected()
    assert core.health_of("whatsapp")["state"] == "ok"
    assert sender.log().count("cannot be reached") == 1
    core.stop()


def test_answer_waits_for_a_core_that_went_away(started, core, provider, order):
    exchanges = []
    accept, provider.answer = provider.answer, exchanges.append
    ident = order("whatsapp")
    until(lambda: exchanges, "the request is at the provider")
    core.drop()
    until(lambda: "closed" in started.log(), "the sender sees that the core has gone")
    accept(exchanges[0])
    until(lambda: "taken over" in started.log(), "the provider has answered")
    core.listen()
    core.wait_connected()
    assert core.answer() == {"op": "sent", "id": ident, "message_id": WAMID}


def test_order_that_comes_twice_is_one_message(started, core, provider, order):
    exchanges = []
    accept, provider.answer = provider.answer, exchanges.append
    ident = order("whatsapp")
    until(lambda: exchanges, "the request is at the provider")
    order("whatsapp", id=ident)
    core.say("health", name="nowhere")
    core.health_of("nowhere")  # both orders were read
    accept(exchanges[0])
    first = core.answer()
    order("whatsapp", id=ident)
    assert core.answer() == first
    assert len(provider.requests) == 1
    core.count[ident] -= 1  # the repeated answer was asked for


def test_channel_that_the_sender_does_not_know(started, core, order):
    order("carrier-pigeon")
    answer = core.answer()
    assert (answer["failure"], answer["code"]) == ("config", "channel")


def test_nonsense_of_the_core_is_skipped(started, core, order):
    for nonsense in (b"", b"\xff" * 100, b"op=send\n", b"op=send\nid=1\nid=1\n", b"op=boo\n", b"x" * 4097):
        core.connection.send(nonsense or b"\n")
    order("whatsapp")
    assert core.answer()["op"] == "sent"


def test_server_that_is_not_the_core_is_not_trusted(sender, folder, provider):
    if os.geteuid() != 0:
        pytest.skip("needs root: another user must listen")
    folder.chmod(0o777)
    path = str(folder / "sender.sock")
    script = ("import os, socket, sys; os.setuid(65534); s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET);"
              f"s.bind({path!r}); s.listen(1); print('ready', flush=True); c, _ = s.accept(); print(c.recv(4096))")
    impostor = subprocess.Popen(["/usr/bin/python3", "-c", script], stdout=subprocess.PIPE, text=True)
    assert impostor.stdout.readline() == "ready\n"
    sender.configure(sender.whatsapp(provider.url))
    sender.start()
    until(lambda: "not trusted" in sender.log(), "the sender refuses")
    assert impostor.communicate(timeout=10)[0] == "b''\n"


def test_core_that_does_not_read_loses_nothing(started, core, folder, provider, order):
    """The socket's buffer fills up; the answers wait and come when it drains."""
    core.drop()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    listener.bind(str(folder / "sender.sock"))
    listener.listen(1)
    listener.settimeout(10)
    deaf, _ = listener.accept()
    core.connection = deaf
    ids = {order("nowhere") for _ in range(600)}
    heard = set()
    deaf.settimeout(10)
    while heard != ids:
        fields = dict(line.split("=", 1) for line in deaf.recv(4096).decode().splitlines())
        if fields["op"] == "failed":
            assert fields["id"] not in heard
            heard.add(fields["id"])
    deaf.close()
    listener.close()


def test_reload_changes_channels_and_lets_requests_finish(started, core, provider, certificate, order):
    exchanges = []
    accept, provider.answer = provider.answer, exchanges.append
    old = order("whatsapp")
    until(lambda: exchanges, "the request is at the old provider")
    second = Provider(certificate)
    started.configure(started.whatsapp(second.url))
    started.reload()
    new = order("whatsapp")
    assert core.answer()["id"] == new and len(second.requests) == 1
    accept(exchanges[0])
    assert core.answer()["id"] == old
    order("sms")
    assert core.answer()["code"] == "channel"
    second.stop()


def test_reload_with_a_fault_keeps_the_old(started, core, order):
    started.configure(started.whatsapp("http://example.com"))
    started.reload()
    assert "whatsapp-otp.conf:7: channel \"whatsapp\": base_url must begin with https://" in started.log()
    order("whatsapp")
    assert core.answer()["op"] == "sent"


def test_ends_on_sigint_too(started):
    started.child.send_signal(signal.SIGINT)
    assert started.child.wait(10) == 0


def test_more_orders_than_may_be_under_way_are_all_answered(patient, core, provider, order):
    def slowly(exchange):
        time.sleep(0.02)
        exchange.accept()

    provider.answer = slowly
    idents = {order("whatsapp") for _ in range(1500)}
    assert {core.answer()["id"] for _ in idents} == idents


def test_a_core_that_hangs_up_is_not_called_without_pause(sender, folder, provider):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(str(folder / "sender.sock"))
    listener.listen()
    sender.configure(sender.whatsapp(provider.url))
    sender.start()
    listener.settimeout(1.5)
    calls = 0
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        try:
            listener.accept()[0].close()
            calls += 1
        except TimeoutError:
            break
    listener.close()
    assert 2 <= calls <= 8


def test_one_request_that_hangs_in_clear_does_not_hold_up_the_others(sender, folder):
    gateway = Provider(plain=True)
    first = []

    def answer(exchange):
        if not first:
            first.append(exchange)
        else:
            exchange.reply_json(200, {"id": "sms-1"})

    gateway.answer = answer
    core = Core(folder / "sender.sock")
    sender.configure(sender.sms(gateway.url + "/sms", timeout=10))
    sender.start()
    core.wait_connected()
    for n in range(5):
        core.say("send", id=f"{n:032x}", channel="sms", to="+966501234567", code="123456")
    assert {core.answer()["op"] for _ in range(4)} == {"sent"}
    core.stop()
    gateway.stop()
