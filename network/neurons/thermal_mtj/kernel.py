"""The differential layer's inner loops for a CPU, compiled by numba: work per pulse, not per input.

A neuron without a pulse never fires and takes no heat, so the pulses are listed once, and heat that nothing asks for
decays by a power of its factor when the next pulse comes. The backward pass goes through the same list.

Arrays in V, of one floating-point type: `volts` (time, columns), columns being samples times features; `state`, Theta
of all poles (poles, columns), left as after the last step; outputs and their gradients (time, samples · junctions ·
features). In double precision: `curves` (junctions, 3): slope, midpoint, maximum; `poles` (poles, 5): junction, decay,
alpha, beta, delta; `powers` (poles, steps + 1) of the decay. A call works on the tiles `first` … `last` - 1 of about
TILE columns, whose states stay in the cache of a core: part of a sample, or several whole ones.

`pulses`, as `forward` lists them for `backward`: `starts` and `ends` (tiles, steps) of each row in the others;
`places`, column within the tile; `amplitudes`, V; `slopes` (junctions, pulses), derivative of the firing probability,
1/V.
"""

from __future__ import annotations

import numpy as np

from ipcircuit.compact.thermal_mtj.neuron import pulse_heat
from network.neurons.thermal_mtj.kernel_numbers import binomial_means, compiled, sigmoids, stream, trials

TILE = 4096
ROOM = 8192  # pulses worked on at a time; at least TILE
_heat_of = compiled(pulse_heat)


def tiles_of(samples: int, features: int) -> int:
    """Number of tiles."""
    return samples * -(-features // TILE) if features >= TILE else -(-samples // (TILE // features))


def stretches_of(numbers: int) -> int:
    """Number of stretches of ROOM inputs."""
    return -(-numbers // ROOM)


@compiled
def _tile(tile, samples, features, junctions):
    """First column, number of columns and first output of a tile."""
    if features >= TILE:
        across = (features + TILE - 1) // TILE
        sample, start = tile // across, tile % across * TILE
        return sample * features + start, min(TILE, features - start), sample * junctions * features + start
    sample = tile * (TILE // features)
    return sample * features, min(TILE // features, samples - sample) * features, sample * junctions * features


@compiled
def _shifts(features, junctions):
    """How much farther from a tile's first output than from its first column the first junction's outputs are."""
    shifts = np.zeros(TILE, np.int64)
    if features < TILE:
        for i in range(TILE):
            shifts[i] = i // features * (junctions - 1) * features
    return shifts


@compiled
def _list(row, step, scratch, seen, places, amplitudes, gaps):
    """Write place, amplitude and steps since the last pulse of a row's pulses; returns their number."""
    number = 0
    for i in range(len(row)):  # without a branch, which would be guessed wrong
        scratch[number] = i
        number += row[i] > 0
    for n in range(number):
        i = scratch[n]
        places[n], amplitudes[n] = i, row[i]
        gaps[n] = step - seen[i]
        seen[i] = step + 1
    return number


@compiled
def _heat(pole, powers, places, amplitudes, gaps, theta, x):
    """Add a pole's Theta before every pulse to `x`; `theta` is left as after each column's last pulse."""
    decay, alpha, beta, delta = pole[1], pole[2], pole[3], pole[4]
    for n in range(len(places)):
        i, v = places[n], np.float64(amplitudes[n])
        before = theta[i] * powers[gaps[n]]
        x[n] += before
        theta[i] = decay * before + _heat_of(alpha, beta, delta, v)


@compiled
def _fire(curve, slope, p, slopes):
    """Firing probabilities in place of `p`, amplitude plus Theta; their derivative, with k = `slope`, into `slopes`."""
    k, midpoint, maximum = curve[0], curve[1], p.dtype.type(curve[2])
    one, scale = p.dtype.type(1), p.dtype.type(curve[2] * slope)
    if len(slopes) and slope != k:
        slopes[:] = p
        sigmoids(slopes, slope, midpoint)
        for n in range(len(slopes)):
            slopes[n] = scale * slopes[n] * (one - slopes[n])
    sigmoids(p, k, midpoint)
    if len(slopes) and slope == k:
        for n in range(len(slopes)):
            slopes[n] = scale * p[n] * (one - p[n])
    for n in range(len(p)):
        p[n] *= maximum


@compiled
def forward(volts, state, rule, powers, binomial, samples, features, first, last, pulses, out):
    """Mean of the spikes of every junction into `out`, which is 0 before.

    `rule`: curves, slopes of the gradient, poles, draws (0 gives the expectation), difference: every junction's output
    but the first one's is less the first one's. `binomial`: seed, and `tables` of the number of draws. `pulses`: see
    above, to be written; no slopes are wanted if there is no room for them.
    """
    curves, gradient_slopes, poles, draws, difference = rule
    seed, ratios, counts = binomial
    starts, ends, places, amplitudes, slopes = pulses
    steps, junctions = len(volts), len(curves)
    theta, seen = np.empty((len(poles), TILE)), np.empty(TILE, np.int32)
    scratch, gaps = np.empty(TILE, np.int16), np.empty(ROOM, np.int32)
    p, room = np.empty((junctions, ROOM), volts.dtype), np.empty((4, ROOM), volts.dtype)
    shifts = _shifts(features, junctions)
    b = _tile(first, samples, features, junctions)[0] * steps
    for tile in range(first, last):
        column, width, begin = _tile(tile, samples, features, junctions)
        counter = stream(seed, tile)
        seen[:] = 0
        for q in range(len(poles)):
            theta[q, :width] = state[q, column : column + width]
        until = 0
        while until < steps:
            t, a = until, b
            while until < steps and b - a + width <= ROOM:
                row = volts[until, column : column + width]
                number = _list(row, until, scratch, seen, places[b:], amplitudes[b:], gaps[b - a :])
                starts[tile, until], ends[tile, until] = b, b + number
                b, until = b + number, until + 1
            for j in range(junctions):
                p[j, : b - a] = amplitudes[a:b]
            for q in range(len(poles)):
                x = p[int(poles[q, 0]), : b - a]
                _heat(poles[q], powers[q], places[a:b], amplitudes[a:b], gaps, theta[q], x)
            for j in range(junctions):
                _fire(curves[j], gradient_slopes[j], p[j, : b - a], slopes[j, a:b])
                if draws > 0:
                    counter = binomial_means(p[j, : b - a], counter, draws, ratios, counts, room)
            for s in range(t, until):
                c, d = starts[tile, s], ends[tile, s]
                for j in range(junctions):
                    row = out[s, begin + j * features :]
                    _place(places[c:d], shifts, p[j, c - a : d - a], p[0, c - a : d - a], difference and j > 0, row)
        for q in range(len(poles)):
            for i in range(width):
                state[q, column + i] = theta[q, i] * powers[q, steps - seen[i]]


@compiled
def memoryless(volts, curve, gradient_slope, draws, binomial, first, last, out, slopes):
    """Mean of the spikes of one junction without heat for every one of `volts`, in a line: work per input, no list.

    `curve`, `draws` and `binomial` as `forward`; `slopes`, of the same length, get the derivatives, 1/V, unless it is
    empty. Works on the stretches `first` … `last` - 1 of ROOM inputs.
    """
    seed, ratios, counts = binomial
    room = np.empty((4, ROOM + 1), volts.dtype)
    for stretch in range(first, last):
        a, b = stretch * ROOM, min((stretch + 1) * ROOM, len(volts))
        v, p = volts[a:b], out[a:b]
        slope = slopes[a:b] if len(slopes) else slopes
        p[:] = v
        _fire(curve, gradient_slope, p, slope)
        for n in range(len(p)):
            p[n] = p[n] if v[n] > 0 else p.dtype.type(0)
        for n in range(len(slope)):
            slope[n] = slope[n] if v[n] > 0 else p.dtype.type(0)
        if draws == 1:
            trials(p, stream(seed, stretch), room)
        elif draws > 0:
            binomial_means(p, stream(seed, stretch), draws, ratios, counts, room)


@compiled
def _place(places, shifts, values, less, difference, row):
    """Write values where their pulses were; with `difference`, less those of `less`."""
    if difference:
        for n in range(len(places)):
            i = places[n]
            row[i + shifts[i]] = values[n] - less[n]
    else:
        for n in range(len(places)):
            i = places[n]
            row[i + shifts[i]] = values[n]


@compiled
def backward(poles, powers, difference, samples, features, first, last, pulses, wanted, out):
    """Gradient of the expectation of `forward`, times `wanted`, into `out` (time, columns), 0 before.

    From the last pulse to the first, `adjoint` is what a pole's state before the step `seen` changes in the outputs
    from there on.
    """
    starts, ends, places, amplitudes, slopes = pulses
    steps, junctions = len(out), len(slopes)
    adjoint, seen, shifts = np.empty((len(poles), TILE)), np.empty(TILE, np.int64), _shifts(features, junctions)
    own, total = np.empty((junctions, TILE)), np.empty(TILE)
    for tile in range(first, last):
        column, width, begin = _tile(tile, samples, features, junctions)
        seen[:], adjoint[:] = steps, 0.0
        for t in range(steps - 1, -1, -1):
            a, b = starts[tile, t], ends[tile, t]
            here, row = places[a:b], out[t, column : column + width]
            total[: b - a] = 0.0
            for j in range(junctions):
                _weigh(here, shifts, slopes[j, a:b], wanted[t, begin:], j, junctions, features, difference, own[j])
                for n in range(b - a):
                    total[n] += own[j, n]
            for q in range(len(poles)):
                _heat_back(poles[q], powers[q], here, amplitudes[a:b], seen, t, adjoint[q], own, total)
            for n in range(b - a):
                row[here[n]] = total[n]
                seen[here[n]] = t


@compiled
def _weigh(places, shifts, slopes, wanted, junction, junctions, features, difference, own):
    """Slopes of a junction times the gradient that its spikes get."""
    for n in range(len(places)):
        i = places[n] + shifts[places[n]]
        weight = np.float64(wanted[i + junction * features])
        if difference and junction == 0:
            for other in range(1, junctions):
                weight -= wanted[i + other * features]
        own[n] = slopes[n] * weight


@compiled
def _heat_back(pole, powers, places, amplitudes, seen, t, adjoint, own, total):
    """Add the change of later outputs by a pulse's heat to `total`; `adjoint` becomes that before step `t`."""
    decay, alpha, beta = pole[1], pole[2], pole[3]
    fired = own[int(pole[0])]
    for n in range(len(places)):
        i = places[n]
        later = adjoint[i] * powers[seen[i] - t - 1]
        total[n] += (2.0 * alpha * amplitudes[n] + beta) * later
        adjoint[i] = decay * later + fired[n]
