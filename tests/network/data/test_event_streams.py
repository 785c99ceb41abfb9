"""Frames count every event once, parts and reversal keep what they should, and a stream that is none is named."""

from typing import cast

import numpy as np
import pytest
import torch

from ipcircuit.errors import InputError
from network.data.events.binning import By, frames_of
from network.data.events.stream import (
    Events,
    Polarity,
    Sensor,
    reversed_stream,
    window,
)
from network.data.reversal import both_orders
from network.data.samples import Samples
from tests.network.data.recordings import some_events

SQUARE = Sensor(128, 128)
EMPTY = Events(*(np.array([], int) for _ in range(4)))


def stream(*events: tuple[int, int, int, int]) -> Events:
    """Of (time, x, y, on)."""
    return Events(*np.array(events).T)


def one_by_one(events: Events, steps: int, size: int, by: str) -> np.ndarray:
    """The definition, event by event; square sensor of 128."""
    frames, n = np.zeros((steps, 2, size, size), int), len(events.time_us)
    first, duration = int(events.time_us.min()), int(events.time_us.max()) - int(events.time_us.min()) + 1
    for i, (time, x, y, on) in enumerate(zip(*events, strict=True)):
        step = i * steps // n if by == "count" else (int(time) - first) * steps // duration
        frames[step, 1 - on, y * size // 128, x * size // 128] += 1
    return np.minimum(frames, 255)


@pytest.mark.parametrize("by", ["time", "count"])
@pytest.mark.parametrize(("steps", "size"), [(1, 128), (7, 32), (50, 1)])
def test_frames_are_what_counting_one_by_one_gives(by, steps, size):
    events = some_events(1000)
    assert np.array_equal(frames_of(events, steps, SQUARE, size, by=by), one_by_one(events, steps, size, by))
    mixed = events.take(np.random.default_rng(1).permutation(1000))  # no order of time
    assert np.array_equal(frames_of(mixed, steps, SQUARE, size, by=by), one_by_one(mixed, steps, size, by))


def test_frames_count_every_event_once():
    events = some_events(1000)
    for by in ("time", "count"):
        frames = frames_of(events, 5, SQUARE, 32, by=by)
        assert (frames.shape, frames.dtype) == ((5, 2, 32, 32), np.uint8)
        assert (frames.sum(), frames[:, 0].sum()) == (1000, events.on.sum())
    assert frames.sum((1, 2, 3)).tolist() == [200] * 5
    one = stream((7, 127, 4, 0))
    assert np.argwhere(frames_of(one, 3, SQUARE, 64)).tolist() == [[0, 1, 2, 63]]  # OFF, row 2, column 63
    many = stream(*[(0, 0, 0, 1)] * 300)
    assert frames_of(many, 1, SQUARE, 64).sum() == 255


def test_the_central_square_of_a_sensor_that_is_not_square():
    wide = Sensor(240, 320)
    events = stream((0, 39, 0, 1), (10, 40, 0, 1), (20, 279, 239, 0), (39, 280, 0, 1))
    frames = frames_of(events, 4, wide, 120)
    # the duration is that of all events, of which the first and last lie outside
    assert np.argwhere(frames).tolist() == [[1, 0, 0, 0], [2, 1, 119, 119]]
    assert np.argwhere(frames_of(events, 2, wide, by="count"))[:, 0].tolist() == [0, 1]
    assert frames_of(events, 2, wide).shape == (2, 2, 240, 240)
    high = Sensor(320, 240)
    swapped = Events(events.time_us, events.y, events.x, events.on)
    assert np.array_equal(frames_of(swapped, 4, high, 120), frames.transpose(0, 1, 3, 2))
    with pytest.raises(InputError, match="no events in the sensor's central square"):
        frames_of(stream((0, 0, 0, 1)), 2, wide)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda e: frames_of(e, 5, SQUARE, 30), "divisor of 128"),
        (lambda e: frames_of(e, 5, SQUARE, 0), "divisor of 128"),
        (lambda e: frames_of(e, 0, SQUARE, 32), "at least one frame"),
        (lambda e: frames_of(e, 5, SQUARE, 32, by=cast(By, "luck")), "allowed: time, count"),
        (lambda e: frames_of(e, 1, Sensor(64, 64)), "outside the sensor"),
        (lambda e: frames_of(EMPTY, 1, SQUARE), "no events"),
        (lambda e: reversed_stream(e, cast(Polarity, "swap")), "allowed: flip, keep"),
    ],
)
def test_what_cannot_be_done_is_said(call, says):
    with pytest.raises(InputError, match=says):
        call(some_events())


def test_reversal_keeps_places_and_turns_time_and_polarity():
    events = some_events(500, 3)
    back, kept = reversed_stream(events), reversed_stream(events, "keep")
    assert np.array_equal(back.x, events.x[::-1])
    assert np.array_equal(back.y, events.y[::-1])
    assert np.array_equal(back.on, 1 - events.on[::-1])
    assert np.array_equal(kept.on, events.on[::-1])
    assert (back.time_us.min(), back.time_us.max()) == (events.time_us.min(), events.time_us.max())
    assert np.array_equal(np.diff(back.time_us), np.diff(events.time_us)[::-1])
    for polarity in ("flip", "keep"):
        again = reversed_stream(reversed_stream(events, polarity), polarity)
        assert all(np.array_equal(a, b) for a, b in zip(again, events, strict=True))


@pytest.mark.parametrize("polarity", ["flip", "keep"])
def test_reversed_frames_are_the_frames_of_the_reversed_stream(polarity):
    events = some_events(500, 4)
    events.time_us[[0, -1]] = 0, 99_999  # 100 ms: each of 10 frames has whole microseconds
    frames = frames_of(events, 10, SQUARE, 32)
    recorded = Samples(torch.from_numpy(frames)[None], torch.zeros(1).long(), ("it",), "one", timed=True)
    backwards, _ = both_orders(recorded, polarity).batch(torch.tensor([1]), 10)
    assert np.array_equal(frames_of(reversed_stream(events, polarity), 10, SQUARE, 32), backwards[:, 0].numpy())
    flipped = frames[::-1, ::-1] if polarity == "flip" else frames[::-1]
    assert np.array_equal(backwards[:, 0].numpy(), flipped)


def test_reversal_is_that_of_tonic():
    pytest.importorskip("tonic")
    from tonic.transforms import RandomTimeReversal

    events = some_events(300, 5)
    table = np.zeros(300, [("x", "i4"), ("y", "i4"), ("t", "i8"), ("p", "i4")])
    table["x"], table["y"], table["t"], table["p"] = events.x, events.y, events.time_us, events.on
    for polarity in ("flip", "keep"):
        other = RandomTimeReversal(p=1.0, flip_polarities=polarity == "flip")(table.copy())
        ours = reversed_stream(events, polarity)
        # tonic counts the reversed time from 0, ours from the stream's first event
        assert np.array_equal(ours.time_us - ours.time_us[0], other["t"] - other["t"][0])
        for mine, theirs in ((ours.x, "x"), (ours.y, "y"), (ours.on, "p")):
            assert np.array_equal(mine, other[theirs])


def test_parts_of_a_stream():
    events = stream(*[(100 * i, i, 0, 1) for i in range(10)])  # 0 … 900 µs
    assert window(events, 100, 300).time_us.tolist() == [100, 200]
