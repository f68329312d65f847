import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from certificates import Authority  # noqa: E402
from fakecore import Core  # noqa: E402
from program import CODE, NUMBER, PROGRAM, Sender  # noqa: E402
from provider import Provider  # noqa: E402


def pytest_sessionstart(session):
    if not PROGRAM.exists():
        pytest.exit(f"{PROGRAM} is missing: run make or set BUILDDIR", returncode=77)
    if not shutil.which("openssl"):
        pytest.exit("install openssl", returncode=77)


@pytest.fixture(scope="session")
def authority():
    path = pathlib.Path(tempfile.mkdtemp(prefix="otp-ca-"))
    yield Authority(path)
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def certificate(authority):
    return authority.server("good")


@pytest.fixture
def folder(authority):
    """Short enough for a socket's path."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="otp-snd-"))
    shutil.copy(authority.certificate, path / "ca.pem")
    yield path
    shutil.rmtree(path)


@pytest.fixture
def core(folder):
    core = Core(folder / "sender.sock")
    yield core
    core.stop()
    assert not core.problems
    assert all(count == 1 for count in core.count.values()), "more than one answer to one order"


@pytest.fixture
def provider(certificate):
    provider = Provider(certificate)
    yield provider
    provider.stop()
    assert not provider.complaints


@pytest.fixture
def sender(folder):
    sender = Sender(folder)
    yield sender
    sender.stop()


def start(sender, core, provider, timeout):
    sender.configure(sender.whatsapp(provider.url, timeout=timeout), sender.sms(provider.url + "/sms", timeout=timeout))
    sender.start()
    core.wait_connected()
    return sender


@pytest.fixture
def started(sender, core, provider):
    """A sender with the channels whatsapp and sms, both at the provider, that soon loses patience."""
    return start(sender, core, provider, 1)


@pytest.fixture
def patient(sender, core, provider):
    """The same with time for a second try, however slow the machine."""
    return start(sender, core, provider, 10)


@pytest.fixture
def order(core):
    """Orders a message: order("whatsapp") returns its id."""
    ids = iter(range(1, 1_000_000))

    def give(channel="whatsapp", **fields):
        fields = {"id": f"{next(ids):032x}", "channel": channel, "to": "+" + NUMBER, "code": CODE, "lang": "en",
                  "host": "web1", "service": "sshd", "address": "192.0.2.7", "minutes": 5, "seconds": 299, **fields}
        core.say("send", **{key: value for key, value in fields.items() if value != ""})
        return fields["id"]

    return give
