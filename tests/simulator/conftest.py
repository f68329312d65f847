import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from simulator import PROGRAM, Simulator  # noqa: E402


def pytest_sessionstart(session):
    if not PROGRAM.exists():
        pytest.exit(f"{PROGRAM} is missing: run 'make check' or set BUILDDIR", returncode=77)


@pytest.fixture
def start(tmp_path):
    """Starts simulators: start("--delay", 100)."""
    started = []

    def start_one(*arguments, **options):
        folder = tmp_path / str(len(started))
        folder.mkdir()
        started.append(Simulator(folder, *arguments, **options))
        return started[-1]

    yield start_one
    for simulator in started:
        if simulator.process.poll() is None:
            assert simulator.stop() == 0


@pytest.fixture(scope="module")
def running(request, tmp_path_factory):
    """One for all tests of a file, with the arguments that the file names in ARGUMENTS."""
    simulator = Simulator(tmp_path_factory.mktemp("simulator"), *getattr(request.module, "ARGUMENTS", []))
    yield simulator
    assert simulator.stop() == 0


@pytest.fixture
def phone(running):
    """The simulator of the file, with an empty phone."""
    running.clear()
    return running
