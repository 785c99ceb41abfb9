"""Event vision in the report: figures, tables, findings and verdicts of made-up runs, known answers worked out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from energy.compare import published_cost
from energy.digital import published_cell
from energy.gpu.baselines import GpuEnergy
from energy.gpu.published import published_increments
from energy.gpu.turns import Median
from network.accounting.counting.sizes import network_size
from network.accounting.counting.stand_in import Frames
from network.experiments.runs import Cell
from network.experiments.vision.cells import cell, presets
from network.experiments.vision.experiment import VisionResults
from reports import counted
from reports.figures import style
from reports.ledger.evaluate import judge
from reports.ledger.record import ledgers
from reports.section import Run
from reports.vision import claims, energy, figures_energy, figures_maps, findings, gpu, results, tables
from reports.vision.figures_sweeps import heat_left
from reports.vision.section import SECTION
from tests.network.test_trial_energy import lif_cost
from tests.reports.vision.made_up import records, run, store, usual


def leaking(made: Cell) -> tuple[float, float]:
    """Single frames tell the order in 70 %, the memory forgets some, deeper is better."""
    accuracy, order = usual(made)
    if made.model in ("resnet18", "ablated18") and made.task_options.get("both_orders"):
        return 0.69, 0.7
    if made.model == "ipnet18" and made.task_options.get("both_orders"):
        return (0.95, 0.96) if made.model_options.get("position") == "stem" else (0.8, 0.81)
    return accuracy, order


@pytest.fixture(scope="module")
def sets() -> list[results.VisionSet]:
    rules = {"synthetic": usual, "nmnist": leaking}
    return [results.VisionSet(name, VisionResults(list(records(name, rule)))) for name, rule in rules.items()]


@pytest.fixture
def made(sets: list[results.VisionSet], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Every circuit costs the published 0.6 nJ, a LIF spike 2 pJ."""
    monkeypatch.setattr(results, "_sets", lambda folder: sets)
    monkeypatch.setattr(
        counted,
        "_cost_at",
        lambda name, volts, n_jobs: lif_cost() if name == "delay_feedback_lif" else published_cost(),
    )
    return Run(jobs=1)


def test_every_figure_is_drawn_and_says_where_its_numbers_come_from(made: Run) -> None:
    with style.style():
        drawn = [draw(made) for draw in SECTION.figures]
        no_runs = ("vision_maps", "vision_steering", "vision_hardware")
        plots = {plot.name: plot for plot in drawn if plot.name not in no_runs}
        assert set(style.render(plots["vision_accuracy"].figure)) == {"svg", "png"}
    assert "input 6.61°" in drawn[-2].alt  # stored runs of steering, as docs/networks/steering.md has them
    assert "features, 7 junctions and a reference with the assumed spread 1.083" in drawn[-1].alt
    (maps,) = (plot for plot in drawn if plot.name == "vision_maps")
    assert maps.alt.endswith("0.000 without.")  # without heat both orders are the same, exactly
    for plot in plots.values():
        for word in ("1,200 scenes", "1,100 recordings, five folds", "N = 16", "seeds 0, 1, 2", "olarity", "95 %"):
            assert word in plot.caption, (plot.name, word)
    assert (
        "N-MNIST, forwards and in both orders: IPNet18 99.0 and 80.0 %, ResNet18 99.0 and 69.0 %"
        in plots["vision_accuracy"].alt
    )
    assert "N-MNIST: IPNet18 19.0 (19.0 to 19.0)" in plots["vision_loss"].alt
    assert "synthetic: input 98.0 %, stem 88.0 %" in plots["vision_positions"].alt
    assert "frame buffer" in plots["vision_time_base"].caption


def test_no_run_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "_sets", lambda folder: [])
    with style.style():
        plots = [draw(Run()) for draw in SECTION.figures[:-2] if draw is not figures_maps.maps]
    assert all("o stored run" in plot.alt + plot.caption for plot in plots)
    assert "No stored run" in findings.memory(Run()).text
    assert tables.leak(Run()).rows == []
    assert all(answer.value is None for answer in claims.synthetic(Run()).values())


def test_leak_and_what_a_memory_is_above_it(made: Run) -> None:
    rows = {(row["set"], row["polarity"], row["network"]): row for row in tables.leak(made).rows}
    assert rows["N-MNIST", "kept", "ResNet18"]["order"] == pytest.approx(0.7)
    assert rows["N-MNIST", "kept", "IPNet18"]["above_points"] == pytest.approx(11.0)
    assert rows["N-MNIST", "kept", "IPNet18"]["above_low_points"] == pytest.approx(11.0)  # every seed has the same
    assert rows["N-MNIST", "flipped", "IPNet18"]["above_points"] == pytest.approx(11.0)
    assert rows["synthetic", "flipped", "ResNet18"]["above_points"] is None


def test_energy_of_the_memory(made: Run) -> None:
    """100 set pulses for each of 16 neurons at 0.6 nJ; 50 spikes at 2 pJ, one neuron each."""
    chosen = results.set_named(made, "synthetic")
    assert chosen is not None
    points = {(p.network, p.basis): p for p in energy.vision_points(made, chosen)}
    assert points["ipnet18", "paper"].energy_J.mean == pytest.approx(1600 * 0.6e-9)  # pyright: ignore[reportOptionalMemberAccess]
    assert points["lif18", "paper"].energy_J.mean == pytest.approx(50 * 2e-12)  # pyright: ignore[reportOptionalMemberAccess]
    assert points["ipnet18", "circuit"].energy_J is None  # the published cost has one scope
    assert points["ipnet18", "paper"].parameters == 2 * 8 * 49  # twice the stem's input channels, 8 filters of 7 x 7
    stated = {p.network: p for p in energy.published_points()}
    assert stated["ipnet18"].energy_J.mean == pytest.approx(87e-6, rel=0.01)  # pyright: ignore[reportOptionalMemberAccess]
    assert stated["resnet18_lstm"].parameters == published_cell("LSTM").weights + 22 * (1024 - 512)
    with style.style():
        assert "IPNet18 (paper) 960 nJ" in figures_energy.energy(made).alt


def test_full_size_networks_have_the_operations_of_the_published_ones() -> None:
    frames = Frames(2, 128, 50, 22)
    base = network_size("resnet18", frames)
    counts = {row.model: row for row in published_increments()}
    lstm, video = (network_size(name, frames) for name in ("resnet18_lstm", "r2plus1d18"))
    readout = 22 * (1024 - 512)  # of the last step's mean, which the published count leaves out
    assert lstm.macs - base.macs - readout == counts["LSTM"].macs
    assert lstm.parameters - base.parameters - readout == counts["LSTM"].weights
    assert video.macs - base.macs == pytest.approx(counts["R(2+1)D"].macs, rel=1e-6)
    assert network_size("ipnet18", frames).neurons == 8 * 2 * 128 * 128 + 811_008


def test_verdicts_follow_the_runs(made: Run) -> None:
    rows = [(ledger, c) for ledger in ledgers() for c in ledger.claims if c.function.startswith("reports.vision.")]
    answers: dict[str, Any] = {
        f"reports.vision.claims:{name}": getattr(claims, name)(made) for name in ("gesture", "synthetic", "nmnist")
    }
    verdicts = {row.id: row for row in judge(rows, answers)}
    for name in ("A15.resnet18", "A15.polarity", "A15.loss", "A15.best", "A15.order", "A16.position", "A17.ensemble"):
        assert verdicts[f"{name}.synthetic"].verdict == "reproduced", name
    for name in ("A15.resnet18", "A15.loss", "A15.best", "A15.order", "A16.position"):
        assert verdicts[f"{name}.nmnist"].verdict == "differs", name
        assert "1,100 recordings" in verdicts[f"{name}.nmnist"].note
    assert verdicts["A15.polarity.synthetic"].verdict == "reproduced"
    assert verdicts["A15.polarity.nmnist"].verdict == "differs"
    assert verdicts["A15.resnet18.nmnist"].reproduced == pytest.approx(0.69 / 0.99, rel=1e-3)
    assert verdicts["A14.best.synthetic"].verdict == "differs"  # all alike
    assert verdicts["A14.ipnet18"].verdict == "needs data"
    assert "study vision --figure 4c --data DIR" in verdicts["A14.ipnet18"].note


def test_runs_on_the_published_set_are_judged(tmp_path: Path) -> None:
    preset = presets()["recorded"].with_options({"set": "dvs_gesture"}, {})
    accuracies = {"ipnet18": 0.9931, "resnet18": 0.4861}
    made = [
        run(cell(preset, "4c", name, preset.both_orders()), seed, score, 0.5)
        for name, score in accuracies.items()
        for seed in (0, 2)
    ]
    answers = claims.gesture(Run(runs=store(tmp_path, made)))
    assert answers["ipnet18_both"].value == pytest.approx(99.31)
    assert "networks of full size, N = 8" in answers["ipnet18_both"].note
    assert answers["ipnet18"].value is None


def test_findings_change_with_the_runs(made: Run) -> None:
    assert findings.frame_wise(made).title.endswith(
        "falls to half of its accuracy on synthetic, does not fall to half of it on N-MNIST"
    )
    assert "loses less than 2 points on synthetic, loses more on N-MNIST" in findings.memory(made).title
    assert "tell the order of time on N-MNIST, do not tell the order on synthetic" in findings.leak(made).title
    assert "11.0 (11.0 to 11.0) points above the leak" in findings.leak(made).text
    assert "is best at the input on synthetic, is not best at the input on N-MNIST" in findings.position(made).title
    assert "frame buffer" in findings.time_base(made).text


def test_increments_of_a_gpu_stand_beside_the_published_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Known joules: an LSTM of 0.2 J alone and of nothing among many; the device's are 0.6 nJ x 145,818."""
    (measured,) = gpu.measured_energies()
    rows = {(row["memory"], row["basis"], row.get("batch")): row["increment_J"] for row in gpu.gpu(Run()).rows}
    assert rows["ResNet18-LSTM", "published", None] == 0.25
    assert {key[2] for key in rows if key[1] == "measured"} == {1, 128}

    def made_up(many_J: float) -> GpuEnergy:
        lstm = [
            replace(row, increment_J=Median(*value))
            for row, value in zip(
                [row for row in measured.increments.rows if row.model == "resnet18_lstm"],
                [(0.2, 0.19, 0.21), (many_J, many_J - 0.01, many_J + 0.01)],
                strict=True,
            )
        ]
        return replace(measured, increments=replace(measured.increments, rows=tuple(lstm)))

    monkeypatch.setattr(gpu, "measured_energies", lambda: (made_up(0.0),))
    assert gpu.waiting(Run()).title.endswith("is that of a GPU that waits")
    assert f"that is {0.2 / 87.4908e-6:,.0f} times, and at most {0.01 / 87.4908e-6:,.0f}" in gpu.waiting(Run()).text
    monkeypatch.setattr(gpu, "measured_energies", lambda: (made_up(0.2),))
    assert gpu.waiting(Run()).title.endswith("remains when many samples run at a time")


def test_heat_after_one_cycle_and_after_a_cameras_frame() -> None:
    assert heat_left(230e-9) == pytest.approx(1.0)
    assert 0.05 < heat_left(1e-6) < 0.2
    assert heat_left(1e-3) == 0.0 or heat_left(1e-3) < 1e-100
