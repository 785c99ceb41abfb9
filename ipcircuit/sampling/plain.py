"""Deviates of many plain copies at once, those of `Sample.normal` to the bit.

``default_rng([seed, index, hash])`` takes 20 µs for each deviate, nearly all of it to make the generator. Here numpy's
seeding (`numpy.random.SeedSequence`, then PCG64: both algorithms are fixed by numpy's promise that seeds keep their
streams) is worked out for all of them together, and one generator is put into one state after the other.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ipcircuit.sampling.sample import Sample

_WORD, _POOL, _SHIFT = 2**32, 4, np.uint32(16)
_MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645  # of PCG64
_LONG = 2**128 - 1
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
            drawn[place] = replace(samples[place], drawn=dict(zip(names, row, strict=True)))
    return [sample for sample in drawn if sample is not None]


def plain_normals(seed: int, indices: Sequence[int], names: Sequence[str]) -> list[list[float]]:
    """Standard normal deviates of plain copies: a list for each index, in the order of the names (lower case)."""
    hashes = [zlib.crc32(name.encode()) for name in names]
    if not names:
        return [[] for _ in indices]
    if seed >= _WORD or any(index >= _WORD for index in indices):  # seeds of more words than one
        return [[_one(seed, index, each) for each in hashes] for index in indices]
    count = len(indices) * len(names)
    words = [
        np.full(count, seed, np.uint32),
        np.repeat(np.asarray(indices, np.uint32), len(names)),
        np.tile(np.asarray(hashes, np.uint32), len(indices)),
        np.zeros(count, np.uint32),
    ]
    generator = np.random.Generator(np.random.PCG64(0))
    bits, draw, inner = generator.bit_generator, generator.standard_normal, {"state": 0, "inc": 0}
    state = {"bit_generator": "PCG64", "state": inner, "has_uint32": 0, "uinteger": 0}
    deviates = []
    for high, low, sequence_high, sequence_low in zip(*_seeded(words), strict=True):
        inner["inc"] = increment = ((sequence_high << 64 | sequence_low) << 1 | 1) & _LONG
        inner["state"] = ((increment + (high << 64 | low)) * _MULTIPLIER + increment) & _LONG
        bits.state = state
        deviates.append(draw())
    return [deviates[start : start + len(names)] for start in range(0, count, len(names))]


def _one(seed: int, index: int, hashed: int) -> float:
    return float(np.random.default_rng([seed, index, hashed]).standard_normal())


def _seeded(words: Sequence[np.ndarray]) -> list[list[int]]:
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
    return [(state[2 * i] | state[2 * i + 1] << np.uint64(32)).tolist() for i in range(_POOL)]


def _hashed(values: np.ndarray, constants: tuple[np.uint32, np.uint32]) -> np.ndarray:
    values = (values ^ constants[0]) * constants[1]
    return values ^ (values >> _SHIFT)
