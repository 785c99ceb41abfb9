"""First standard normal deviate of many PCG64 generators at once, to the bit what numpy draws from each.

numpy draws by the ziggurat method (Marsaglia and Tsang, J. Stat. Softw. 5(8), 2000): of a random word, eight bits
choose a layer, one the sign and 52 the place r in the layer; in 98.5 % of all cases the deviate is r times the layer's
width, w_i. These are worked out in arrays, the others drawn by numpy itself. The widths are read off numpy's own
generator, which is put into states of which the next word is known: no table is copied here. Should numpy draw in
another way one day, a comparison notices it, and all are drawn one by one.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

Wide = tuple[np.ndarray, np.ndarray]  # 128-bit words: their upper and lower halves, uint64

ONE = np.uint64(1)
_MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645  # of PCG64
_INVERSE = pow(_MULTIPLIER, -1, 2**128)
_LONG, _WORD, _HALF = 2**128 - 1, 2**64 - 1, np.uint64(2**32 - 1)
_32, _64 = np.uint64(32), np.uint64(64)
_HIGH, _LOW = np.uint64(_MULTIPLIER >> 64), np.uint64(_MULTIPLIER & _WORD)
_LAYERS, _MARGIN = 256, 2**16  # of 2^52: what a bound may be off by


def added(one: Wide, other: Wide) -> Wide:
    """Sums modulo 2^128."""
    low = one[1] + other[1]
    return one[0] + other[0] + (low < one[1]), low


def multiplied(words: Wide) -> Wide:
    """Products with PCG64's multiplier modulo 2^128."""
    high, low = words
    a0, a1, b0, b1 = low & _HALF, low >> _32, _LOW & _HALF, _LOW >> _32
    cross, other = a0 * b1, a1 * b0
    middle = (a0 * b0 >> _32) + (cross & _HALF) + (other & _HALF)
    carried = a1 * b1 + (cross >> _32) + (other >> _32) + (middle >> _32)
    return carried + low * _HIGH + high * _LOW, low * _LOW


def normals(states: Wide, increments: Wide) -> np.ndarray:
    """The next standard normal deviate of each generator, shape (generators,)."""
    widths, bounds = _layers()
    words = _words(states, increments)
    layers, places = _parts(words)
    deviates = np.copysign(places * widths[layers], np.where(words >> np.uint64(8) & ONE, -1.0, 1.0))
    slow = np.flatnonzero(places >= bounds[layers])
    if slow.size:
        generator, columns = np.random.Generator(np.random.PCG64(0)), (*states, *increments)
        for i, *halves in zip(slow.tolist(), *(column[slow].tolist() for column in columns), strict=True):
            high, low, increment_high, increment_low = halves
            deviates[i] = _drawn(generator, high << 64 | low, increment_high << 64 | increment_low)
    return deviates


def _words(states: Wide, increments: Wide) -> np.ndarray:
    """The next 64-bit word of each generator (PCG XSL-RR 128/64)."""
    with np.errstate(over="ignore"):
        high, low = added(multiplied(states), increments)
        turn = high >> np.uint64(58)
        mixed = high ^ low
        return mixed >> turn | mixed << (_64 - turn & np.uint64(63))


def _parts(words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Layer of each word, and its place in it."""
    return (words & np.uint64(_LAYERS - 1)).astype(np.intp), words >> np.uint64(9) & np.uint64(2**52 - 1)


def _drawn(generator: np.random.Generator, state: int, increment: int) -> float:
    """What numpy draws in a state."""
    inner = {"state": state, "inc": increment}
    whole: dict[str, Any] = {"bit_generator": "PCG64", "state": inner, "has_uint32": 0, "uinteger": 0}
    generator.bit_generator.state = whole
    return generator.standard_normal()


@functools.cache
def _layers() -> tuple[np.ndarray, np.ndarray]:
    """Width of each layer, and the place below which a word of it is accepted at once; nowhere 0 if unsure."""
    generator = np.random.Generator(np.random.PCG64(0))

    def of_word(word: int) -> float:  # the increment is 1, the upper half of the next state 0
        return _drawn(generator, (word - 1) * _INVERSE & _LONG, 1)

    widths = np.array([of_word(1 << 9 | layer) for layer in range(_LAYERS)])
    # A layer is accepted up to the edge of the next higher one, w_(i-1) / w_i of its width. Layer 1 has none above it,
    # and its width cannot be read off.
    bounds = np.zeros(_LAYERS, np.uint64)
    for layer in (0, *range(3, _LAYERS)):
        bounds[layer] = max(0, int(widths[layer - 1] / widths[layer] * 2**52) - _MARGIN)
    tried = np.random.default_rng(0).integers(2**64, size=2 * _LAYERS, dtype=np.uint64)
    layers, places = _parts(tried)
    right = np.array([of_word(word) for word in tried.tolist()]) == places * widths[layers] * np.where(
        tried >> np.uint64(8) & ONE, -1, 1
    )
    if not right[places < bounds[layers]].all():
        bounds[:] = 0
    return widths, bounds
