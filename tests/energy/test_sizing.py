"""`ipcircuit size`: a search whose front is known by hand, yields from margins, what is refused, a real circuit."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from circuits.catalog import load
from circuits.conditions import Fidelity
from circuits.thermal_mtj.sense.sizes import MtjSizes
from energy.constants import LAYOUT_FACTOR, PUBLISHED_OPERATION
from energy.variation.sizing import sizing as module
from energy.variation.sizing.evaluation import Evaluation, evaluated
from energy.variation.sizing.front import unbeaten
from energy.variation.sizing.sizing import Effort, Sizing, size
from energy.variation.sizing.space import Aim, Variable
from energy.variation.sizing.tail import estimated, tail_deviate
from ipcircuit.cli.main import main
from ipcircuit.errors import InputError, MissingDependencyError
from ipcircuit.sampling import Sample

#: By hand: margin v · 10 mV, σ 10 mV / √w, area w, energy v²: 99.9 % asks for v √w = 3.09, so that the front is the
#: hyperbola energy · area = 3.09² = 9.55.
PRODUCT = float(ndtri(0.999)) ** 2
SPACE = (Variable.read("sense_width=2e-7:2e-5"), Variable.read("v_read=0.5:2"))
EFFORT = Effort(evaluations=60, copies=150, front_copies=600, model="tpe")


def _analytic(
    testbench: object,
    values: Mapping[str, Any],
    scope: str,
    samples: Sequence[Sample],
    *,
    fidelity: Fidelity = Fidelity.SCREENING,
    n_jobs: int | None = None,
) -> Evaluation:
    """At reference 0.1 σ less is left of each margin."""
    width, v = values.get("sense_width", 2e-6) / 2e-7, values.get("v_read", 1.0)
    sigma = (0.005 if values.get("sense") == "latch" else 0.01) / math.sqrt(width)
    deviates = np.array([np.random.default_rng([s.seed, s.index]).standard_normal() for s in samples])
    margins = 0.01 * v + sigma * deviates - (0.0 if fidelity is Fidelity.SCREENING else 0.1 * sigma)
    share = estimated(margins.tolist(), (margins > 0).tolist())
    costs = {"energy_per_operation_J": v**2, "area_um2": width, "latency_s": 1.0}
    return Evaluation(dict(values), costs, {}, 2, 0.01 * v, *astuple(share))


@pytest.fixture
def analytic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "evaluated", _analytic)


def _sized(**effort: int) -> Sizing:
    return size(load("comparator"), SPACE, Aim(), effort=Effort(**{**vars(EFFORT), **effort}))


@pytest.mark.usefixtures("analytic")
def test_search_finds_a_front_that_is_known_by_hand() -> None:
    sizing = _sized()
    assert len(sizing.front) >= 5
    for design in sizing.front:
        product = math.prod(design.costs[name] or 0 for name in ("energy_per_operation_J", "area_um2"))
        # z of 99.9 % from 600 copies is known to some √((1 + z²/2) / 600) = 0.1, 4 %, and the product is its square
        assert 0.75 * PRODUCT < product < 1.9 * PRODUCT
        assert design.copies == 600
        assert design.low is not None
        assert design.high is not None
        assert design.low < design.share < design.high  # pyright: ignore[reportOperatorIssue]
    areas = [design.costs["area_um2"] or 0 for design in sizing.front]
    energies = [design.costs["energy_per_operation_J"] or 0 for design in sizing.front]
    assert areas == sorted(areas)
    assert energies == sorted(energies, reverse=True)
    assert areas[-1] > 3 * areas[0]
    # the model learns: its own proposals reach the target more often than the evenly spread first ones
    reached = [e.share is not None and e.share >= 0.998 for e in sizing.evaluations]
    assert np.mean(reached[30:]) > np.mean(reached[:9])


@pytest.mark.usefixtures("analytic")
def test_same_seed_same_search_stored_or_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = size(
        load("comparator"), SPACE, Aim(), effort=Effort(evaluations=20, copies=40, front_copies=80, model="tpe")
    )
    effort = Effort(evaluations=12, copies=40, front_copies=80, model="tpe")
    size(load("comparator"), SPACE, Aim(), effort=effort, folder=tmp_path)
    computed: list[Mapping[str, float]] = []

    def counted(testbench: object, values: Mapping[str, float], *rest: object, **more: object) -> Evaluation:
        computed.append(values)
        return _analytic(testbench, values, *rest, **more)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(module, "evaluated", counted)
    effort = Effort(evaluations=20, copies=40, front_copies=80, model="tpe")
    resumed = size(load("comparator"), SPACE, Aim(), effort=effort, folder=tmp_path)
    assert resumed == whole
    assert 8 <= len(computed) < 20
    with pytest.raises(InputError, match="holds results of another run"):
        size(load("comparator"), SPACE[:1], Aim(), effort=effort, folder=tmp_path)


@pytest.mark.usefixtures("analytic")
def test_the_best_of_the_front_are_confirmed_at_reference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Copies 130 to 1129, of which neither search nor front has seen one; 0.1 σ less margin is 98.7 % of 99 %."""
    words = ["size", "comparator", "--vary", SPACE[0].text(), "--vary", SPACE[1].text(), "--search", "tpe"]
    words += ["--evaluations", "14", "-n", "50", "--front-copies", "80", "--target", "yield=0.99"]
    words += ["--confirm", "2", "--confirm-copies", "1000", "-o", str(tmp_path)]
    assert main(words) == 0
    shown = capsys.readouterr().out
    record = json.loads((tmp_path / "sizing.json").read_text())
    front = record["front"]
    best, second = record["at_reference"]
    products = [row["energy_per_operation_J"] * row["area_um2"] for row in front]
    assert [best["design"], second["design"]] == (np.argsort(products)[:2] + 1).tolist()
    for row in (best, second):
        design = front[row["design"] - 1]
        assert row["v_read"] == design["v_read"]
        expected = design["v_read"] * math.sqrt(design["sense_width"] / 2e-7)  # standard deviations
        for at, less in (("screening", 0.0), ("reference", 0.1)):
            assert row[at]["copies"] == 1000
            assert row[at]["yield_from"] == "margins"
            assert ndtri(row[at]["yield"]) == pytest.approx(expected - less, abs=0.25)
            assert row[at]["counted_low"] < row[at]["working"] / 1000 <= row[at]["counted_high"]
        assert ndtri(row["screening"]["yield"]) - ndtri(row["reference"]["yield"]) == pytest.approx(0.1, abs=0.02)
        assert row["reaches"] == (row["reference"]["yield"] >= 0.99)
    assert (tmp_path / "sizing.csv").read_text().count("\nreference,") == 2
    assert "at reference" in shown
    assert f"{best['reference']['working']} of 1000" in shown
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.usefixtures("analytic")
def test_words_are_choices_of_a_search(tmp_path: Path) -> None:
    """Half the deviation at the same area: nothing but latches is in the front."""
    words = Variable.read("sense=inverter,latch")
    assert words.text() == "sense=inverter,latch"
    assert words.choices == words.ends == ("inverter", "latch")
    assert [words.at(share) for share in (0.0, 0.49, 0.51, 1.0)] == ["inverter", "inverter", "latch", "latch"]
    assert words.holds("latch")
    assert not words.holds(1.0)
    assert not Variable.read("v_read=0.5:2").holds("latch")
    effort = Effort(evaluations=24, copies=60, front_copies=200, model="tpe")
    sizing = size(load("comparator"), (words, SPACE[0]), Aim(0.99), effort=effort, folder=tmp_path)
    assert {e.values["sense"] for e in sizing.evaluations} == {"inverter", "latch"}
    assert {e.values["sense"] for e in sizing.front} == {"latch"}
    assert sizing.today.values["sense"] == "inverter"
    assert "latch" in sizing.csv()
    assert size(load("comparator"), (words, SPACE[0]), Aim(0.99), effort=effort, folder=tmp_path) == sizing


def test_yield_from_margins_of_few_copies_is_that_of_many() -> None:
    draws = np.random.default_rng(3)
    truth, deviates, held = (2 * ndtr(3.3) - 1) ** 2, [], 0  # two opposite margins of 3.3 σ, twice
    for _ in range(20):
        margins = (3.3 - np.abs(draws.standard_normal((2, 250)))).min(axis=0)
        share = estimated(margins.tolist(), (margins > 0).tolist())
        assert share.fitted
        held += share.low < truth < share.high
        deviates.append(ndtri(share.share))
    assert held >= 16  # of 20 intervals at 95 %; fewer with a probability of 0.3 %
    # 2.89 of the truth; 250 copies of which one fails every other time say by their count nothing of it
    assert np.mean(deviates) == pytest.approx(ndtri(truth), abs=0.25)
    assert np.std(deviates) < 0.35
    centre, error = tail_deviate(draws.normal(0.02, 0.01, 2000))
    assert centre == pytest.approx(2.0, abs=0.1)
    # √((1 + z²/2) / n) where all margins count, and some more for the half that does
    assert math.sqrt(3 / 2000) < error < 2 * math.sqrt(3 / 2000)


def test_copies_without_margins_are_counted() -> None:
    share = estimated([None] * 30, [True] * 27 + [False] * 3)
    assert (share.working, share.copies, share.fitted) == (27, 30, False)
    assert share.share == pytest.approx(27.5 / 31)
    assert share.low == pytest.approx(0.7438, abs=1e-4)  # Wilson


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "--vary: nothing to vary"),
        (["--vary", "sens_width=1:2"], "--vary: circuit comparator has no parameter of this name; found 'sens_width'"),
        (["--vary", "v_read=0.9:0.7"], "--vary v_read: an empty range; found '0.9:0.7'"),
        (["--vary", "v_read=0.8:0.8"], "an empty range"),
        (["--vary", "v_read=low:0.8"], "--vary v_read: not a number; found 'low'"),
        (["--vary", "v_read=0.7:inf"], "not a number; found 'inf'"),
        (["--vary", "v_read"], "--vary: not a range"),
        (["--vary", "v_read=0.8"], "--vary v_read: not a list"),
        (["--vary", "v_read=low,high"], "--vary v_read: --set v_read: not a number; found 'low'"),
        (["--vary", "sense=latch,0.8"], "--vary sense: not a number; found 'latch'"),
        (["--vary", "sense=inverter,colour"], "--set sense: unknown word; found 'colour'; allowed: inverter, latch"),
        (["--vary", "sense_width=1e-9:1e-6"], "--vary sense_width: sense_width: size out of range; found 1e-09"),
        (["--vary", "reference_rows=1:2.5"], "a whole number"),
        (["--vary", "v_read=0.7:0.8", "--vary", "v_read=0.7:0.9"], "--vary: given twice"),
        (["--vary", "v_read=0.7:0.8", "--target", "yield=1"], "--target yield: out of range; found 1.0"),
        (["--vary", "v_read=0.7:0.8", "--target", "yeld=0.9"], "--target: not a target"),
        (["--vary", "v_read=0.7:0.8", "--objective", "power"], "--objective: unknown objective; found 'power'"),
        (["--vary", "v_read=0.7:0.8", "--objective", "area,area"], "--objective: each objective once"),
        (["--vary", "v_read=0.7:0.8", "--evaluations", "0"], "--evaluations: out of range"),
        (["--vary", "v_read=0.7:0.8", "--confirm", "300"], "--confirm: out of range; found 300; allowed: 0 … 100"),
        (["--vary", "v_read=0.7:0.8", "--search", "grid"], "--search: unknown; found 'grid'; allowed: gp, tpe"),
    ],
)
def test_bad_command_lines(options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["size", "comparator", *options]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert message in shown.err


@pytest.mark.usefixtures("analytic")
def test_a_target_out_of_reach_names_the_best_design(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["size", "comparator", "--vary", "v_read=0.5:0.6", "--vary", "sense_width=2e-7:4e-7", "--search", "tpe"]
    words += ["--evaluations", "12", "-n", "50", "--front-copies", "60", "-o", str(tmp_path)]
    assert main(words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "--target yield=0.999: target not reached in 12 designs; best found: yield " in shown.err
    assert "at v_read=0.5" in shown.err
    record = json.loads((tmp_path / "sizing.json").read_text())
    assert record["reached"] is False
    assert 0.5 < record["best"]["yield"] < 0.95  # v √w < 0.6 √2 = 0.85: Φ = 0.80, ± 0.05 of 60 copies


@pytest.mark.usefixtures("analytic")
def test_table_and_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["size", "comparator", "--vary", SPACE[0].text(), "--vary", SPACE[1].text(), "--search", "tpe"]
    words += ["--evaluations", "30", "-n", "100", "--front-copies", "100", "-o", str(tmp_path)]
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    assert "today" in shown
    assert {path.name for path in tmp_path.iterdir()} >= {"sizing.csv", "sizing.json", "sizing.png", "sizing.svg"}
    record = json.loads((tmp_path / "sizing.json").read_text())
    assert (record["reached"], record["evaluations"], len(record["points"])) == (True, 30, 30)
    assert len((tmp_path / "sizing.csv").read_text().splitlines()) == 1 + 1 + len(record["front"]) + 30


def test_published_costs_are_those_of_the_accounting() -> None:
    published = load("differential").published
    assert published == {"energy_per_operation_J": PUBLISHED_OPERATION.value, "area_um2": 1.5}
    assert published["area_um2"] == pytest.approx(24 * LAYOUT_FACTOR.value * 0.028**2, rel=0.01)


def test_without_optuna_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'ipcircuit\[size\]'"):
        _sized()


def _by_hand(width_m: float, rows: float) -> float:
    """Yield of the differential neuron: thresholds and levels are normal, the margins of both states opposite."""
    half = load("comparator").neuron.halves[0].divider
    low, high = 0.3762, 0.3833  # V: up to the first the output is below a tenth of the supply, from the second on high
    share = half.level_parallel(0.8) / 0.8
    level = 0.8 * share * (1 - share) * 0.05 * math.sqrt(1 + 1 / rows**2)  # 5 % on the junction and on each pillar
    sigma = math.hypot(level, MtjSizes(sense_width=width_m).threshold_sigma())
    parallel, antiparallel = low - half.level_parallel(0.8), half.level_antiparallel(0.8) - high
    return float((ndtr(antiparallel / sigma) - ndtr(-parallel / sigma)) ** 2)


def test_widths_alone_do_not_reach_the_target_by_hand_and_simulated() -> None:
    # 16.4 mV of threshold beside 13.9 mV of level, 33.6 and 34.7 mV of room: 79 %
    assert _by_hand(200e-9, 1) == pytest.approx(0.79, abs=0.01)
    assert _by_hand(1.0e-4, 1) == pytest.approx(0.974, abs=0.002)  # the widest: what the resistances leave
    assert _by_hand(1.0e-4, 3) == pytest.approx(0.998, abs=0.001)  # nine pillars in each reference
    assert _by_hand(1.0e-4, 1e9) < 0.9995  # the junction itself remains
    wide = evaluated(
        load("differential"), {"sense_width": 2e-5}, "circuit", [Sample(5, i) for i in range(48)], n_jobs=2
    )
    assert wide.fitted
    assert wide.low is not None
    assert wide.high is not None
    assert wide.low < _by_hand(2e-5, 1) < wide.high


def test_a_real_circuit() -> None:
    """Wider transistors of the comparator: the yield rises with them, the energy hardly."""
    variables = (Variable.read("sense_width=2e-7,2e-6"),)
    effort = Effort(evaluations=2, copies=8, front_copies=1, model="tpe")
    sizing = size(load("comparator"), variables, Aim(share=0.01), effort=effort, n_jobs=2)
    narrow, wide = sorted(sizing.evaluations, key=lambda e: e.values["sense_width"])
    assert (narrow.copies, wide.copies) == (8, 8)
    assert wide.working >= narrow.working
    # 10 and 5 fingers of 200 nm instead of one each: 9 pitches of 0.12 µm in a row of 0.81 µm
    assert (wide.costs["area_um2"] or 0) - (narrow.costs["area_um2"] or 0) == pytest.approx(9 * 0.12 * 0.81, rel=1e-6)
    assert wide.costs["energy_per_operation_J"] == pytest.approx(narrow.costs["energy_per_operation_J"], rel=1e-3)


@pytest.mark.usefixtures("analytic")
def test_progress_counts_the_copies_of_all_stages_and_ends_with_them() -> None:
    calls: list[tuple[int, int]] = []
    effort = Effort(evaluations=20, copies=40, front_copies=80, confirm=2, confirm_copies=30, model="tpe")
    sizing = size(
        load("comparator"), SPACE, Aim(0.99), effort=effort, progress=lambda done, total: calls.append((done, total))
    )
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)
    assert calls[0][0] == 40
    assert calls[0][1] >= 20 * 40 + 80
    assert calls[19][0] == 20 * 40
    done, total = calls[-1]
    assert done == total >= 20 * 40 + (len(sizing.front) + 1) * 80 + 2 * 2 * 30


def test_an_objective_that_no_design_has_decides_nothing() -> None:
    def design(joule: float, second: float | None) -> Evaluation:
        costs = {"energy_per_operation_J": joule, "area_um2": 1.0, "latency_s": second}
        return Evaluation({"v_read": joule}, costs, {}, 2, 0.01, 1.0, 0.9, 1.0, 10, 10, True)

    aim = Aim(0.5, ("energy", "area", "latency"))
    cheap, dear, slow = design(1.0, None), design(2.0, None), design(1.0, 3.0)
    assert unbeaten([dear, cheap], aim) == [cheap]
    assert unbeaten([slow, design(2.0, 1.0)], aim) == [slow, design(2.0, 1.0)]
    assert unbeaten([cheap, design(0.5, 1.0)], aim) == [design(0.5, 1.0)]
