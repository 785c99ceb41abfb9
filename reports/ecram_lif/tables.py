"""Tables of the ECRAM neurons: where they spike, what a designer can buy, one synapse before several neurons.

``python -m reports.ecram_lif.tables`` prints the last one, a line per quantity.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from circuits.ecram_lif.testbench import delay_feedback_lif_testbench
from circuits.ecram_lif.topologies import COUNT, NEAR, Plasticity, Response
from energy.characterize import Characterization
from energy.cost import SCOPES
from reports.ecram_lif import simulations
from reports.ecram_lif.simulations import IDLE_TIME
from reports.prose import Prose
from reports.section import Run
from reports.simulated import characterization
from reports.tables.table import Table

PROSE = Prose(__file__)


def _conditions(response: Response) -> dict[str, Any]:
    c = response.testbench.conditions
    return {"corner": c.corner.upper(), "temperature_degC": c.temperature_C}


def _times(response: Response) -> dict[str, Any]:
    result = response.result
    return {
        "latency_s": None if result is None else result.latency_s,
        "spike_width_s": None if result is None else result.width_s,
        "note": response.cause or ("" if response.fires else "no spike"),
    }


def corners(run: Run) -> Table:
    """Spikes and energy of the delay-feedback neuron at five corners and three temperatures."""
    responses = simulations.corners(run.jobs)
    rows = [
        {
            **_conditions(response),
            "spikes_without_input": unprompted,
            "spikes": response.fires,
            "output_spikes": response.spikes,
            "energy_per_spike_J": response.energy_J,
            **_times(response),
        }
        for response, unprompted in zip(responses, simulations.unprompted(run.jobs), strict=True)
    ]
    bench = responses[0].testbench
    return PROSE.table("ecram_corners", rows, bench=bench, idle_time=IDLE_TIME)


def grid(run: Run) -> Table:
    """Energy per spike over capacitance and supply, with the analytic estimate."""
    rows: list[dict[str, Any]] = []
    for response in simulations.grid(run.jobs):
        d, v_dd, result = response.testbench.design, response.testbench.conditions.v_dd, response.result
        analytic = None
        if result is not None and result.interval_s is not None and result.input_spikes is not None:
            analytic = sum(d.estimate(v_dd, result.interval_s, result.input_spikes).values())
        rows.append(
            {
                "membrane_F": d.membrane_F,
                "supply_V": v_dd,
                "delay_s": d.delay_s,
                "refractory_s": d.refractory_s,
                "energy_per_spike_J": response.energy_J,
                "membrane_CV2_J": d.membrane_F * v_dd**2,
                "on_paper_J": analytic,
                "note": response.cause or "",
            }
        )
    return PROSE.table("ecram_energy_grid", rows)


def topology_row(plasticity: Plasticity, cost: Characterization) -> dict[str, Any]:
    """One topology, SI; a value that was not obtained is None.

    The paired-pulse ratio is at `NEAR`, the train's growth after `COUNT` spikes `NEAR` apart.
    """
    scopes = cost.cost.scopes
    return {
        "circuit": plasticity.name,
        "transistors": cost.cost.transistors,
        "devices": sum(cost.cost.devices.values()),
        "paired_pulse_ratio": plasticity.pairs[NEAR],
        "paired_pulse_ratio_ablated": plasticity.pairs_ablated[NEAR],
        "paired_pulse_ratio_predicted": plasticity.predicted[NEAR],
        "train_growth": float(plasticity.train[-1]),
        "train_growth_ablated": float(plasticity.train_ablated[-1]),
        "rate_gain": plasticity.rate_gain,
        "drift_ablated": plasticity.drift_ablated,
        **{f"energy_per_spike_{scope}_J": scopes[scope].energy_per_spike_J for scope in SCOPES},
        "on_paper_J": sum(cost.measurement.estimate_J.values()) or None,
        "idle_power_W": cost.measurement.idle_power_W,
        **{f"area_{scope}_um2": scopes[scope].area_um2 for scope in SCOPES},
        "area_logic_um2": cost.areas["circuit"].logic_um2,
    }


def topology_rows(run: Run) -> list[dict[str, Any]]:
    """A row per topology."""
    plasticities = simulations.topology_plasticity(run.jobs)
    return [topology_row(p, characterization(name, run.jobs)) for name, p in plasticities.items()]


def topologies(run: Run) -> Table:
    """Short-term plasticity, energy per spike, area and transistors of every topology."""
    bench = delay_feedback_lif_testbench()
    return PROSE.table("ecram_topologies", topology_rows(run), near=NEAR, count=COUNT, bench=bench)


def topology_corners(run: Run) -> Table:
    """Spikes of the further topologies at five corners and three temperatures."""
    responses = simulations.topology_corners(run.jobs)
    rows = [
        {
            "circuit": response.testbench.name,
            **_conditions(response),
            "spikes": response.fires,
            "output_spikes": response.spikes,
            **_times(response),
        }
        for response in responses
    ]
    bench = responses[0].testbench
    return PROSE.table("ecram_topology_corners", rows, bench=bench)


def main() -> None:
    """Print the topologies side by side."""
    table = topologies(Run())
    text = [[cell.text for cell in row] for row in table.cells()]
    print(pd.DataFrame(text, columns=[table.heading(name) for name in table.shown]).T.to_string(header=False))


if __name__ == "__main__":
    main()
