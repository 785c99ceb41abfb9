"""An event camera whose pixels count the levels that their log-brightness crosses."""

from __future__ import annotations

import numpy as np


def level_events(log_brightness: np.ndarray, threshold: float, phase: np.ndarray, frames: int) -> np.ndarray:
    """Events of every frame: ON where the logarithm of the brightness rises past a level, OFF where it falls past one.

    Levels lie `threshold` apart, at a place of every pixel's own: the reference level of a camera that sends an event
    at each step, without the hysteresis of a real one. Slow changes add up until a level is crossed, fast ones give
    several events at once. Without hysteresis a scene shown backwards gives the same events backwards, ON and OFF
    exchanged, and so does a scene of the opposite contrast in its own order (its phases then being ``1 - phase``).

    Args:
        log_brightness: natural logarithm, (n, instants, height, width); ``frames`` x a whole number of instants, and 1.
        threshold: distance of the levels (0.2 to 0.5 in cameras that are sold).
        phase: places of the levels, 0 … 1 of a threshold, (n, height, width).
        frames: parts of equal length.

    Returns:
        Counts (n, frames, 2, height, width), int64, channel 0 ON and 1 OFF.
    """
    level = np.floor(log_brightness / threshold + phase[:, None]).astype(np.int64)
    crossed = np.diff(level, axis=1)
    both = np.stack([crossed.clip(min=0), (-crossed).clip(min=0)], axis=2)
    return both.reshape(len(both), frames, -1, *both.shape[2:]).sum(axis=2)
