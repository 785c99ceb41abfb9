"""Long computations in Python are kept with the simulations, under their inputs and the project's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from ipcircuit import kept as module
from ipcircuit.kept import kept
from ipcircuit.spice import cache


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    monkeypatch.setenv("IPCIRCUIT_CACHE", str(tmp_path))
    return []


def counted(calls: list[int], *inputs: object) -> int:
    def compute() -> int:
        calls.append(1)
        return len(calls)

    return kept("counted", compute, *inputs)


def test_a_result_is_computed_once_for_each_input(calls: list[int]) -> None:
    assert [counted(calls, 1), counted(calls, 1), counted(calls, 2), counted(calls, 1)] == [1, 1, 2, 1]


def test_fresh_or_switched_off_or_other_code_computes_again(calls: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    assert counted(calls) == 1
    with cache.fresh():
        assert [counted(calls), counted(calls)] == [2, 2]
    monkeypatch.setattr(module, "_project", lambda: "changed")
    assert [counted(calls), counted(calls)] == [3, 3]
    monkeypatch.setenv("IPCIRCUIT_CACHE", "off")
    assert [counted(calls), counted(calls)] == [4, 5]


def test_the_project_is_known_by_its_files() -> None:
    assert module._project() == module._project.__wrapped__()
