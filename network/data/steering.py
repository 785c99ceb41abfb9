"""Synthetic drives: a turning camera sees posts sweep by, and the steering angle is what turns it; with noise.

The angle wanders about straight ahead as a Gaussian process of first order (an Ornstein-Uhlenbeck process sampled at
the frames), times a curviness of the road that is drawn for each sample, so that most angles are small and some are
large. In every frame the camera yaws in proportion to the angle of that frame plus a jitter of its own (bumps, wind):
one frame measures the angle badly, a few together better, old ones no more. Posts of soft edges stand around the camera
at random, on a panorama that repeats; a yaw shifts the picture sideways.

**The sign cannot be seen in one frame.** Shown backwards with ON and OFF exchanged, a sequence is that of the mirrored
angles. Half of the scenes are dark posts on bright ground, whose events are those of the bright ones with ON and OFF
exchanged. Both together: any single frame belongs to an angle and to its mirror image equally often. How fast, one
frame tells.

**Edges are wider than any motion per frame** (checked), so that an edge is on a pixel for more than one frame and its
events come in consecutive ones. The heat of a pixel's neuron needs that: it lasts for a few frames.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
import torch
from pydantic import Field

from ipcircuit.errors import InputError
from ipcircuit.records import NonNegative, Positive, PositiveCount, record
from network.data.camera import level_events
from network.data.samples import Samples

FRAME_S = 0.1  # Liu et al., Fig. 6: 600 frames are 60 s
AHEAD_S = 0.2  # Liu et al., Fig. 5b: the look-ahead
MOST_FRAMES, MOST_AHEAD = 64, 64
_CHUNK = 128  # scenes drawn at a time: bounds the memory
Light = Literal["day", "night"]


@record
class DrivingSettings:
    """Road, camera and scenes; every value is assumed.

    Attributes:
        frames: per sample, `FRAME_S` apart; the last one is now.
        ahead: the angle asked for is that of so many frames after the last one.
        size: height and width in pixels.
        substeps: instants per frame.
        angle_deg: root mean square of the angle. curviness: standard deviation of its logarithm between samples.
        correlation: of the angle from a frame to the next (0.95: two seconds an e-fold).
        jitter_deg: standard deviation of the yaw that no steering caused, as an angle.
        limit_deg: largest angle, and largest sum of angle and jitter.
        yaw: shift in pixels per frame and degree.
        posts: on the panorama, which is twice as wide as the picture.
        edge: width of a post's edge, pixels.
        contrast: natural logarithm of the ratio of brightness of post and ground.
        threshold: step of the logarithm that makes an event.
        noise: chance of a noise event per pixel, polarity and frame.
    """

    frames: Annotated[int, Field(ge=1, le=MOST_FRAMES)] = 4
    ahead: Annotated[int, Field(ge=0, le=MOST_AHEAD)] = 0
    size: Annotated[int, Field(ge=8, le=512)] = 16
    substeps: PositiveCount = 2
    angle_deg: Positive = 10.0
    curviness: NonNegative = 0.4
    correlation: Annotated[float, Field(ge=0, lt=1)] = 0.95
    jitter_deg: NonNegative = 8.0
    limit_deg: Positive = 45.0
    yaw: Positive = 0.06
    posts: PositiveCount = 6
    edge: Positive = 4.0
    contrast: Positive = 1.5
    threshold: Positive = 0.25
    noise: Annotated[float, Field(ge=0, lt=1)] = 0.01

    def __post_init__(self) -> None:
        fastest = self.yaw * self.limit_deg
        if fastest >= self.edge:
            problem = "edges must be wider than the largest motion per frame, yaw x limit_deg"
            raise InputError(problem, where="edge", found=self.edge, allowed=f"above {fastest:g}")


def driving(light: Light = "day", **changes: object) -> DrivingSettings:
    """Settings by day or by night: a third of the contrast and five times the noise (assumed)."""
    night = {"contrast": 0.5, "noise": 0.05} if light == "night" else {}
    return replace(DrivingSettings(), **{**night, **changes})


def generate(
    count: int, seed: int, settings: DrivingSettings | None = None, *, reversed_order: bool = False
) -> Samples:
    """Random drives.

    Args:
        count: samples.
        seed: same seed, same drives. With more `frames` a sample begins earlier: its last frames and its angle stay.
        settings: road and camera; default `DrivingSettings()`.
        reversed_order: show every drive backwards, with the angles mirrored. Noise is drawn afterwards.

    Returns:
        Frames (count, frames, 2, size, size), uint8, channel 0 ON and 1 OFF; angles in degrees, float32.
    """
    if count < 1:
        raise InputError("needs at least one drive", where="count", found=count)
    s = settings or DrivingSettings()
    rng = np.random.default_rng(seed)
    angles, rates = drive(count, s, rng, reversed_order=reversed_order)
    world = rng.random((count, s.posts, 5))
    phase, dark, start = rng.random((count, s.size, s.size)), rng.random(count) < 0.5, rng.random(count)
    parts = []
    for first in range(0, count, _CHUNK):
        part = slice(first, first + _CHUNK)
        path = _path(start[part], rates[part], s, reversed_order=reversed_order)
        scene = _scene(world[part], path, s) * np.where(dark[part], -1.0, 1.0)[:, None, None, None]
        parts.append(level_events(scene, s.threshold, phase[part], s.frames).astype(np.uint8))
    frames = np.concatenate(parts)
    if s.noise > 0:
        for age in range(s.frames):  # the newest first, so that more frames leave these as they are
            frames[:, s.frames - 1 - age] += rng.random(frames[:, 0].shape, dtype=np.float32) < s.noise
    ahead = f", {s.ahead} frames ahead" if s.ahead else ""
    source = f"synthetic drives, {s.size} x {s.size}, {s.frames} frames{ahead}, contrast {s.contrast:g}, seed {seed}"
    return Samples(torch.from_numpy(frames), torch.from_numpy(angles.astype(np.float32)), (), source, timed=True)


def drive(
    count: int, s: DrivingSettings, rng: np.random.Generator, *, reversed_order: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Angles asked for (count,), degrees; and yaw of every frame (count, frames), in degrees of angle.

    The process is drawn from its last frame backwards: it has no direction of time.
    """
    curves, innovations = rng.standard_normal(count), rng.standard_normal((count, MOST_FRAMES + MOST_AHEAD, 2))
    innovation = np.sqrt(1 - s.correlation**2)
    angle, path = innovations[:, 0, 0], [innovations[:, 0, 0]]
    for age in range(1, s.frames + s.ahead):
        angle = s.correlation * angle + innovation * innovations[:, age, 0]
        path.append(angle)
    scale = s.angle_deg * np.exp(s.curviness * curves - s.curviness**2)  # mean square angle_deg²
    angles = np.clip(np.stack(path, 1) * scale[:, None], -s.limit_deg, s.limit_deg)
    jitter = s.jitter_deg * innovations[:, s.ahead : s.ahead + s.frames, 1]
    if reversed_order:  # the oldest angle becomes the one that is asked for
        rates = np.clip(angles[:, : s.frames] + jitter, -s.limit_deg, s.limit_deg)
        return -angles[:, -1], -rates
    rates = np.clip(angles[:, s.ahead :] + jitter, -s.limit_deg, s.limit_deg)
    return angles[:, 0], rates[:, ::-1]


def _path(start: np.ndarray, rates: np.ndarray, s: DrivingSettings, *, reversed_order: bool) -> np.ndarray:
    """Shift of the picture (n, instants), pixels; `start` sets that of the last instant (reversed: of the first)."""
    forward = -rates[:, ::-1] if reversed_order else rates
    steps = np.repeat(forward * s.yaw / s.substeps, s.substeps, axis=1)
    back = np.cumsum(steps[:, ::-1], axis=1)[:, ::-1]
    end = 2 * s.size * start[:, None]
    path = np.concatenate([end - back, end], axis=1)
    return path[:, ::-1] if reversed_order else path


def _scene(world: np.ndarray, path: np.ndarray, s: DrivingSettings) -> np.ndarray:
    """Log-brightness (n, instants, size, size) of bright posts, from five uniform numbers for each post."""
    period, pixel = 2 * s.size, np.arange(s.size) + 0.5
    place, width, middle, height, strength = np.moveaxis(world, 2, 0)
    # posts of 1 to 3 edges' width, from a third to all of the picture's height, of half to full contrast
    half_width, half_height = s.edge * (0.5 + width), s.size * (1 + 2 * height) / 6
    distance = pixel + path[:, :, None, None] - period * place[:, None, :, None]
    distance = np.abs((distance + period / 2) % period - period / 2)
    across = np.clip((half_width[:, None, :, None] - distance) / s.edge + 0.5, 0, 1)
    off = np.abs(pixel - s.size * middle[:, :, None])
    along = np.clip((half_height[:, :, None] - off) / s.edge + 0.5, 0, 1)
    return np.einsum("ntpx,npy,np->ntyx", across, along, s.contrast * (0.5 + strength / 2), optimize=True)


def best_linear_rmse(s: DrivingSettings, known: int) -> float:
    """RMSE (degrees) of the best linear estimate of the angle from the yaws of the last `known` frames; without limits.

    With 0 it is that of the mean, `angle_deg`: all that a single frame allows, which tells no sign.
    """
    ages = np.arange(known)
    covariance = s.angle_deg**2 * s.correlation ** np.abs(ages[:, None] - ages) + s.jitter_deg**2 * np.eye(known)
    shared = s.angle_deg**2 * s.correlation ** (ages + s.ahead)
    explained = float(shared @ np.linalg.solve(covariance, shared)) if known else 0.0
    return float(np.sqrt(s.angle_deg**2 - explained))
