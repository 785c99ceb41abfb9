from collections.abc import Callable

import pytest

from tests.ipcircuit.cli.rendering import WIDTH


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """80 columns and no terminal; returns what was printed."""
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    return lambda: capsys.readouterr().out
