"""Synthetic event gestures: bars that move and arms that turn in front of an ideal event camera, with noise.

A scene is a brightness over time, between 0 and 1, drawn at `substeps` instants per frame. A pixel sends one event
wherever the brightness changes by more than `contrast_threshold` between two instants: ON where it rises, OFF where it
falls; a frame holds the number of each. Noise adds events at random places. Half of the scenes are dark on bright, so
that a single frame does not tell the direction: rising and falling edges change places.

Shown in reversed order, a scene is one of the class in `REVERSED`, with ON and OFF exchanged; a camera would see just
that. (Reversing the frames without exchanging the polarities, as is sometimes done, would give the order away in sets
where all scenes are bright on dark.)
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
import torch
from pydantic import Field

from ipcircuit.errors import InputError
from ipcircuit.records import PositiveCount, record
from network.data.samples import Samples

CLASSES = ("bar right", "bar left", "bar down", "bar up", "arm clockwise", "arm counter-clockwise")
REVERSED = (1, 0, 3, 2, 5, 4)
"""Class of each class' scenes in reversed order."""
_CHUNK = 256  # scenes drawn at a time: bounds the memory


@record
class GestureSettings:
    """The camera and its scenes.

    Attributes:
        steps: frames per sample.
        size: height and width in pixels.
        substeps: instants per frame.
        contrast_threshold: change of brightness that makes an event.
        noise: chance of a noise event per pixel, polarity and frame.
        travel: how far a bar moves over the sample, in sizes (range, drawn for each scene).
        turn: how far an arm turns over the sample, in turns (range).
        bar_width, arm_width: in sizes.
    """

    steps: PositiveCount = 8
    size: Annotated[int, Field(ge=4)] = 16
    substeps: PositiveCount = 2
    contrast_threshold: Annotated[float, Field(gt=0, lt=1)] = 0.2
    noise: Annotated[float, Field(ge=0, lt=1)] = 0.02
    travel: tuple[float, float] = (0.5, 1.0)
    turn: tuple[float, float] = (0.3, 0.7)
    bar_width: float = 0.15
    arm_width: float = 0.12


def generate(
    count: int, seed: int, settings: GestureSettings | None = None, *, reversed_order: bool = False
) -> Samples:
    """Scenes of all classes in equal numbers, in random order.

    Args:
        count: scenes.
        seed: same seed, same scenes, whatever `reversed_order`.
        settings: camera and scenes; default `GestureSettings()`.
        reversed_order: show every scene backwards; its label becomes that of `REVERSED`. Noise is drawn afterwards.

    Returns:
        Frames (count, steps, 2, size, size), uint8, channel 0 ON and 1 OFF.
    """
    if count < 1:
        raise InputError("needs at least one scene", where="count", found=count)
    s = settings or GestureSettings()
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % len(CLASSES))
    draws = rng.random((count, 5))
    parts = []
    for start in range(0, count, _CHUNK):
        part = slice(start, start + _CHUNK)
        brightness = _brightness(labels[part], draws[part], s)
        if reversed_order:
            brightness = brightness[:, ::-1]
        parts.append(_events(brightness, s))
    frames = np.concatenate(parts)
    if s.noise > 0:
        frames = frames + (rng.random(frames.shape, dtype=np.float32) < s.noise)
    shown = np.array(REVERSED)[labels] if reversed_order else labels
    return Samples(
        torch.from_numpy(frames.astype(np.uint8)),
        torch.from_numpy(shown).long(),
        CLASSES,
        f"synthetic gestures, {len(CLASSES)} classes, {s.size} x {s.size}, {s.steps} frames, seed {seed}",
        timed=True,
    )


def _brightness(labels: np.ndarray, draws: np.ndarray, s: GestureSettings) -> np.ndarray:
    """Scenes (n, instants, size, size), 0 … 1, from five uniform numbers each."""
    instants = np.linspace(0, 1, s.steps * s.substeps + 1)
    pixel = (np.arange(s.size) + 0.5) / s.size
    start, speed, centre_x, centre_y, dark = draws.T
    bars, backwards = labels < 4, labels % 2 == 1
    sign = np.where(backwards, -1.0, 1.0)
    travel = s.travel[0] + speed * (s.travel[1] - s.travel[0])
    # A bar's way lies anywhere such that it stays about the frame: from its start to start + travel.
    first = -0.1 + start * (1.2 - travel)
    along = first[:, None] + travel[:, None] * instants
    along = np.where(backwards[:, None], (2 * first + travel)[:, None] - along, along)
    bar = _profile(pixel[None, None, :] - along[:, :, None], s.bar_width / 2, s)  # (n, instants, pixels)
    vertical = (labels % 4 >= 2)[:, None, None, None]
    bar_scene = np.where(vertical, bar[:, :, :, None], bar[:, :, None, :])
    bar_scene = np.broadcast_to(bar_scene, (*along.shape, s.size, s.size))

    turn = 2 * np.pi * (s.turn[0] + speed * (s.turn[1] - s.turn[0])) * sign
    angle = 2 * np.pi * start[:, None] + turn[:, None] * instants  # grows clockwise: rows count downwards
    dx = pixel[None, None, :] - (0.4 + 0.2 * centre_x)[:, None, None]
    dy = pixel[None, :, None] - (0.4 + 0.2 * centre_y)[:, None, None]
    cos, sin = np.cos(angle)[:, :, None, None], np.sin(angle)[:, :, None, None]
    forward = dx[:, None] * cos + dy[:, None] * sin
    across = dy[:, None] * cos - dx[:, None] * sin
    arm_scene = _profile(across, s.arm_width / 2, s) * (forward > 0)
    scene = np.where(bars[:, None, None, None], bar_scene, arm_scene)
    return np.where((dark < 0.5)[:, None, None, None], 1 - scene, scene)


def _profile(distance: np.ndarray, half_width: float, s: GestureSettings) -> np.ndarray:
    """1 inside, 0 outside, with an edge one pixel wide."""
    return np.clip((half_width - np.abs(distance)) * s.size + 0.5, 0, 1)


def _events(brightness: np.ndarray, s: GestureSettings) -> np.ndarray:
    """Counts (n, steps, 2, size, size) of changes between instants."""
    change = np.diff(brightness, axis=1)
    both = np.stack([change > s.contrast_threshold, change < -s.contrast_threshold], axis=2)
    shape = (len(brightness), s.steps, s.substeps, *both.shape[2:])
    return both.reshape(shape).sum(axis=2)
