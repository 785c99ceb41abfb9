"""Event vision: what each figure trains, what heat writes into space, and a whole study on a few scenes."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ipcircuit.errors import InputError
from network.data.scenes import generate
from network.experiments.vision.cells import FIGURES, IPNET, NETWORKS, cells, preset_of, presets
from network.experiments.vision.experiment import load_results, run_vision
from network.experiments.vision.maps import difference_maps
from network.neurons.thermal_mtj.device import load_device
from network.training.experiment import load_model, make_task
from network.training.store import RunStore


def test_every_figure_asks_for_networks_that_can_be_built() -> None:
    preset, built = preset_of("synthetic"), set[str]()
    for cell in cells(preset):
        task = make_task("gesture", {**cell.task_options, "train": 2, "test": 2})
        with torch.device("meta"):
            if (label := f"{cell.model} {cell.model_options}") not in built:
                load_model(cell.model).builder(task, cell.model_options)()
        built.add(label)
    assert {cell.figure for cell in cells(preset)} == set(FIGURES)
    assert [c.model for c in cells(preset, ["4c"])] == 2 * list(NETWORKS)
    for name in (*presets(), "dvs_gesture"):
        options = [{**cell.task_options, "set": "synthetic"} for cell in cells(preset_of(name))]
        assert all(make_task("gesture", each) for each in options)
    recorded = cells(preset_of("nmnist"))
    assert {c.task_options.get("polarity", "flip") for c in recorded if c.figure == "polarity"} == {"flip"}
    assert {c.task_options["polarity"] for c in recorded if c.figure == "4f"} == {"keep"}
    with pytest.raises(InputError, match="unknown figure"):
        cells(preset, ["4g"])


def test_a_recorded_set_has_the_sources_sizes() -> None:
    (first, *_) = cells(preset_of("dvs_gesture"), ["4c"])
    assert (first.model, dict(first.task_options), dict(first.model_options)) == (
        IPNET,
        {"steps": 50, "set": "dvs_gesture"},
        {},
    )


def test_heat_writes_the_order_of_time_into_space_and_nothing_else_does() -> None:
    """Expected maps without heat are zero in both orders; N drawn neurons leave their noise, which falls as 1/sqrt(N).

    With heat the frames differ, and their mean over a sample by far less: pairs of pulses keep their distances.
    """
    scenes, device = generate(12, 4), load_device("circuit")
    plastic, ablated = (difference_maps(scenes, d) for d in (device, device.without_plasticity()))
    assert ablated.divergence == 0.0
    assert plastic.divergence > 0.02
    assert plastic.mean_divergence < 0.03 * plastic.divergence
    drawn = {n: difference_maps(scenes, device.without_plasticity(), n, seed=1).divergence for n in (4, 64)}
    assert drawn[4] / drawn[64] == pytest.approx(4.0, rel=0.1)


def test_a_study_of_a_few_scenes_is_stored_and_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import network.experiments.vision.experiment as experiment

    short = replace(presets()["synthetic"], steps=10, dense_steps=10, positions=("output",), batch=4)
    monkeypatch.setattr(experiment, "preset_of", lambda name: short)
    options = {"task_options": {"train": 8, "test": 6, "steps": 2}, "model_options": {"width": 0.03, "depth": 10}}
    rows = run_vision(RunStore(tmp_path), seeds=(0, 1), figures=["4f"], quick=True, **options)
    assert [(row["figure"], row["model"], row["seeds"]) for row in rows] == [("4f", "ipnet18", [0, 1])]
    assert 0 <= rows[0]["scores"]["accuracy"]["mean"] <= 1
    assert run_vision(RunStore(tmp_path), seeds=(0, 1), figures=["4f"], quick=True, **options) == rows
    assert len(load_results("synthetic", tmp_path).records) == 2
    with pytest.raises(InputError, match="no runs on nmnist"):
        load_results("nmnist", tmp_path)
    with pytest.raises(InputError, match="no stored runs"):
        load_results("dvs_gesture")
    monkeypatch.setattr(experiment, "preset_of", lambda name: replace(short, folds=True))
    with pytest.raises(InputError, match="five folds"):
        run_vision(RunStore(tmp_path), seeds=(5,), figures=["4f"], quick=True, **options)
