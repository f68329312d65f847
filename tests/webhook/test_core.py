"""The line to the core: what happens when it goes, hangs, is slow, or is somebody else."""

import os
import subprocess
import threading
import time

import pytest

from fakecore import Core
from program import BODIES, statuses, until

QUEUE = 1000  # the smallest that the config takes


def test_a_core_that_comes_later_hears_everything(webhook, folder):
    webhook.configure().start()
    until(lambda: "cannot be reached" in webhook.log(), "it says that the core is not there")
    assert [webhook.post(statuses(10, first)).status for first in range(0, 50, 10)] == [200] * 5
    assert webhook.get("/healthz").status == 503
    core = Core(folder / "webhook.sock")
    assert [message["message_id"] for message in core.hear_all(50)] == [f"wamid.{n:032d}" for n in range(50)]
    assert webhook.log().count("cannot be reached") == 1
    core.stop()
    assert not core.problems


def test_what_does_not_fit_is_refused_whole_until_there_is_room(webhook, folder):
    """A post is taken whole or not at all: the provider brings it again."""
    webhook.configure(queue=QUEUE).start()
    assert webhook.post(statuses(600)).status == 200
    reply = webhook.post(statuses(500, 600))
    assert (reply.status, reply.headers["Retry-After"]) == (503, "2")
    assert webhook.post(statuses(400, 600)).status == 200
    assert webhook.post(statuses(1, 1000)).status == 503
    assert webhook.post(b'{"object":"whatsapp_business_account","entry":[]}').status == 200
    core = Core(folder / "webhook.sock")
    assert [message["message_id"] for message in core.hear_all(1000)] == [f"wamid.{n:032d}" for n in range(1000)]
    assert webhook.post(statuses(1, 1000)).status == 200
    assert core.hear()["message_id"] == f"wamid.{1000:032d}"
    core.stop()


def test_a_signal_is_taken_only_by_a_core_that_is_there(started, core):
    """A receipt that is lost has a timer behind it; that somebody did not ask for a code is told once."""
    signals = [(BODIES / name).read_bytes() for name in (
        "meta_button_not_requested.json", "meta_number_changed.json", "meta_identity_changed.json",
        "meta_template_paused.json", "meta_account_events.json", "meta_text_that_is_none.json")]
    core.drop()
    for post in signals:
        reply = started.post(post)
        assert (reply.status, reply.headers["Retry-After"]) == (503, "2")
    assert started.post(statuses(5)).status == 200
    core.listen()
    core.wait_connected()
    assert [message["op"] for message in core.hear_all(5)] == ["receipt"] * 5  # of the others nothing was used
    assert started.post(signals[0]).status == 200
    assert core.hear()["kind"] == "not-requested"


def test_a_signal_does_not_wait_behind_a_core_that_hangs(webhook, folder):
    core = Core(folder / "webhook.sock", deaf=True)
    webhook.configure().start()
    core.wait_connected()
    assert {webhook.post(statuses(500, first)).status for first in range(0, 2000, 500)} == {200}
    button = (BODIES / "meta_button_not_requested.json").read_bytes()
    assert webhook.post(button).status == 503
    core.wake_up()
    assert {message["op"] for message in core.hear_all(2000)} == {"receipt"}
    until(lambda: webhook.post(button).status == 200, "the queue is empty")
    assert core.hear()["kind"] == "not-requested"
    core.stop()


def test_one_post_larger_than_the_queue_fits_when_it_is_empty(webhook, folder):
    webhook.configure(queue=QUEUE).start()
    assert webhook.post(statuses(1500)).status == 200
    assert webhook.post(statuses(1)).status == 503
    core = Core(folder / "webhook.sock")
    assert len(core.hear_all(1500)) == 1500
    core.stop()


def test_a_core_that_hangs_delays_no_answer(webhook, folder):
    core = Core(folder / "webhook.sock", deaf=True)
    webhook.configure(queue=QUEUE).start()
    core.wait_connected()
    replies = [webhook.post(statuses(100, first)) for first in range(0, 5000, 100)]
    assert max(reply.seconds for reply in replies) < 0.25
    taken = sum(reply.status == 200 for reply in replies)
    assert {reply.status for reply in replies} == {200, 503} and taken >= QUEUE / 100
    core.wake_up()
    heard = [message["message_id"] for message in core.hear_all(taken * 100)]
    assert heard == [f"wamid.{n:032d}" for first, reply in zip(range(0, 5000, 100), replies) if reply.status == 200
                     for n in range(first, first + 100)]
    core.stop()


def test_a_core_that_comes_and_goes_hears_each_post_once_or_more(webhook, folder):
    webhook.configure().start()
    heard, stop = set(), threading.Event()

    def comings_and_goings():
        while not stop.is_set():
            core = Core(folder / "webhook.sock")
            core.wait_connected()
            time.sleep(0.05)
            core.drop()
            while not core.messages.empty():
                heard.add(core.hear()["message_id"])

    coming = threading.Thread(target=comings_and_goings)
    coming.start()
    replies = [webhook.post(statuses(1, number)) for number in range(300)]
    stop.set()
    coming.join()
    assert all(reply.status == 200 and reply.seconds < 0.25 for reply in replies)
    core = Core(folder / "webhook.sock")
    assert webhook.post(statuses(1, 300)).status == 200
    while f"wamid.{300:032d}" not in heard:
        heard.add(core.hear()["message_id"])
    assert len(heard) > 250  # what lay unread in a socket whose core died is lost
    core.stop()


def test_killed_and_started_again(started, core):
    assert started.post(statuses(1)).status == 200
    assert core.hear()["message_id"] == f"wamid.{0:032d}"
    started.kill()
    started.start()
    core.wait_connected()
    assert started.post(statuses(1, 1)).status == 200
    assert core.hear()["message_id"] == f"wamid.{1:032d}"


def test_who_listens_there_must_be_the_core(webhook, folder):
    if os.geteuid() != 0:
        pytest.skip("needs root: another user must listen")
    folder.chmod(0o777)
    path = str(folder / "webhook.sock")
    script = ("import os, socket; os.setuid(65534); s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET);"
              f"s.bind({path!r}); s.listen(1); print('ready', flush=True); c, _ = s.accept(); print(c.recv(4096))")
    impostor = subprocess.Popen(["/usr/bin/python3", "-c", script], stdout=subprocess.PIPE, text=True)
    assert impostor.stdout.readline() == "ready\n"
    webhook.configure().start()
    until(lambda: "not trusted" in webhook.log(), "the webhook refuses")
    assert webhook.post(statuses(1)).status == 200  # it waits for the real one
    assert impostor.communicate(timeout=10)[0] == "b''\n"


def test_what_waits_at_the_end_is_counted(webhook):
    webhook.configure().start()
    assert webhook.post(statuses(7)).status == 200
    webhook.child.terminate()
    assert webhook.child.wait(10) == 0
    assert "7 messages that waited for the core are lost" in webhook.log()
