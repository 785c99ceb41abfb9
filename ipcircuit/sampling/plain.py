"""Deviates of many plain copies at once, those of `Sample.normal` to the bit.

``default_rng([seed, index, hash])`` takes 20 µs for each deviate, nearly all of it to make the generator. Here numpy's
seeding (`numpy.random.SeedSequence`, then PCG64: both algorithms are fixed by numpy's promise that seeds keep their
streams) is worked out for all of them together, and so is the first deviate of each (`ipcircuit.sampling.ziggurat`).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ipcircuit.sampling.sample import Sample
from ipcircuit.sampling.ziggurat import ONE, Wide, added, multiplied, normals

_WORD, _POOL, _SHIFT = 2**32, 4, np.uint32(16)
_LEFT, _RIGHT = np.uint32(0xCA01F9DD), np.uint32(0x4973F715)


def _constants(start: int, factor: int, count: int) -> list[tuple[np.uint32, np.uint32]]:
    pairs = []
    for _ in range(count):
        following = start * factor % _WORD
        pairs.append((np.uint32(start), np.uint32(following)))
        start = following
    return pairs


_ENTROPY = _constants(0x43B0D7E5, 0x931E8875, _POOL * _POOL)
_STATE = _constants(0x8B51F9DD, 0x58F38DED, 2 * _POOL)


def drawn_together(samples: Sequence[Sample], names: Sequence[str]) -> list[Sample]:
    """The same samples, with their plain deviates of these names (in any case) drawn."""
    names = [name.lower() for name in names]
    drawn: list[Sample | None] = [None] * len(samples)
    for seed in {sample.seed for sample in samples}:
        places = [place for place, sample in enumerate(samples) if sample.seed == seed]
        rows = plain_normals(seed, [samples[place].index for place in places], names)
        for place, row in zip(places, rows, strict=True):
            drawn[place] = replace(samples[place], drawn=dict(zip(names, row.tolist(), strict=True)))
    return [sample for sample in drawn if sample is not None]


def plain_normals(seed: int, indices: Sequence[int], names: Sequence[str]) -> np.ndarray:
    """Standard normal deviates of plain copies, shape (indices, names); names in lower case."""
    hashes, shape = [zlib.crc32(name.encode()) for name in names], (len(indices), len(names))
    if not all(shape):
        return np.empty(shape)
    if seed >= _WORD or any(index >= _WORD for index in indices):  # seeds of more words than one
        return np.array([[_one(seed, index, each) for each in hashes] for index in indices])
    count = shape[0] * shape[1]
    words = [
        np.full(count, seed, np.uint32),
        np.repeat(np.asarray(indices, np.uint32), len(names)),
        np.tile(np.asarray(hashes, np.uint32), len(indices)),
        np.zeros(count, np.uint32),
    ]
    return normals(*_started(*_seeded(words))).reshape(shape)


def _started(
    high: np.ndarray, low: np.ndarray, sequence_high: np.ndarray, sequence_low: np.ndarray
) -> tuple[Wide, Wide]:
    """States and increments of PCG64 generators with these seeds."""
    with np.errstate(over="ignore"):
        increment = sequence_high << ONE | sequence_low >> np.uint64(63), sequence_low << ONE | ONE
        return added(multiplied(added(increment, (high, low))), increment), increment


def _one(seed: int, index: int, hashed: int) -> float:
    return float(np.random.default_rng([seed, index, hashed]).standard_normal())


def _seeded(words: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Four 64-bit words of `SeedSequence.generate_state` for each column of entropy words."""
    with np.errstate(over="ignore"):
        constants = iter(_ENTROPY)
        pool = [_hashed(word, next(constants)) for word in words]
        for source in range(_POOL):
            for target in range(_POOL):
                if source != target:
                    mixed = _LEFT * pool[target] - _RIGHT * _hashed(pool[source], next(constants))
                    pool[target] = mixed ^ (mixed >> _SHIFT)
        state = [_hashed(pool[i % _POOL], _STATE[i]).astype(np.uint64) for i in range(2 * _POOL)]
    return [state[2 * i] | state[2 * i + 1] << np.uint64(32) for i in range(_POOL)]


def _hashed(values: np.ndarray, constants: tuple[np.uint32, np.uint32]) -> np.ndarray:
    values = (values ^ constants[0]) * constants[1]
    return values ^ (values >> _SHIFT)
