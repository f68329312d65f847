"""What a test asks for by name. Every test begins with an empty database, an empty phone and full limits."""

import os
import subprocess

import pytest

import login
import machine

LIB = os.path.join(os.path.dirname(__file__), "..", "lib")
PEOPLE = ["alice", "bob"]


@pytest.fixture(scope="session", autouse=True)
def bed():
    """Users, keys, pam.d of the throw-away machine. Outside of one nothing runs: furnish refuses."""
    subprocess.run([os.path.join(LIB, "furnish"), *PEOPLE], check=True)
    login.install_askpass()
    machine.write_file("/etc/sudoers.d/bed", "Defaults timestamp_timeout=0, !lecture\nalice ALL=(ALL:ALL) ALL\n", 0o440)
    for service in ("sshd", "sudo", "sudo-i"):
        login.stack(service, "required pam_whatsapp_otp.so")
    login.stack("su", "sufficient pam_rootok.so", "required pam_whatsapp_otp.so")


@pytest.fixture(scope="session")
def syslog(bed):
    return machine.Syslog()


@pytest.fixture
def log(syslog):
    """Lines of syslog(3) from this test alone."""
    syslog.lines.clear()
    return syslog


@pytest.fixture(scope="session")
def sshd(syslog):
    program = login.Sshd().start()
    yield program
    program.stop()


@pytest.fixture
def simulator():
    machine.fresh_state()
    program = machine.simulator().start()
    yield program
    program.stop()


@pytest.fixture
def phone(simulator):
    return machine.Phone()


class Product:
    """The core and the sender, with a config that a test may change before it starts anything else."""

    def __init__(self):
        self.core, self.sender = machine.core(), machine.sender()

    def start(self, **config):
        machine.configure(**config)
        self.core.start()
        self.sender.start()
        return self

    def with_config(self, **config):
        """The same database under another config."""
        self.stop()
        return self.start(**config)

    def stop(self):
        self.sender.stop()
        self.core.stop()


@pytest.fixture
def product(phone, request):
    """Running, alice and bob enrolled. @pytest.mark.config(policy="ttl = 30") changes the config."""
    marker = request.node.get_closest_marker("config")
    running = Product().start(**(marker.kwargs if marker else {}))
    for user in PEOPLE:
        machine.enroll(user)
    yield running
    running.stop()
    for program in (running.core, running.sender):
        assert "Sanitizer" not in program.log, program.log


@pytest.fixture(autouse=True)
def nothing_secret_is_logged(request, syslog):
    """After each test: no code that reached a phone, no number, no secret stands in any log."""
    yield
    if "simulator" not in request.fixturenames:
        return
    logs = [f"/var/log/{name}.log" for name in ("whatsapp-otpd", "whatsapp-otp-sender")]
    text = syslog.text + "".join(open(path, errors="replace").read() for path in logs if os.path.exists(path))
    for secret in (machine.TOKEN, machine.SMS_KEY, *machine.PHONES.values()):
        assert secret not in text and secret.lstrip("+") not in text, f"{secret} is in a log"


def pytest_configure(config):
    config.addinivalue_line("markers", "config(**sections): what the config holds besides the bed's own")
