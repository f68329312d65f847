import os
import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from fakecore import Core  # noqa: E402
from host import DRIVER, MODULE, Host  # noqa: E402


def pytest_sessionstart(session):
    for made in (DRIVER, MODULE):
        if not made.exists():
            pytest.exit(f"{made} is missing: run 'make check' or set BUILDDIR", returncode=77)


@pytest.fixture
def folder():
    """Short enough for a socket's path, and open to other users."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="otp-pam-"))
    os.chmod(path, 0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def core(folder):
    core = Core(folder / "login.sock")
    yield core
    core.stop()


@pytest.fixture
def host(folder):
    """Makes hosts: host("timeout=1", user="bob")."""
    made = []

    def make(arguments="", **options):
        socket = options.pop("socket", folder / "login.sock")
        made.append(Host(folder, socket, arguments, **options))
        return made[-1]

    yield make
    for one in made:
        one.end()


def pytest_collection_modifyitems(items):
    if os.geteuid() == 0:
        return
    for test in items:
        if "root" in test.keywords:
            test.add_marker(pytest.mark.skip(reason="needs root"))


def pytest_configure(config):
    config.addinivalue_line("markers", "root: needs root")
