"""Long computations in Python are kept with the simulations, under their inputs and the project's files."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from ipcircuit import kept as module
from ipcircuit.kept import kept
from ipcircuit.parameters import Parameter
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
    monkeypatch.setattr(module, "project_digest", lambda: "changed")
    assert [counted(calls), counted(calls)] == [3, 3]
    monkeypatch.setenv("IPCIRCUIT_CACHE", "off")
    assert [counted(calls), counted(calls)] == [4, 5]


def test_the_project_is_known_by_its_files() -> None:
    assert module.project_digest() == module.project_digest.__wrapped__()


class _Intruder:
    """Runs a command where it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.target}",)


def test_a_cache_of_someone_else_runs_nothing(
    calls: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = tmp_path / "executed"
    with monkeypatch.context() as patch:
        patch.setattr(module.pickle, "dumps", lambda _, dumps=pickle.dumps: dumps(_Intruder(proof)))
        assert counted(calls) == 1
    with pytest.warns(cache.CacheWarning, match="system is no record of this project"):
        assert counted(calls) == 2
    assert not proof.exists()
    assert counted(calls) == 2  # replaced by a sound one


def test_arrays_and_records_are_returned_as_they_were(calls: list[int]) -> None:
    result = [np.arange(3.0), np.float64(2.5), {"cell": Parameter("a", 1.0, "V", "a voltage", "a paper", "published")}]
    first, second = (kept("values", lambda: result) for _ in range(2))
    assert second[0].tolist() == first[0].tolist() == [0.0, 1.0, 2.0]
    assert second[1:] == first[1:] == result[1:]


def test_an_input_known_by_its_address_is_refused(calls: list[int]) -> None:
    with pytest.raises(TypeError, match="not a value"):
        counted(calls, object())
