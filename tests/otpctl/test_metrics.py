"""metrics: the same figures for Prometheus, on standard output, as a file for node_exporter, and over HTTP."""

import http.client
import os
import signal
import socket
import subprocess
import time

import pytest

import openmetrics
from conftest import PROGRAM
from fakecore import ANY
from test_stats import SMS, WHATSAPP

TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def feed(core, channels=(WHATSAPP, SMS), countries=({**WHATSAPP, "key": "+966"},)):
    for since, by, rows in (0, "channel", channels), (0, "country", countries), (ANY, "channel", channels):
        core.gets("stats", by=by, **({"since": since} if since else {"since": "0"}))
        for row in rows:
            core.sends("stat", **row)
        core.sends("done", result="allow")
    core.gets("breakers").sends("breaker", channel="whatsapp", scope="country", subject="+20")
    core.sends("breaker", channel="whatsapp", scope="country", subject="+1").sends("done", result="allow")
    core.gets("alarms").sends("alarm", kind="cost", subject="sms", text="80 %")
    core.sends("alarm", kind="template", subject="x", acked_at=5).sends("done", result="allow")
    core.gets("health", state="known").sends("health", name="sender", state="ok")
    core.sends("health", name="whatsapp", state="degraded", detail="190").sends("done", result="allow")


def value(samples, name, /, **labels):
    return samples["whatsapp_otp_" + name, frozenset(labels.items())]


def test_everything_that_is_worth_watching(core, ask):
    feed(core)
    result = ask("metrics")
    assert result.status == 0 and result.err == ""
    samples, families = openmetrics.read(result.out)
    assert value(samples, "up") == 1
    for name in "sent", "accepted", "delivered", "read", "failed", "fallback", "verified":
        assert value(samples, f"messages_{name}_total", channel="whatsapp") == WHATSAPP[name]
        assert value(samples, f"country_messages_{name}_total", country="+966") == WHATSAPP[name]
    assert value(samples, "cost_total", channel="whatsapp", currency="USD") == 1.45
    assert value(samples, "country_cost_total", country="+966", currency="USD") == 1.45
    assert value(samples, "send_seconds", channel="whatsapp", quantile="0.95") == 0.91
    assert value(samples, "delivery_seconds", channel="whatsapp", quantile="0.5") == 1.9
    assert value(samples, "answer_seconds", channel="whatsapp", quantile="0.95") == 41
    assert value(samples, "breakers_open", channel="whatsapp", scope="country") == 2
    assert value(samples, "breakers_open", channel="sms", scope="channel") == 0
    assert value(samples, "health", name="sender", state="ok") == 1
    assert value(samples, "health", name="whatsapp", state="ok") == 0
    assert value(samples, "health", name="whatsapp", state="degraded") == 1
    assert families["whatsapp_otp_messages_sent"] == "counter"


def test_a_time_that_is_not_known_has_no_sample(core, ask):
    feed(core)
    samples, _ = openmetrics.read(ask("metrics").out)
    assert not [key for key in samples if key[0] == "whatsapp_otp_delivery_seconds" and ("channel", "sms") in key[1]]


def test_an_alarm_counts_until_somebody_took_note(core, ask):
    feed(core)
    samples, _ = openmetrics.read(ask("metrics").out)
    assert value(samples, "alarms_unacknowledged", kind="cost") == 1
    assert value(samples, "alarms_unacknowledged", kind="template") == 0
    assert value(samples, "alarms_unacknowledged", kind="webhook") == 0


def test_names_that_would_break_the_text(core, ask):
    row = {**SMS, "key": 'a"b\\c'}
    feed(core, channels=(row,), countries=({**SMS, "key": ""},))
    samples, _ = openmetrics.read(ask("metrics").out)
    names = {dict(labels)["channel"] for name, labels in samples if name == "whatsapp_otp_messages_sent_total"}
    assert len(names) == 1 and '\\"' in names.pop()
    assert value(samples, "country_messages_sent_total", country="unknown") == 10


def test_a_channel_with_the_name_of_a_part_of_the_core(core, ask):
    feed(core)
    core.steps.insert(-1, ("send", "health", dict(name="sender", state="failed")))
    samples, _ = openmetrics.read(ask("metrics").out)
    assert value(samples, "health", name="sender", state="ok") == 1


def test_a_core_that_is_down_is_news_too(otpctl, tmp_path):
    file = tmp_path / "otp.prom"
    result = otpctl("metrics", "--textfile", str(file), "--socket", str(tmp_path / "none.sock"))
    assert result.status == 3 and "metrics: " in result.err and "the core does not run" in result.err
    samples, _ = openmetrics.read(file.read_text())
    assert value(samples, "up") == 0 and len(samples) == 2


def test_a_refusal_is_not_up(core, ask):
    core.gets("stats", since="0", by="channel").sends("done", result="deny", reason="only the audit group may ask this")
    result = ask("metrics")
    assert result.status == 3 and "metrics: only the audit group may ask this" in result.err
    assert value(openmetrics.read(result.out)[0], "up") == 0


def test_a_textfile_is_whole_and_readable(core, ask, tmp_path):
    file = tmp_path / "otp.prom"
    file.write_text("old")
    file.chmod(0o600)
    before = file.stat().st_ino
    feed(core)
    old = os.umask(0o077)
    try:
        result = ask("metrics", "--textfile", str(file))
    finally:
        os.umask(old)
    assert (result.status, result.out, result.err) == (0, "", "")
    assert file.stat().st_mode & 0o777 == 0o644 and file.stat().st_ino != before
    assert value(openmetrics.read(file.read_text())[0], "up") == 1
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith("otp.prom")] == ["otp.prom"]


def test_a_textfile_that_cannot_be_written(core, ask, tmp_path):
    feed(core)
    result = ask("metrics", "--textfile", str(tmp_path / "none" / "otp.prom"))
    assert result.status == 1 and "cannot be written: No such file or directory" in result.err


class Served:
    def __init__(self, listen, core):
        self.process = subprocess.Popen([PROGRAM, "metrics", "--listen", listen, "--socket", core], text=True,
                                        stderr=subprocess.PIPE, env={"PATH": "/usr/bin:/bin"})

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        _, self.err = self.process.communicate(timeout=20)
        assert "Sanitizer" not in self.err, self.err
        return self.process.returncode


def reach(make):
    """The first connection that is taken."""
    end = time.monotonic() + 20
    while True:
        try:
            return make()
        except OSError:
            assert time.monotonic() < end, "nobody listens"
            time.sleep(0.02)


def ask_http(connect, method="GET", path="/metrics"):
    connection = http.client.HTTPConnection("localhost")
    connection.sock = reach(connect)
    connection.request(method, path)
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response, body


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def unix(path):
    def connect():
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.connect(str(path))
        except OSError:
            sock.close()
            raise
        return sock
    return connect


def test_prometheus_scrapes_it_on_loopback(core):
    feed(core)
    feed(core)
    core.start()
    port = free_port()
    served = Served(f"127.0.0.1:{port}", core.path)
    for _ in range(2):
        response, body = ask_http(lambda: socket.create_connection(("127.0.0.1", port)))
        assert (response.status, response.headers["Content-Type"]) == (200, TYPE)
        assert value(openmetrics.read(body)[0], "up") == 1
    assert served.stop() == 0 and served.err == ""


def test_a_unix_socket_is_made_and_removed(core, tmp_path):
    path = tmp_path / "metrics.sock"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))  # left over from one that crashed
    left.close()
    feed(core)
    core.start()
    served = Served(str(path), core.path)
    response, body = ask_http(unix(path))
    assert response.status == 200 and value(openmetrics.read(body)[0], "up") == 1
    assert served.stop() == 0 and not path.exists()


def test_only_one_page_and_only_to_read(core, tmp_path):
    served = Served(str(tmp_path / "m.sock"), core.path)
    for method, path, status in ("GET", "/", 404), ("GET", "/metrics/x", 404), ("POST", "/metrics", 405), ("DELETE", "/metrics", 405):
        assert ask_http(unix(tmp_path / "m.sock"), method, path)[0].status == status
    assert served.stop() == 0


def test_a_core_that_is_away_is_told_once(tmp_path):
    served = Served(str(tmp_path / "m.sock"), str(tmp_path / "none.sock"))
    for _ in range(3):
        response, body = ask_http(unix(tmp_path / "m.sock"))
        assert response.status == 200 and value(openmetrics.read(body)[0], "up") == 0
    assert served.stop() == 0
    assert served.err.count("the core does not run") == 1


def serve_passed(sock, core):
    """As systemd passes it: as descriptor 3, with the number of the process, which a shell knows and keeps over exec."""
    script = 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" metrics --listen systemd --socket "$1"'
    return subprocess.Popen(["/bin/sh", "-c", script, PROGRAM, core.path], text=True, stderr=subprocess.PIPE, close_fds=False,
                            preexec_fn=lambda: os.dup2(sock.fileno(), 3, inheritable=True), env={"PATH": "/usr/bin:/bin"})


def test_a_socket_from_systemd(core):
    feed(core)
    core.start()
    with socket.create_server(("127.0.0.1", 0)) as sock:
        process = serve_passed(sock, core)
        response, body = ask_http(lambda: socket.create_connection(sock.getsockname()))
        assert response.status == 200 and value(openmetrics.read(body)[0], "up") == 1
        process.terminate()
        _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")


def test_a_socket_from_systemd_that_the_world_can_reach(core):
    with socket.create_server(("0.0.0.0", 0)) as sock:
        process = serve_passed(sock, core)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 1 and "not on loopback" in err


@pytest.mark.parametrize("listen, status, what", [
    ("0.0.0.0:9753", 2, "not on loopback"),
    ("192.0.2.1:9753", 2, "not on loopback"),
    ("[::]:9753", 2, "not on loopback"),
    ("127.0.0.1", 2, "not an address"),
    ("127.0.0.1:99999", 2, "not an address"),
    ("localhost:9753", 2, "not an address"),
    ("[::1:9753", 2, "not an address"),
    ("relative.sock", 2, "not an address"),
    ("/" + "x" * 120, 2, "not an address"),
    ("/none/metrics.sock", 1, "No such file or directory"),
    ("systemd", 1, "wants one socket from systemd"),
])
def test_nobody_else_is_served(otpctl, listen, status, what):
    result = otpctl("metrics", "--listen", listen)
    assert (result.status, result.out) == (status, "") and what in result.err


@pytest.mark.parametrize("words", [["--json"], ["--textfile", "x", "--listen", "127.0.0.1:1"]])
def test_wrong_usage(otpctl, words):
    assert otpctl("metrics", *words).status == 2
