"""Synthetic gestures whose direction a single frame does not tell: shapes that move one way, or reversed the other.

Six gestures: an upright bar that moves sideways, a level bar that moves down, an arm that turns, a ring that opens, two
hands that part, and a hand that circles. Half of the scenes are dark on bright, so that rising and falling edges change
places, the motion is even, and the camera (`network.data.camera`) is blind to its own past: a frame of a scene and one
of the same scene reversed are equally likely. Edges are soft (out of focus): a pixel sends events over several frames
while an edge passes, without which no pixel's memory could tell anything.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
import torch
from pydantic import Field

from ipcircuit.errors import InputError
from ipcircuit.records import PositiveCount, record
from network.data.camera import binned, level_crossings, soft_edge, with_noise
from network.data.samples import Samples

CLASSES = ("bar sideways", "bar down", "arm turning", "ring opening", "hands parting", "hand circling")
_CHUNK = 128  # scenes drawn at a time: bounds the memory


@record
class SceneSettings:
    """The camera and its scenes.

    Attributes:
        steps: frames per sample.
        size: height and width in pixels.
        substeps: instants per frame.
        threshold: change of brightness that makes an event; scenes go from 0 to 1.
        noise: chance of a noise event per pixel, polarity and frame.
        edge: width of an edge, in pixels.
        travel: how far a shape moves over the sample, in sizes (range, drawn for each scene).
        turn: how far an arm or a circling hand turns, in turns (range).
    """

    steps: PositiveCount = 10
    size: Annotated[int, Field(ge=8)] = 16
    substeps: PositiveCount = 3
    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.25
    noise: Annotated[float, Field(ge=0, lt=1)] = 0.02
    edge: Annotated[float, Field(gt=0)] = 4.0
    travel: tuple[float, float] = (0.45, 0.75)
    turn: tuple[float, float] = (0.3, 0.5)


def generate(count: int, seed: int, settings: SceneSettings | None = None) -> Samples:
    """Scenes of all classes in equal numbers, in random order, forwards.

    Args:
        count: scenes.
        seed: same seed, same scenes.
        settings: camera and scenes; default `SceneSettings()`.

    Returns:
        Frames (count, steps, 2, size, size), uint8, channel 0 ON and 1 OFF.

    Raises:
        InputError: no scenes.
    """
    if count < 1:
        raise InputError("needs at least one scene", where="count", found=count)
    s = settings or SceneSettings()
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % len(CLASSES))
    draws, offsets = rng.random((count, 5)), rng.random((count, s.size, s.size), dtype=np.float32)
    parts = []
    for start in range(0, count, _CHUNK):
        part = slice(start, start + _CHUNK)
        events = level_crossings(brightness(labels[part], draws[part], s), s.threshold, offsets[part])
        parts.append(binned(events, s.steps))
    frames = with_noise(np.concatenate(parts), s.noise, rng)
    source = f"synthetic gestures, {s.size} x {s.size}, {s.steps} frames, seed {seed}"
    values = torch.from_numpy(frames.astype(np.uint8))
    return Samples(values, torch.from_numpy(labels).long(), CLASSES, source, timed=True)


def brightness(labels: np.ndarray, draws: np.ndarray, s: SceneSettings) -> np.ndarray:
    """Scenes (n, instants, size, size), 0 … 1, from five uniform numbers each."""
    now = np.linspace(0, 1, s.steps * s.substeps + 1)[None, :]
    first, speed, at_x, at_y, dark = (column[:, None] for column in draws.T)
    pixel = (np.arange(s.size) + 0.5) / s.size
    x, y = pixel[None, None, None, :], pixel[None, None, :, None]
    moved = (s.travel[0] + speed * (s.travel[1] - s.travel[0])) * now
    start = 0.1 + first * (0.8 - moved[:, -1:])
    angle = 2 * np.pi * (first + (s.turn[0] + speed * (s.turn[1] - s.turn[0])) * now)
    centre_x, centre_y = (_axis(0.4 + 0.2 * at) for at in (at_x, at_y))
    shapes = (
        lambda: np.abs(x - _axis(start + moved)) - 0.08 + 0 * y,
        lambda: np.abs(y - _axis(start + moved)) - 0.08 + 0 * x,
        lambda: _arm(x - centre_x, y - centre_y, _axis(angle)),
        lambda: np.abs(np.hypot(x - centre_x, y - centre_y) - _axis(0.05 + 0.5 * moved)) - 0.06,
        lambda: (
            np.minimum(*(np.hypot(x - centre_x - way * _axis(0.65 * moved), y - centre_y) for way in (-1, 1))) - 0.12
        ),
        lambda: np.hypot(x - centre_x - 0.28 * np.cos(_axis(angle)), y - centre_y - 0.28 * np.sin(_axis(angle))) - 0.12,
    )
    distance = np.empty((len(labels), now.shape[1], s.size, s.size))
    for label, shape in enumerate(shapes):
        chosen = labels == label
        distance[chosen] = shape()[chosen]
    scene = soft_edge(distance * s.size, s.edge)
    return np.where(_axis(dark) < 0.5, 1 - scene, scene)


def _axis(values: np.ndarray) -> np.ndarray:
    """(n, instants) or (n, 1) against rows and columns."""
    return values[:, :, None, None]


def _arm(dx: np.ndarray, dy: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Distance from an arm of half the frame that points at an angle (clockwise: rows count downwards)."""
    along = np.clip(dx * np.cos(angle) + dy * np.sin(angle), 0, 0.45)
    return np.hypot(dx - along * np.cos(angle), dy - along * np.sin(angle)) - 0.07
