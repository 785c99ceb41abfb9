"""An ideal event camera in front of drawn scenes: a pixel sends an event when its brightness crosses a level.

Levels are `threshold` apart and shifted by a random amount at every pixel, as thresholds are in a real sensor. Between
two instants a pixel sends as many ON events as it crosses levels upwards, OFF downwards. Crossing them the other way is
the same events backwards with ON and OFF exchanged: the camera has no memory of its own, so a scene played backwards
gives exactly the reversed stream. (A real pixel compares with the brightness of its last event, which lags behind by up
to a threshold, and so can give the direction away.)
"""

from __future__ import annotations

import numpy as np

from ipcircuit.errors import InputError


def level_crossings(brightness: np.ndarray, threshold: float, offset: np.ndarray) -> np.ndarray:
    """Events between instants, uint8 (n, instants - 1, 2, height, width), channel 0 ON and 1 OFF.

    Args:
        brightness: (n, instants, height, width).
        threshold: between two levels.
        offset: of each pixel's levels in thresholds, (n, height, width), 0 … 1.

    Raises:
        InputError: a threshold that is not positive.
    """
    if not threshold > 0:
        raise InputError("must be positive", where="threshold", found=threshold)
    level = np.floor(brightness / threshold + offset[:, None]).astype(np.int16)
    change = np.diff(level, axis=1)
    return np.stack([np.maximum(change, 0), np.maximum(-change, 0)], axis=2).astype(np.uint8)


def binned(events: np.ndarray, steps: int) -> np.ndarray:
    """Events of equally many instants per frame added up: (n, steps, 2, height, width)."""
    n, instants = events.shape[:2]
    return events.reshape(n, steps, instants // steps, *events.shape[2:]).sum(axis=2, dtype=np.uint8)


def with_noise(frames: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Frames with an event more at a random `share` of pixels, polarities and frames."""
    return frames + (rng.random(frames.shape, dtype=np.float32) < share) if share else frames


def soft_edge(distance: np.ndarray, edge: float) -> np.ndarray:
    """Brightness 1 inside (negative distance), 0 outside; it falls as a raised cosine over `edge`, centred on 0."""
    phase = np.clip(distance / edge, -0.5, 0.5)
    return 0.5 - 0.5 * np.sin(np.pi * phase)
