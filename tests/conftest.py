"""Settings that must stand before any test imports a library that reads them once; simulations shared by all tests."""

import os
import shutil
import tempfile

import pytest
from hypothesis import HealthCheck, settings

os.environ["OMP_THREAD_LIMIT"] = "1"  # ngspice's BSIM4 starts threads; several runs at once would fight over the cores
os.environ["OMP_NUM_THREADS"] = "1"  # torch reads this one, and miscounts its threads where it does not know the limit
os.environ["MPLBACKEND"] = "Agg"

# A busy machine is no failure of the code.
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")

CACHE_FOLDER = "IPCIRCUIT_CACHE"
IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ  # which inherits the folder of the process that started it
if not IS_WORKER:
    os.environ[CACHE_FOLDER] = tempfile.mkdtemp(prefix="ipcircuit-test-cache-")


def pytest_unconfigure() -> None:
    if not IS_WORKER:
        shutil.rmtree(os.environ[CACHE_FOLDER], ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The report first, for it takes longest; the circuits last, most of whose decks are simulated by then."""

    def turn(item: pytest.Item) -> int:
        folders = item.path.parts
        return 0 if "site" in folders else 2 if "circuits" in folders else 1

    items.sort(key=turn)


@pytest.fixture
def uncached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every simulation of the test really runs; for tests of the simulator itself."""
    monkeypatch.setenv(CACHE_FOLDER, "off")
