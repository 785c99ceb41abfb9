"""The differential layer's inner loops for a CPU, compiled by numba: one pass over the volts in each direction.

Arrays, all of one floating-point type, volts in V: `volts` (time, batch, features); `state`, Theta of all poles (poles,
batch, features), left as after the last step; `curves` (junctions, 3): slope, midpoint, maximum; `poles` (poles, 5):
junction, decay, alpha, beta, delta; outputs and their gradients (time, batch, junctions, features). A call works on the
tiles `first` … `last` - 1: TILE features of one sample, so that their states stay in the cache of a core.
"""

from __future__ import annotations

import math

import numba
import numpy as np

TILE = 1024
_STEP, _MIX_1, _MIX_2 = (np.uint64(c) for c in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
_27, _30, _31, _11 = (np.uint64(c) for c in (27, 30, 31, 11))

_compiled = numba.njit(nogil=True, cache=True, error_model="numpy")


@_compiled
def _mixed(counter):
    """SplitMix64 (Steele et al., OOPSLA 2014): 64 random bits of a counter that goes up by _STEP."""
    z = (counter ^ (counter >> _30)) * _MIX_1
    z = (z ^ (z >> _27)) * _MIX_2
    return z ^ (z >> _31)


@_compiled
def _binomials(p, counter, draws, ratios, room):
    """Replace the probabilities `p` by successes in `draws` trials, one uniform number each, in double precision.

    The binomial is inverted, counting the rarer outcome; all terms are summed, without a way out for each number, so
    that the compiler works on several numbers at a time. ``ratios[k]`` is (draws - k + 1) / k, what one binomial
    coefficient is to the one before. `room`: (4, at least the number of probabilities). Returns the counter.
    """
    rest, term, odds, count = room[0], room[1], room[2], room[3]
    number = len(p)
    for i in range(number):
        rest[i] = (_mixed(counter + np.uint64(i) * _STEP) >> _11) * 2.0**-53
    for i in range(number):
        rare = min(np.float64(p[i]), 1.0 - p[i])
        odds[i] = rare / (1.0 - rare)
        term[i] = 1.0
        count[i] = 1.0 - rare
    left = draws
    while left > 0:  # term = (1 - rare)^draws by squaring
        if left & 1:
            for i in range(number):
                term[i] *= count[i]
        left >>= 1
        for i in range(number):
            count[i] *= count[i]
    for i in range(number):
        rest[i] -= term[i]
        count[i] = 0.0
    for k in range(1, draws + 1):
        ratio = ratios[k]
        for i in range(number):
            count[i] += 1.0 if rest[i] >= 0.0 else 0.0
            term[i] *= odds[i] * ratio
            rest[i] -= term[i]
    for i in range(number):
        p[i] = count[i] if p[i] <= 0.5 else draws - count[i]
    return counter + np.uint64(number) * _STEP


@_compiled
def _theta(poles, kept, junction, i):
    total = kept.dtype.type(0)
    for q in range(len(poles)):
        if poles[q, 0] == junction:
            total += kept[q, i]
    return total


@_compiled
def _cool(decay, values, kept):
    """Keep `values` and let them decay by one step."""
    for i in range(len(values)):
        kept[i] = values[i]
        values[i] = decay * values[i]


@_compiled
def _find(volts, places):
    """Write the places that have a pulse; returns their number. Without a branch, which would be guessed wrong."""
    number = 0
    for i in range(len(volts)):
        places[number] = i
        number += volts[i] > 0
    return number


@_compiled
def _clear(values):
    for i in range(len(values)):
        values[i] = 0


@_compiled
def forward(volts, state, curves, poles, ratios, draws, difference, seed, first, last, out):
    """Mean of `draws` spikes of every junction into `out`, all of it written; `draws` = 0 gives the expectation.

    With `difference` every junction's output but the first one's is less the first one's.
    """
    steps, _, features = volts.shape
    across = (features + TILE - 1) // TILE
    one = volts.dtype.type(1)
    kept, found = np.empty((len(poles), TILE), volts.dtype), np.empty((len(curves), TILE), volts.dtype)
    places, room = np.empty(TILE, np.int64), np.empty((4, TILE))
    share = volts.dtype.type(max(draws, 1))
    for tile in range(first, last):
        sample, start = tile // across, tile % across * TILE
        end = min(start + TILE, features)
        counter = _mixed(seed + np.uint64(tile + 1) * _STEP) + _STEP
        for t in range(steps):
            given = volts[t, sample, start:end]
            result = out[t, sample, :, start:end]
            for j in range(len(curves)):
                _clear(result[j])
            for q in range(len(poles)):
                _cool(poles[q, 1], state[q, sample, start:end], kept[q])
            number = _find(given, places)
            for j in range(len(curves)):
                for n in range(number):
                    i = places[n]
                    x = curves[j, 0] * (given[i] - curves[j, 1] + _theta(poles, kept, j, i))
                    found[j, n] = curves[j, 2] / (one + math.exp(-x))
                if draws > 0:
                    counter = _binomials(found[j, :number], counter, draws, ratios, room)
                for n in range(number):
                    mean = found[j, n] / share
                    result[j, places[n]] = mean - found[0, n] / share if difference and j > 0 else mean
            for q in range(len(poles)):
                for n in range(number):
                    v = given[places[n]]
                    state[q, sample, start + places[n]] += (poles[q, 2] * v + poles[q, 3]) * v + poles[q, 4]


@_compiled
def backward(volts, state, curves, slopes, poles, difference, first, last, wanted, out):
    """Gradient of the expectation of `forward`, times `wanted`, into `out`, all of it written.

    `slopes`: k of each junction's gradient. Theta before each step is computed again; then, from the last step to the
    first, `adjoint` is what a pole's state before the step changes in the later outputs.
    """
    steps, _, features = volts.shape
    across = (features + TILE - 1) // TILE
    one, two = volts.dtype.type(1), volts.dtype.type(2)
    history = np.empty((steps, len(poles), TILE), volts.dtype)
    adjoint = np.empty((len(poles), TILE), volts.dtype)
    later = np.empty((len(poles), TILE), volts.dtype)
    places = np.empty(TILE, np.int64)
    for tile in range(first, last):
        sample, start = tile // across, tile % across * TILE
        end = min(start + TILE, features)
        _record(volts[:, sample, start:end], state[:, sample, start:end], poles, history)
        adjoint[:] = 0
        for t in range(steps - 1, -1, -1):
            given = volts[t, sample, start:end]
            weights, result = wanted[t, sample, :, start:end], out[t, sample, start:end]
            _clear(result)
            for q in range(len(poles)):
                _cool(poles[q, 1], adjoint[q], later[q])
            number = _find(given, places)
            for j in range(len(curves)):
                for n in range(number):
                    i = places[n]
                    weight = weights[j, i]
                    if difference and j == 0:
                        for other in range(1, len(curves)):
                            weight -= weights[other, i]
                    x = slopes[j] * (given[i] - curves[j, 1] + _theta(poles, history[t], j, i))
                    p = one / (one + math.exp(-x))
                    slope = weight * curves[j, 2] * slopes[j] * p * (one - p)
                    result[i] += slope
                    for q in range(len(poles)):
                        if poles[q, 0] == j:
                            result[i] += (two * poles[q, 2] * given[i] + poles[q, 3]) * later[q, i]
                            adjoint[q, i] += slope


@_compiled
def _record(volts, state, poles, history):
    """Theta before every step of a tile; `state`, before the first, is overwritten."""
    zero = volts.dtype.type(0)
    for t in range(len(volts)):
        for q in range(len(poles)):
            decay, alpha, beta, delta = poles[q, 1], poles[q, 2], poles[q, 3], poles[q, 4]
            for i in range(volts.shape[1]):
                v = volts[t, i]
                history[t, q, i] = state[q, i]
                state[q, i] = decay * state[q, i] + ((alpha * v + beta) * v + delta if v > 0 else zero)
