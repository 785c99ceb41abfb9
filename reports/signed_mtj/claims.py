"""Claims B1 to B4 and B6: the orthogonal junction as a signed LIF neuron, its design window, and its readout.

Where the source gives words, not numbers, the limits here are ours.
"""

from __future__ import annotations

from ipcircuit.compact.signed_mtj.analytic import analytic
from ipcircuit.devices.orthogonal_mtj.design_window import REPRESENTATIVE, SIDES, SLOPING, Regime
from ipcircuit.devices.orthogonal_mtj.device import declare
from reports.ledger.evaluate import Reproduction
from reports.section import Run
from reports.signed_mtj import simulations
from reports.signed_mtj.simulations import CIRCUIT
from reports.simulated import characterization

PUBLISHED_NM = [10, 45, 50]  # W, L, T
FOLLOWS = 0.15  # error over the trace's own variation: below it a fit is said to follow (assumed)
DEPARTS = 0.40  # above it, not (assumed)
CLOSE = 0.10  # a fitted constant this close to the analytic one is the same physics (assumed)
SWING = 0.3  # |u| that a trace of both signs must exceed on either side (assumed)
STRAIGHT = 0.98  # share of an edge's variance on its line (assumed)
_PLACES = ("at_1_V", "in_the_bridge", "through_a_divider")  # where the largest resistance-area product is asked for
_ASSUMED = "Ms 1e6 A/m, damping 0.01 and polarisation 0.6 are assumed, as the source's table is not public"


def dimensions(run: Run) -> Reproduction:
    """The device's free layer has these dimensions, and works as a neuron with them."""
    window = simulations.window()
    sides = (window.plane.y, window.plane.x)
    nearest = [int(abs(window.plane.axis(side) - REPRESENTATIVE[side]).argmin()) for side in sides]
    works = window.regime[0][tuple(nearest)] == Regime.REACHES_AND_RELAXES
    return Reproduction(
        [round(1e9 * REPRESENTATIVE[side], 6) for side in SIDES] == PUBLISHED_NM and bool(works),
        "a model input; the map's point nearest to it reaches its threshold and relaxes at 1e12 A/m², as an elliptic "
        f"cylinder; a prism of that size does not ({_ASSUMED})",
    )


def axes(run: Run) -> Reproduction:
    """T is the easiest and W the hardest axis of the shape, and the pinned layer lies along W."""
    p = declare().values()
    w, length, t = (p[f"n_{axis}"] for axis in "wlt")
    return Reproduction(
        t < length < w and [p[f"pinned_{axis}"] for axis in "wlt"] == [1.0, 0.0, 0.0],
        f"demagnetisation factors {w:.3f}, {length:.3f}, {t:.3f} along W, L, T: the height is the easy axis by "
        f"{length - t:.4f} only",
    )


def equation(run: Run) -> Reproduction:
    """The equation follows the trace of both signs, and its fitted constants are the analytic ones."""
    constants, trace, fits = analytic(declare()), simulations.trace(), simulations.fits()
    fitted = fits["fitted"]
    tau, gain = fitted.neuron.tau_s / constants.tau_s, fitted.neuron.gain / constants.gain
    both = bool(trace.u.max() > SWING and trace.u.min() < -SWING)
    return Reproduction(
        both and bool(fitted.relative < FOLLOWS and abs(tau - 1) < CLOSE and abs(gain - 1) < CLOSE),
        f"fit error {100 * fitted.relative:.0f} % of the trace's variation with τ = {1e9 * fitted.neuron.tau_s:.2f} ns "
        f"(on paper {1e9 * constants.tau_s:.2f} ns) and a steady state of {1e12 * fitted.neuron.gain:.2f} at "
        f"1e12 A/m² (on paper {1e12 * constants.gain:.2f}); with the constants on paper "
        f"{100 * fits['analytic'].relative:.0f} %; with α1 = 1, as τ, α1 and α2 cannot be told apart",
    )


def designs(run: Run) -> Reproduction:
    """The same fit on both designs at 300 K."""
    orthogonal, parallel = (simulations.designs()[name] for name in ("orthogonal", "parallel"))
    return Reproduction(
        bool(orthogonal.fit.relative < FOLLOWS and parallel.free.relative > DEPARTS),
        "fit error over the variation of the mean trace at 300 K and 2e12 A/m²: orthogonal "
        f"{100 * orthogonal.fit.relative:.0f} %, parallel {100 * parallel.fit.relative:.0f} % "
        f"({100 * parallel.free.relative:.0f} % if its membrane may relax to any value)",
    )


def regimes(run: Run) -> Reproduction:
    """All three regimes occur on the map."""
    shares = {regime: float(simulations.window().share(regime).max()) for regime in Regime}
    words = ", ".join(f"{r.name.lower().replace('_', ' ')} {100 * share:.0f} %" for r, share in shares.items())
    return Reproduction(
        min(shares.values()) > 0,
        f"largest share over three currents of the map of L and T at W = 10 nm: {words}; threshold 0.4, pulse and "
        "pause of 4 ns are assumed",
    )


def straight_edges(run: Run) -> Reproduction:
    """Both edges of the window are straight at every current."""
    lines = [edge for edge in simulations.window_edges() if edge.kind in SLOPING]
    if not lines:
        return Reproduction(None, "the map shows no edge")
    least = min(edge.r2 for edge in lines)
    return Reproduction(
        least > STRAIGHT,
        f"{len(lines)} edges over L and T: at least {100 * least:.1f} % of each edge's variance lies on a straight "
        f"line, {1e9 * max(edge.rms for edge in lines):.1f} nm off it at most (the grid is 2 to 3 nm)",
    )


def readout(run: Run) -> Reproduction:
    """Every step is decided rightly: a spike of the input's sign on its own line, and none without input."""
    details = characterization(CIRCUIT, run.jobs).measurement.details
    largest = {place: 1e12 * details[f"largest_RA_{place}_ohm_m2"] for place in _PLACES}
    return Reproduction(
        details["steps_decided_wrongly"] == 0,
        "a divider read after each drive, two clocked comparators; divider and thresholds are the source's, the "
        f"circuit is ours. The drive is {1e-12 * details['drive_current_density_A_m2']:.2f} TA/m²; 1 TA/m² would need "
        f"at most {largest['at_1_V']:.2f} Ω·µm² with 1 V across the junction, {largest['in_the_bridge']:.2f} behind "
        f"this bridge and {largest['through_a_divider']:.2f} through a divider that halves the supply",
    )
