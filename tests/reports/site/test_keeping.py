"""What a report keeps for the next one."""

from __future__ import annotations

from pathlib import Path

import pytest

from ipcircuit.families import Entry
from ipcircuit.spice.cache import fresh
from reports.attempt import Failure
from reports.section import Run
from reports.site import keeping
from reports.site.keeping import keep, of_circuit, of_sections, recalled


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPCIRCUIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(keeping, "simulator_build", lambda: "ngspice")


def _counted(results: list[object], value: object) -> object:
    results.append(value)
    return value


def test_a_result_is_computed_once_unless_it_must_be_fresh() -> None:
    computed: list[object] = []
    for _ in range(2):
        assert keep("x", True, lambda: _counted(computed, 7), lambda _: True) == 7
    assert (len(computed), recalled("x", True), recalled("y", True)) == (1, 7, None)
    with fresh():
        assert recalled("x", True) is None
    keep("x", False, lambda: _counted(computed, 7), lambda _: True)
    assert (len(computed), recalled("x", False)) == (2, None)


def test_what_failed_is_computed_again() -> None:
    computed: list[object] = []
    failure = Failure("table", "no sample fired")
    for _ in range(2):
        assert keep("x", True, lambda: _counted(computed, failure), lambda part: part is not failure) is failure
    assert (len(computed), recalled("x", True)) == (2, None)


def test_nothing_that_may_change_without_notice_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    assert of_circuit("comparator")
    assert not of_circuit("no_such_circuit")
    assert of_sections(Run())
    assert not of_sections(Run(runs=Path("runs")))

    class WithPlugIn:
        def entries(self) -> list[Entry]:
            return [Entry("mine", "", "mine:NEURON", source="mine 1.0")]

    monkeypatch.setattr(keeping, "REGISTRIES", (WithPlugIn(),))
    keeping._only_ours.cache_clear()
    assert not of_sections(Run())
    keeping._only_ours.cache_clear()
