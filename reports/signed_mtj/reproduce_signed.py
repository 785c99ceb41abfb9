"""The functions behind the rows B1-B4 of the claims ledger (signed LIF neuron on an orthogonal-easy-axis junction).

They pick numbers out of a run (`ClaimContext.signed`); what the run does not offer is not obtained. Where the source
gives words, not numbers, the limits here are ours.
"""

from __future__ import annotations

from reports.ledger.evaluate import ClaimContext, Reproduction

FOLLOWS = 0.15  # error over the trace's own variation: below it a fit is said to follow (assumed)
DEPARTS = 0.40  # above it, not (assumed)
CLOSE = 0.10  # a fitted constant this close to the one on paper is the same physics (assumed)
STRAIGHT = 0.98  # share of an edge's variance on its line (assumed)
_ASSUMED = "Ms 1e6 A/m, damping 0.01 and polarisation 0.6 are assumed, as the source's table is not public"


def b1_dimensions(context: ClaimContext) -> Reproduction:
    """The device's free layer has these dimensions, and works as a neuron with them."""
    found = context.signed
    if "representative" not in found:
        return Reproduction(None)
    sizes = [round(1e9 * found[f"{side}_m"], 6) for side in ("width", "length", "height")]
    return Reproduction(
        sizes == [10, 45, 50] and found["representative"] > 0,
        "a model input; the map's point nearest to it reaches its threshold and relaxes at 1e12 A/m², as an elliptic "
        f"cylinder; a prism of that size does not ({_ASSUMED})",
    )


def b1_axes(context: ClaimContext) -> Reproduction:
    """T is the easiest and W the hardest axis of the shape, and the pinned layer lies along W."""
    found = context.signed
    if "n_w" not in found:
        return Reproduction(None)
    w, length, t = (found[f"n_{axis}"] for axis in "wlt")
    along_w = (found["pinned_w"], found["pinned_l"], found["pinned_t"]) == (1.0, 0.0, 0.0)
    return Reproduction(
        bool(t < length < w and along_w),
        f"demagnetisation factors {w:.3f}, {length:.3f}, {t:.3f} along W, L, T: the height is the easy axis by "
        f"{length - t:.4f} only",
    )


def b2_equation(context: ClaimContext) -> Reproduction:
    """The equation follows the trace of both signs, and its fitted constants are those on paper."""
    found = context.signed
    if "relative_error" not in found:
        return Reproduction(None)
    tau, gain = (found[f"{name}_fitted{unit}"] / found[f"{name}_paper{unit}"] for name, unit in _CONSTANTS)
    both = found["highest"] > 0.3 and found["lowest"] < -0.3
    holds = both and found["relative_error"] < FOLLOWS and abs(tau - 1) < CLOSE and abs(gain - 1) < CLOSE
    return Reproduction(
        bool(holds),
        f"fit error {100 * found['relative_error']:.0f} % of the trace's variation with τ = "
        f"{1e9 * found['tau_fitted_s']:.2f} ns (on paper {1e9 * found['tau_paper_s']:.2f} ns) and a steady state of "
        f"{1e12 * found['gain_fitted']:.2f} at 1e12 A/m² (on paper {1e12 * found['gain_paper']:.2f}); with the "
        f"constants on paper {100 * found['relative_error_paper']:.0f} %; with α1 = 1, as τ, α1 and α2 cannot be told "
        "apart",
    )


_CONSTANTS = (("tau", "_s"), ("gain", ""))


def b3_designs(context: ClaimContext) -> Reproduction:
    """The same fit on both designs at 300 K."""
    found = context.signed
    if "parallel" not in found:
        return Reproduction(None)
    kind = found["parallel_free"]
    return Reproduction(
        bool(found["orthogonal"] < FOLLOWS and kind > DEPARTS),
        "fit error over the variation of the mean trace at 300 K and 2e12 A/m²: orthogonal "
        f"{100 * found['orthogonal']:.0f} %, parallel {100 * found['parallel']:.0f} % "
        f"({100 * kind:.0f} % if its membrane may relax to any value)",
    )


def b4_regimes(context: ClaimContext) -> Reproduction:
    """All three regimes occur on the map."""
    found = context.signed
    names = ("cannot_reach", "reaches_and_relaxes", "cannot_relax")
    if any(f"regime_{name}" not in found for name in names):
        return Reproduction(None)
    shares = [found[f"regime_{name}"] for name in names]
    words = ", ".join(f"{name.replace('_', ' ')} {100 * s:.0f} %" for name, s in zip(names, shares, strict=True))
    return Reproduction(
        bool(min(shares) > 0),
        f"largest share over three currents of the map of L and T at W = 10 nm: {words}; threshold 0.4, pulse and "
        "pause of 4 ns are assumed",
    )


def b4_window(context: ClaimContext) -> Reproduction:
    """Both edges of the window are straight at every current."""
    found = context.signed
    if not found.get("edge_lines"):
        return Reproduction(None)
    return Reproduction(
        bool(found["edge_r2"] > STRAIGHT),
        f"{found['edge_lines']:.0f} edges over L and T: at least {100 * found['edge_r2']:.1f} % of each edge's "
        f"variance lies on a straight line, {1e9 * found['edge_rms_m']:.1f} nm off it at most (the grid is 2 to 3 nm)",
    )
