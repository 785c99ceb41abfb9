"""Steering sequences: events add up, histories agree, one frame does not tell the sign, the task asks for an angle."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from ipcircuit.errors import InputError
from network.data.camera import binned, level_crossings
from network.data.samples import Samples, Split
from network.data.steering import DrivingSettings, best_linear_rmse, drive, driving, generate
from network.tasks.steering import UNIT_DEG, Steering, regression_scores
from network.tasks.task import Batch
from network.training.experiment import make_task


def level_events(brightness: np.ndarray, threshold: float, phase: np.ndarray, frames: int) -> np.ndarray:
    return binned(level_crossings(brightness, threshold, phase), frames)


def test_events_add_up_to_the_change_whatever_its_speed() -> None:
    """A ramp of 2.0 over a threshold of 0.25 crosses eight levels: in 1, 4 or 16 frames, then falls by as many."""
    ramp = np.concatenate([np.linspace(0, 2, 17), np.linspace(2, 0, 17)[1:]])[None, :, None, None]
    for frames in (2, 8, 32):
        events = level_events(ramp, 0.25, np.full((1, 1, 1), 0.5), frames)
        assert events.shape == (1, frames, 2, 1, 1)
        assert events[0, : frames // 2, 0].sum() == 8 == events[0, frames // 2 :, 1].sum()
        assert events.sum() == 16  # none of the other polarity
    slow = np.linspace(0, 0.24, 33)[None, :, None, None]  # below one level: an event from some phases only
    made = [int(level_events(slow, 0.25, np.full((1, 1, 1), phase), 32).sum()) for phase in np.linspace(0.01, 0.99, 50)]
    assert set(made) == {0, 1}
    assert np.mean(made) == pytest.approx(0.24 / 0.25, abs=0.03)


def test_backwards_and_inverted_scenes_exchange_polarities() -> None:
    rng = np.random.default_rng(0)
    scene, phase = rng.normal(size=(3, 9, 5, 5)), rng.random((3, 5, 5))
    events = level_events(scene, 0.3, phase, 4)
    assert np.array_equal(level_events(scene[:, ::-1], 0.3, phase, 4), events[:, ::-1, ::-1])
    assert np.array_equal(level_events(-scene, 0.3, 1 - phase, 4), events[:, :, ::-1])


def test_a_drive_backwards_is_that_of_the_mirrored_angles() -> None:
    quiet = driving(noise=0.0, frames=6)
    forward, backward = generate(40, 3, quiet), generate(40, 3, quiet, reversed_order=True)
    assert torch.equal(backward.values, forward.values.flip(1).flip(2))
    angles, rates = drive(40, driving(frames=6, jitter_deg=0.0), np.random.default_rng(3))
    assert np.array_equal(angles, rates[:, ::-1])  # without jitter the angle is what turns the camera
    assert np.allclose(forward.labels.numpy(), angles[:, 0], atol=1e-5)
    assert np.allclose(backward.labels.numpy(), -angles[:, 5], atol=1e-5)
    with pytest.raises(InputError, match="no reversed order"):
        generate(4, 0, driving(scene="road"), reversed_order=True)


def test_more_history_begins_earlier_and_leaves_the_rest() -> None:
    long, short = generate(30, 5, driving(frames=12)), generate(30, 5, driving(frames=3))
    assert torch.equal(long.values[:, -3:], short.values)
    assert torch.equal(long.labels, short.labels)
    assert torch.equal(generate(30, 5, driving(frames=3)).values, short.values)
    assert not torch.equal(generate(30, 6, driving(frames=3)).values, short.values)
    assert generate(300, 5).values.dtype == torch.uint8  # more than one chunk


def test_events_follow_each_other_at_a_pixel() -> None:
    """Of the pixels with an event, those of the frame before had one about half of the time: far above the density."""
    active = generate(300, 1, driving(frames=6, noise=0.0)).values.sum(2) > 0
    again = float((active[:, 1:] & active[:, :-1]).sum() / active[:, 1:].sum())
    density = float(active.double().mean())
    assert again > density + 0.15
    with pytest.raises(InputError, match="edges must be wider"):
        DrivingSettings(edge=2.0)


def _linear_r2(x: torch.Tensor, y: torch.Tensor) -> float:
    """Explained variance, on the second half, of the linear fit to the first."""
    half = len(x) // 2
    x = (x - x[:half].mean(0)) / x[:half].std(0).clamp(min=1e-9)
    ridge = 20 * torch.eye(x.shape[1], dtype=x.dtype)
    weights = torch.linalg.solve(x[:half].T @ x[:half] + ridge, x[:half].T @ (y[:half] - y[:half].mean()))
    return 1 - float((x[half:] @ weights - y[half:]).var() / y[half:].var())


def test_one_frame_tells_how_fast_but_not_which_way() -> None:
    """Whatever one frame shows belongs to both signs equally often; a frame and its neighbour differ with the sign."""
    set_ = generate(4000, 7, driving(frames=2))
    frames, angles = set_.values.double(), set_.labels.double()
    last = frames[:, -1]
    assert _linear_r2(last.flatten(1), angles) < 0.02
    products = [last[:, a] * last[:, b].roll(shift, 2) for a in (0, 1) for b in (0, 1) for shift in (1, 2, 3)]
    within = torch.stack([p.mean((1, 2)) for p in products], 1)
    assert _linear_r2(within, angles) < 0.02  # where OFF lies beside ON does not tell either
    between = [last[:, c] * frames[:, 0, c].roll(shift, 2) for c in (0, 1) for shift in (-2, -1, 1, 2)]
    assert _linear_r2(torch.stack([p.mean((1, 2)) for p in between], 1), angles) > 0.2
    assert _linear_r2(last.sum((1, 2, 3))[:, None], angles.abs()) > 0.15


def test_a_road_marking_tells_the_angle_in_one_frame() -> None:
    """Its events lie about where it went; the place of many tells as much as knowing one frame's yaw, or nearly."""
    settings = driving(scene="road", frames=1, noise=0.0)
    drives = generate(3000, 2, settings)
    profile = drives.values[:, 0].double().sum((1, 2))
    column = torch.arange(16, dtype=torch.float64) + 0.5
    events = profile.sum(1)
    many = events > 20
    place = (profile[many] * column).sum(1) / events[many]
    error = 10 * math.sqrt(1 - _linear_r2(place[:, None], drives.labels[many].double()))
    assert float(many.double().mean()) > 0.8
    assert best_linear_rmse(settings, 2) < error < best_linear_rmse(settings, 1)  # it went between two places


def test_angles_are_mostly_small_and_their_best_estimate_is_known() -> None:
    settings = driving(frames=8, limit_deg=60.0)
    path, rates = drive(40_000, settings, np.random.default_rng(0))
    angles = path[:, 0]
    assert np.sqrt(np.mean(angles**2)) == pytest.approx(10.0, rel=0.03)
    assert np.median(np.abs(angles)) < 0.6 * 10.0  # a Gaussian's is 0.67
    for known in (1, 2, 8):  # least squares finds what the covariances predict
        x = rates[:, -known:]
        rest = angles - x @ np.linalg.lstsq(x, angles, rcond=None)[0]
        assert np.sqrt(np.mean(rest**2)) == pytest.approx(best_linear_rmse(settings, known), rel=0.03)
    errors = [best_linear_rmse(driving(), known) for known in range(17)]
    assert errors[0] == 10.0
    assert all(more < less for less, more in itertools.pairwise(errors))
    assert errors[1] == pytest.approx(10 * math.sqrt(1 - 100 / (100 + 64)))
    later = driving(ahead=2)
    assert best_linear_rmse(later, 8) > errors[8]
    known = 0.95**4 * (1 - errors[8] ** 2 / 100)  # the angle decays by 0.95 a frame, and so does what is known of it
    assert best_linear_rmse(later, 8) == pytest.approx(10 * math.sqrt(1 - known))


def test_the_task_asks_for_one_angle_and_scores_it() -> None:
    task = make_task("steering", {"steps": 2, "test": 50}).seeded(4)
    assert isinstance(task, Steering)
    assert (task.outputs, task.channels, task.size, task.readout) == (1, 2, 16, "last")
    assert task.settings() == {"steps": 2, "test": 50, "scene_seed": 4}
    (batch,) = task.evaluation(30, 0)
    assert tuple(batch.inputs.shape) == (2, 30, 2, 16, 16)
    right = batch.targets[:, None] / UNIT_DEG
    assert task.scores(right, batch)["RMSE_deg"] == pytest.approx(0, abs=1e-4)
    assert task.scores(right + 0.3, batch)["RMSE_deg"] == pytest.approx(3.0, rel=1e-4)
    assert task.scores(right + 0.3, batch)["EVA"] == pytest.approx(1.0)  # a constant error is forgiven
    assert task.scores(0 * right, batch)["EVA"] == pytest.approx(0.0)
    assert float(task.loss(right + 0.3, batch)) == pytest.approx(0.09, rel=1e-4)
    assert regression_scores(torch.tensor([1.0, 2.0]), torch.tensor([2.0, 1.0])) == pytest.approx(
        {"RMSE_deg": 1.0, "EVA": 1 - 1.0 / 0.25}
    )
    with pytest.raises(InputError, match="one output"):
        task.loss(torch.zeros(30, 6), Batch(batch.inputs, batch.targets))
    with pytest.raises(InputError, match="steps"):
        make_task("steering", {"steps": 0})


def test_training_drives_are_new_for_every_batch_or_a_set() -> None:
    task = Steering(steps=1, test=2)
    source = task.batches(4, torch.Generator().manual_seed(1))
    state, first, second = source.state(), next(source), next(source)
    assert not torch.equal(first.inputs, second.inputs)
    source.restore(state)
    assert torch.equal(next(source).inputs, first.inputs)
    fixed = Steering(steps=1, train=4, test=2).batches(4, torch.Generator().manual_seed(1))
    assert torch.equal(next(fixed).targets.sort().values, next(fixed).targets.sort().values)
    night, day = (Steering(steps=1, light=light).driving for light in ("night", "day"))
    assert (night.contrast, night.noise) < (day.contrast, 1.0)
    assert night.noise > day.noise


def test_recorded_drives_are_learnt_in_passes_and_scored_over_all_recordings(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, object] = {}

    def load(data: Path, **options: object) -> Split:
        asked.update(options, data=data)
        frames = torch.zeros(40, 2, 2, 65, 65, dtype=torch.uint8)
        part = Samples(frames, torch.arange(40.0), (), "recorded", timed=True)
        return Split(part, part)

    monkeypatch.setattr("network.data.events.drives.load_drives", load)
    with pytest.raises(InputError, match="--data DIR"):
        _ = Steering(set="ddd20").split
    task = make_task("steering", {"steps": 2, "light": "night", "ahead": 2}, Path("folder")).seeded(3)
    assert isinstance(task, Steering)
    assert task.settings() == {"steps": 2, "light": "night", "ahead": 2, "set": "ddd20"}
    (batch,) = task.evaluation(4, 0)
    assert batch.targets.tolist() == [0.0, 13.0, 26.0, 39.0]
    assert (asked["light"], asked["steps"], asked["ahead"], asked["data"]) == ("night", 2, 2, Path("folder"))
    assert (task.size, tuple(next(task.batches(3, torch.Generator())).inputs.shape)) == (65, (2, 3, 2, 65, 65))
    assert sum(len(part.targets) for part in task.evaluation(1000, 0)) == 40
