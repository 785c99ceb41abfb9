"""Results that were worked out last, so that ratios to one device, and rows that repeat its values, share them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock

import numpy as np


class Recent:
    """Arrays by what they were worked out from: the last ones that fit in `most_bytes`."""

    def __init__(self, most_bytes: int) -> None:
        self._arrays: dict[Hashable, np.ndarray] = {}
        self._bytes, self._most, self._lock = 0, most_bytes, Lock()

    def get(self, key: Hashable, compute: Callable[[], np.ndarray]) -> np.ndarray:
        """The array of a key, read-only; `compute` makes it where it is not held."""
        with self._lock:
            array = self._arrays.pop(key, None)
            if array is not None:
                self._arrays[key] = array  # the last again
                return array
        array = compute()
        array.flags.writeable = False
        with self._lock:
            if key not in self._arrays:
                self._arrays[key] = array
                self._bytes += array.nbytes
            while self._bytes > self._most:
                self._bytes -= self._arrays.pop(next(iter(self._arrays))).nbytes
        return array
