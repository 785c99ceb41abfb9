"""All tables of the report by section, in reading order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reports.ecram_lif import table_ecram as ecram
from reports.ecram_lif import table_topologies as topologies
from reports.filters import table_filters as filters
from reports.ledger.claims import ClaimResult
from reports.memory import table_memory_capacity as memory_capacity
from reports.memory import table_memory_tasks as memory_tasks
from reports.page.context import RunContext
from reports.signed_mtj import table_signed as signed
from reports.signed_mtj import table_signed_circuit as signed_circuit
from reports.signed_mtj import table_signed_network as signed_network
from reports.tables import claims, comparison, cost, provenance, run
from reports.tables.table import Table
from reports.thermal_mtj import table_circuit as circuit


def build_tables(
    context: RunContext,
    circuits: list[str],
    mtj_circuits: list[str],
    results: Sequence[ClaimResult],
    timings: Mapping[str, float],
) -> dict[str, list[Table]]:
    """Section name to its tables. `mtj_circuits`: those of `circuits` that have a divider."""
    return {
        "curves": [circuit.checks(context, circuits)],
        "circuit": [circuit.truth_table(context), circuit.divider_window(context, mtj_circuits)],
        "ecram": [
            ecram.corners(context),
            ecram.grid(context),
            topologies.common(context),
            topologies.corners(context),
        ],
        "filters": [filters.preferred_rates(context), filters.models(context)],
        "signed": [
            signed.constants(context),
            signed.edges(context),
            signed_circuit.spike_energy(context),
            signed_circuit.barrier(context),
        ],
        "signed_network": [signed_network.accuracies(), signed_network.spikes()],
        "cost": [
            cost.by_scope(context, circuits),
            cost.energy_breakdown(context, circuits),
            cost.area_breakdown(context, circuits),
        ],
        "comparison": [comparison.systems(context), comparison.neurons(context)],
        "memory": [
            memory_tasks.n_back_energy(context),
            memory_tasks.n_back_networks(context),
            memory_capacity.sweeps(context),
            memory_capacity.front(context),
        ],
        "claims": [claims.ledger(results), claims.decisions()],
        "parameters": [provenance.assumed(context, circuits), provenance.sourced(context, circuits)],
        "run": [run.conditions(context, circuits), run.versions(context), run.timings(timings)],
    }
