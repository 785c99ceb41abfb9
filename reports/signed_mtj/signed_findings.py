"""What the run says about the signed junction, in words."""

from __future__ import annotations

from ipcircuit.devices.orthogonal_mtj.demagnetisation import demagnetisation_factors
from ipcircuit.devices.orthogonal_mtj.design_window_map import REPRESENTATIVE
from ipcircuit.devices.orthogonal_mtj.device import largest_ra, voltage_for
from ipcircuit.devices.orthogonal_mtj.macrospin_limits import exchange_length
from reports.page.context import RunContext
from reports.section import Finding

NEEDED = 1e12  # A/m², with which the representative design reaches its threshold


def membrane(context: RunContext) -> Finding:
    """B2 and B3."""
    runs = context.signed_runs
    fit, paper = runs.fits["fitted"], runs.paper
    orthogonal, parallel = (runs.designs[name].free.relative for name in ("orthogonal", "parallel"))
    return Finding(
        "The signed neuron's time constant and gain follow from the damping, without a fit",
        f"τ = 1/(αγMs(N_W − N̄)) is {1e9 * paper.tau_s:.2f} ns and the steady state at 1 TA/m² is "
        f"{1e12 * paper.gain:.2f}; fitted to the macrospin they are {1e9 * fit.neuron.tau_s:.2f} ns and "
        f"{1e12 * fit.neuron.gain:.2f}. At 300 K the equation leaves {100 * orthogonal:.0f} % of the orthogonal "
        f"design's variation and {100 * parallel:.0f} % of the parallel one's.",
    )


def window(context: RunContext) -> Finding:
    """Why 2:9:10."""
    runs = context.signed_runs
    p, size = runs.device.values(), REPRESENTATIVE
    shapes = {
        shape: demagnetisation_factors(size["width"], size["length"], size["height"], shape)
        for shape in ("cylinder", "prism", "ellipsoid")
    }
    gaps = {shape: float(n[1] - n[2]) for shape, n in shapes.items()}
    return Finding(
        "The window is where length and height are magnetically almost alike",
        "The torque must overcome the anisotropy between L and T before m can turn about the short axis, so the window "
        "is a band along N_L = N_T. The published 2:9:10 lies in it if the pillar is an elliptic cylinder (N_L − N_T = "
        f"{gaps['cylinder']:.4f}), and outside it as a prism ({gaps['prism']:.4f}) or an ellipsoid "
        f"({gaps['ellipsoid']:.4f}). m turns over above {1e-12 * runs.paper.ramp_onset:.2f} TA/m² when the current "
        f"rises slowly, and from {1e-12 * runs.paper.step_onset:.2f} TA/m² on in a step. With sides of up to "
        f"{REPRESENTATIVE['height'] / exchange_length(p['ms']):.0f} exchange lengths a macrospin is a bold model.",
    )


def resistance(context: RunContext) -> Finding:
    """The barrier."""
    runs = context.signed_runs
    ra, volts = largest_ra(runs.device, NEEDED), voltage_for(runs.device, NEEDED)
    amperes = NEEDED * runs.device.values()["area"]
    return Finding(
        f"The signed neuron needs a barrier of about {1e12 * ra:.1f} Ω·µm² or less",
        f"1 TA/m² is {1e6 * amperes:.0f} µA through this pillar and takes {volts:.2f} V at 1 Ω·µm²; barriers break "
        f"down near {runs.device.voltage_limit:g} V (assumed). That is the low end of what MgO junctions reach.",
    )


MAKERS = (membrane, window, resistance)
