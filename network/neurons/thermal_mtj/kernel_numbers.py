"""Numbers for the compiled loops: exponential and binomial draws over whole arrays.

Written without branches, so that the compiler works on several numbers at a time.
"""

from __future__ import annotations

import numba
import numpy as np

_STEP, _MIX_1, _MIX_2 = (np.uint64(c) for c in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
_27, _30, _31, _11, _40, _8 = (np.uint64(c) for c in (27, 30, 31, 11, 40, 8))
_LOW = np.uint64(0xFFFFFFFF)
_ROUND = 6755399441055744.0  # 1.5 · 2^52: added and taken off again, it leaves the nearest whole number
_ROUND_32 = 12582912.0  # the same for float32
_LOG2_E, _LN2_HIGH, _LN2_LOW = 1.4426950408889634, 0.693147180369123816490, 1.90821492927058770002e-10
_LARGEST = 700.0  # beyond, 2^n leaves double precision
PADDING = 4  # entries after the last of `ratios` and `counts`: the terms are summed four at a time

compiled = numba.njit(nogil=True, cache=True, error_model="numpy")


@compiled
def exponential(x):
    """e^x to 1e-14, x held to ±700: 2^n times the series of the rest, |rest| < 0.35."""
    x = min(max(x, -_LARGEST), _LARGEST)
    shifted = x * _LOG2_E + _ROUND
    n = shifted - _ROUND
    r = x - n * _LN2_HIGH - n * _LN2_LOW
    series = 1.0 + r / 12 * (1.0 + r / 13)
    for k in (11.0, 10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0):
        series = 1.0 + series * r * (1.0 / k)
    exponent = (np.float64(shifted).view(np.int64) << 52) + np.int64(0x3FF0000000000000)
    return series * np.int64(exponent).view(np.float64)


@compiled
def exponential_32(x):
    """e^x of a float32 to 2e-7 as Cephes has it (expf; S. L. Moshier), x held to ±87."""
    f = np.float32
    x = min(max(x, f(-87.0)), f(87.0))
    shifted = x * f(_LOG2_E) + f(_ROUND_32)
    n = shifted - f(_ROUND_32)
    r = x - n * f(0.693359375) + n * f(2.12194440e-4)
    series = f(1.9875691500e-4) * r + f(1.3981999507e-3)
    series = series * r + f(8.3334519073e-3)
    series = series * r + f(4.1665795894e-2)
    series = series * r + f(1.6666665459e-1)
    series = series * r + f(5.0000001201e-1)
    series = series * r * r + r + f(1.0)
    exponent = (f(shifted).view(np.int32) << np.int32(23)) + np.int32(0x3F800000)
    return series * np.int32(exponent).view(np.float32)


@compiled
def sigmoids(x, slope, midpoint):
    """Replace `x` by 1 / (1 + exp(-slope · (x - midpoint))), in the type of `x`."""
    if x.itemsize == 4:
        for n in range(len(x)):
            x[n] = np.float32(1.0) / (np.float32(1.0) + exponential_32(np.float32(slope * (midpoint - x[n]))))
    else:
        for n in range(len(x)):
            x[n] = 1.0 / (1.0 + exponential(slope * (midpoint - x[n])))


@compiled
def mixed(counter):
    """SplitMix64 (Steele et al., OOPSLA 2014): 64 random bits of a counter that goes up by _STEP."""
    z = (counter ^ (counter >> _30)) * _MIX_1
    z = (z ^ (z >> _27)) * _MIX_2
    return z ^ (z >> _31)


@compiled
def stream(seed, number):
    """First counter of the stream of this number."""
    return mixed(seed + np.uint64(number + 1) * _STEP) + _STEP


def tables(draws: int, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    """``ratios[k]``: (draws - k + 1) / k, what one binomial coefficient is to the one before; ``counts[k]``: 1.

    For k = 1 … draws, with zeros after them and one before.
    """
    ratios, counts = np.zeros((2, 1 + draws + PADDING), dtype)
    k = np.arange(1, draws + 1)
    ratios[1 : draws + 1], counts[1 : draws + 1] = (draws - k + 1) / k, 1.0
    return ratios, counts


@compiled
def trials(p, counter, room):
    """Replace the probabilities `p` by the outcome of one trial each, 1 or 0; returns the counter.

    In float32 the uniform numbers have 24 bits, as torch's have: two of each 64 random bits. `room`: see
    `binomial_means`, one number longer.
    """
    number, one, zero = len(p), p.dtype.type(1), p.dtype.type(0)
    uniform = room[0]
    if p.itemsize == 4:
        half = (number + 1) // 2
        for i in range(half):
            bits = mixed(counter + np.uint64(i) * _STEP)
            uniform[i] = np.float32(np.int32(bits >> _40)) * np.float32(2.0**-24)
            uniform[half + i] = np.float32(np.int32((bits & _LOW) >> _8)) * np.float32(2.0**-24)
    else:
        half = number
        for i in range(number):
            uniform[i] = (mixed(counter + np.uint64(i) * _STEP) >> _11) * 2.0**-53
    for i in range(number):
        p[i] = one if uniform[i] < p[i] else zero
    return counter + np.uint64(half) * _STEP


@compiled
def binomial_means(p, counter, draws, ratios, counts, room):
    """Replace the probabilities `p` by the means of `draws` (at most 127) trials; returns the counter.

    The binomial is inverted from one uniform number each, counting the rarer outcome: exact to the rounding of its
    cumulative sum in the type of `p`. `ratios`, `counts`: see `tables`; `room`: (4, at least the length of `p`); all of
    one type.
    """
    rest, term, odds, count = room[0], room[1], room[2], room[3]
    zero, one, half, trials = p.dtype.type(0), p.dtype.type(1), p.dtype.type(0.5), p.dtype.type(draws)
    largest = one - p.dtype.type(2.0**-24 if p.itemsize == 4 else 2.0**-53)  # a uniform number must not round to 1
    number = len(p)
    for i in range(number):
        uniform = p.dtype.type((mixed(counter + np.uint64(i) * _STEP) >> _11) * 2.0**-53)
        rare = min(p[i], one - p[i])
        power, first = one - rare, one
        odds[i] = rare / power
        for bit in range(7):  # (1 - rare)^draws by squaring
            first *= power if (draws >> bit) & 1 else one
            power *= power
        term[i], count[i] = first, zero
        rest[i] = min(uniform, largest) - first
    for k in range(1, draws + 1, 4):  # four terms for every time that the numbers are fetched
        r0, r1, r2, r3 = ratios[k], ratios[k + 1], ratios[k + 2], ratios[k + 3]
        c0, c1, c2, c3 = counts[k], counts[k + 1], counts[k + 2], counts[k + 3]
        for i in range(number):
            step, left, successes = term[i], rest[i], count[i]
            successes += c0 if left >= zero else zero
            step *= odds[i] * r0
            left -= step
            successes += c1 if left >= zero else zero
            step *= odds[i] * r1
            left -= step
            successes += c2 if left >= zero else zero
            step *= odds[i] * r2
            left -= step
            successes += c3 if left >= zero else zero
            step *= odds[i] * r3
            left -= step
            term[i], rest[i], count[i] = step, left, successes
    for i in range(number):
        p[i] = (count[i] if p[i] <= half else trials - count[i]) / trials
    return counter + np.uint64(number) * _STEP
