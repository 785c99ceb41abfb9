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

The scene ``road`` is another one: a marking stands where angle and jitter of the frame put it, so that every frame
tells the angle, with its sign, and memory serves to average. Real drives have both: a single frame shows the road.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
import torch
from pydantic import Field

from ipcircuit.errors import InputError
from ipcircuit.records import NonNegative, Positive, PositiveCount, record
from network.data.camera import binned, level_crossings, soft_edge, with_noise
from network.data.samples import Samples

FRAME_S = 0.1  # Liu et al., Fig. 6: 600 frames are 60 s
AHEAD_S = 0.2  # Liu et al., Fig. 5b: the look-ahead
MOST_FRAMES, MOST_AHEAD = 64, 64
_CHUNK = 128  # scenes drawn at a time: bounds the memory
Light = Literal["day", "night"]
Scene = Literal["posts", "road"]


@record
class DrivingSettings:
    """Road, camera and scenes; every value is assumed.

    Attributes:
        scene: ``posts`` that sweep by, or the marking of a ``road``.
        frames: per sample, `FRAME_S` apart; the last one is now.
        ahead: the angle asked for is that of so many frames after the last one.
        size: height and width in pixels.
        substeps: instants per frame.
        angle_deg: root mean square of the angle. curviness: standard deviation of its logarithm between samples.
        correlation: of the angle from a frame to the next (0.95: two seconds an e-fold).
        jitter_deg: standard deviation of the yaw that no steering caused, as an angle.
        limit_deg: largest angle, and largest sum of angle and jitter.
        yaw: shift in pixels per frame and degree, of posts. lean: shift in pixels per degree, of the marking.
        posts: on the panorama, which is twice as wide as the picture.
        edge: width of a post's edge, pixels.
        contrast: natural logarithm of the ratio of brightness of post and ground.
        threshold: step of the logarithm that makes an event.
        noise: chance of a noise event per pixel, polarity and frame.
    """

    scene: Scene = "posts"
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
    lean: Positive = 0.08
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
        reversed_order: show every drive past posts backwards, with the angles mirrored. Noise is drawn afterwards.

    Returns:
        Frames (count, frames, 2, size, size), uint8, channel 0 ON and 1 OFF; angles in degrees, float32.

    Raises:
        InputError: no drives, or those of a road in reversed order: a marking is mirrored, not reversed.
    """
    s = settings or DrivingSettings()
    if count < 1:
        raise InputError("needs at least one drive", where="count", found=count)
    if reversed_order and s.scene == "road":
        raise InputError("has no reversed order", where="scene", found=s.scene, allowed="posts")
    rng = np.random.default_rng(seed)
    angles, rates = drive(count, s, rng)
    world = rng.random((count, s.posts, 5)) if s.scene == "posts" else _marking(rng.random((count, 1, 5)))
    phase, dark, start = rng.random((count, s.size, s.size)), rng.random(count) < 0.5, rng.random(count)
    asked = -angles[:, s.ahead + s.frames - 1] if reversed_order else angles[:, 0]
    parts = []
    for first in range(0, count, _CHUNK):
        part = slice(first, first + _CHUNK)
        path = (
            _path(start[part], rates[part], s, reversed_order=reversed_order)
            if s.scene == "posts"
            else _positions(rates[part], s)
        )
        scene = _scene(world[part], path, s) * np.where(dark[part], -1, 1).astype(np.float32)[:, None, None, None]
        parts.append(binned(level_crossings(scene, s.threshold, phase[part]), s.frames))
    frames = np.concatenate(parts)
    for age in range(s.frames):  # the newest first, so that more frames leave these as they are
        frames[:, s.frames - 1 - age] = with_noise(frames[:, s.frames - 1 - age], s.noise, rng)
    ahead = f", {s.ahead} frames ahead" if s.ahead else ""
    of = f"{s.scene}, {s.size} x {s.size}, {s.frames} frames{ahead}, contrast {s.contrast:g}, seed {seed}"
    return Samples(
        torch.from_numpy(frames), torch.from_numpy(asked.astype(np.float32)), (), f"synthetic drives, {of}", timed=True
    )


def drive(count: int, s: DrivingSettings, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Random angles, and what they turn the camera by, both in degrees.

    The process is drawn from its last frame backwards: it has no direction of time.

    Returns:
        Angles (count, ahead + frames + 1), the newest first, which is asked for; angles with their jitter, of the
        frames and the one before them (count, frames + 1), the newest last.
    """
    shape = (count, MOST_FRAMES + 1 + MOST_AHEAD, 2)
    curves, innovations = rng.standard_normal(count), rng.standard_normal(shape)
    innovation = np.sqrt(1 - s.correlation**2)
    angle, path = innovations[:, 0, 0], [innovations[:, 0, 0]]
    for age in range(1, s.frames + 1 + s.ahead):
        angle = s.correlation * angle + innovation * innovations[:, age, 0]
        path.append(angle)
    scale = s.angle_deg * np.exp(s.curviness * curves - s.curviness**2)  # mean square angle_deg²
    angles = np.clip(np.stack(path, 1) * scale[:, None], -s.limit_deg, s.limit_deg)
    jitter = s.jitter_deg * innovations[:, s.ahead : s.ahead + s.frames + 1, 1]
    rates = np.clip(angles[:, s.ahead :] + jitter, -s.limit_deg, s.limit_deg)
    return angles, rates[:, ::-1]


def _path(start: np.ndarray, rates: np.ndarray, s: DrivingSettings, *, reversed_order: bool) -> np.ndarray:
    """Shift of the picture (n, instants), pixels; `start` sets that of the newest instant, in either order."""
    steps = np.repeat(rates[:, 1:] * s.yaw / s.substeps, s.substeps, axis=1)
    back = np.cumsum(steps[:, ::-1], axis=1)[:, ::-1]
    end = 2 * s.size * start[:, None]
    path = np.concatenate([end - back, end], axis=1)
    return path[:, ::-1] if reversed_order else path


def _positions(rates: np.ndarray, s: DrivingSettings) -> np.ndarray:
    """Shift (n, instants) that puts the marking where each frame's rate wants it, on a straight way between frames."""
    at = np.arange(s.frames * s.substeps + 1) / s.substeps
    before = np.minimum(at.astype(int), s.frames - 1)
    return -s.lean * (rates[:, before] + (at - before) * (rates[:, before + 1] - rates[:, before]))


def _marking(world: np.ndarray) -> np.ndarray:
    """The numbers of a post as those of a marking: in the middle of the picture, narrow, from top to bottom."""
    fixed = np.broadcast_to([0.25, 0.0, 0.5, 1.0], (*world.shape[:2], 4))
    return np.concatenate([fixed, world[:, :, 4:]], 2)


def _scene(world: np.ndarray, path: np.ndarray, s: DrivingSettings) -> np.ndarray:
    """Log-brightness (n, instants, size, size) of bright posts, from five uniform numbers for each post."""
    period, pixel = 2 * s.size, np.arange(s.size, dtype=np.float32) + 0.5
    place, width, middle, height, strength = np.moveaxis(world, 2, 0).astype(np.float32)
    # posts of 1 to 3 edges' width, from a third to all of the picture's height, of half to full contrast
    half_width, half_height = s.edge * (0.5 + width), s.size * (1 + 2 * height) / 6
    distance = pixel + path.astype(np.float32)[:, :, None, None] - period * place[:, None, :, None]
    distance = np.abs((distance + period / 2) % period - period / 2)
    across = soft_edge(distance - half_width[:, None, :, None], s.edge)
    off = np.abs(pixel - s.size * middle[:, :, None])
    along = soft_edge(off - half_height[:, :, None], s.edge)
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
