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
def binomial(p, counter, draws, ratios):
    """Successes in `draws` trials, by inversion of one uniform number in double precision.

    Counts the rarer outcome. ``ratios[k]`` is (draws - k + 1) / k, what one binomial coefficient is to the one before.
    """
    rest = (_mixed(counter) >> _11) * 2.0**-53
    p = np.float64(p)
    rare = min(p, 1.0 - p)
    term = (1.0 - rare) ** draws
    odds = rare / (1.0 - rare)
    count = 0
    rest -= term
    while rest >= 0.0 and count < draws:
        count += 1
        term *= odds * ratios[count]
        rest -= term
    return count if p <= 0.5 else draws - count


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
    kept = np.empty((len(poles), TILE), volts.dtype)
    for tile in range(first, last):
        sample, start = tile // across, tile % across * TILE
        end = min(start + TILE, features)
        counter = _mixed(seed + np.uint64(tile + 1) * _STEP)
        for t in range(steps):
            given = volts[t, sample, start:end]
            result = out[t, sample, :, start:end]
            for j in range(len(curves)):
                _clear(result[j])
            for q in range(len(poles)):
                _cool(poles[q, 1], state[q, sample, start:end], kept[q])
            for i in range(end - start):
                v = given[i]
                if v > 0:
                    reference = volts.dtype.type(0)
                    for j in range(len(curves)):
                        x = curves[j, 0] * (v - curves[j, 1] + _theta(poles, kept, j, i))
                        found = curves[j, 2] / (one + math.exp(-x))
                        if draws > 0:
                            counter += _STEP
                            found = volts.dtype.type(binomial(found, counter, draws, ratios) / draws)
                        result[j, i] = found - reference
                        if difference and j == 0:
                            reference = found
                    for q in range(len(poles)):
                        state[q, sample, start + i] += (poles[q, 2] * v + poles[q, 3]) * v + poles[q, 4]


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
            for i in range(end - start):
                v = given[i]
                if v > 0:
                    total = volts.dtype.type(0)
                    for j in range(len(curves)):
                        weight = weights[j, i]
                        if difference and j == 0:
                            for other in range(1, len(curves)):
                                weight -= weights[other, i]
                        x = slopes[j] * (v - curves[j, 1] + _theta(poles, history[t], j, i))
                        p = one / (one + math.exp(-x))
                        slope = weight * curves[j, 2] * slopes[j] * p * (one - p)
                        total += slope
                        for q in range(len(poles)):
                            if poles[q, 0] == j:
                                total += (two * poles[q, 2] * v + poles[q, 3]) * later[q, i]
                                adjoint[q, i] += slope
                    result[i] = total


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
