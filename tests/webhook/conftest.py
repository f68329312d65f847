import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).parent)]
sys.path.append(str(pathlib.Path(__file__).parents[1] / "sender"))  # certificates

from certificates import Authority  # noqa: E402
from fakecore import Core  # noqa: E402
from program import PROGRAM, Webhook  # noqa: E402


def pytest_sessionstart(session):
    if not PROGRAM.exists():
        pytest.exit(f"{PROGRAM} is missing: run make or set BUILDDIR", returncode=77)


@pytest.fixture(scope="session")
def authority():
    if not shutil.which("openssl"):
        pytest.skip("install openssl")
    path = pathlib.Path(tempfile.mkdtemp(prefix="otp-ca-"))
    yield Authority(path)
    shutil.rmtree(path)


@pytest.fixture
def folder():
    """Short enough for a socket's path."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="otp-hook-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def core(folder):
    core = Core(folder / "webhook.sock")
    yield core
    core.stop()
    assert not core.problems


@pytest.fixture
def webhook(folder):
    webhook = Webhook(folder)
    yield webhook
    webhook.stop()


@pytest.fixture
def started(webhook, core):
    """A webhook that hears Meta, with a core."""
    webhook.configure().start()
    core.wait_connected()
    return webhook


@pytest.fixture
def everyone(webhook, core):
    """The same that hears every provider."""
    webhook.configure(paths=["ycloud", "twilio", "vonage", "infobip", "unifonic", "telegram", "generic"]).start()
    core.wait_connected()
    return webhook
