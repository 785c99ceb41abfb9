"""Memory energy per sample of every circuit beside GPU and digital accelerator."""

from __future__ import annotations

from energy.compare import EventWorkload, compare
from energy.digital import digital_energy, published_cell
from energy.gpu import load_gpu_baselines
from reports.tables.cost import Costs
from reports.tables.table import Table, attributes


def systems(costs: Costs) -> Table:
    """All systems at N = 1 in every scope, circuit after circuit."""
    gpu, digital = load_gpu_baselines(), [digital_energy(published_cell(kind)) for kind in ("RNN", "LSTM")]
    rows = [
        {
            "circuit": circuit,
            **attributes(row, "scope", "system", "basis", "energy_per_sample_J", "ratio_to_device"),
        }
        for circuit, record in costs.items()
        for row in compare(record.cost, EventWorkload(), gpu, digital=digital)
    ]
    work = EventWorkload()
    return Table(
        "comparison",
        "Memory energy per sample at N = 1",
        "Device: simulated energy per operation of each circuit, times the operations of one workload, one for each "
        f"active input: {work.width} × {work.height} × {work.channels} inputs, {100 * work.density:g} % active, "
        f"{work.frames} frames. Whether a circuit does the workload's task is another question. "
        "Baselines: energy of the published task, which does not depend on circuit or scope; digital estimates are "
        "lower bounds (no control, clock or leakage).",
        rows,
        formats={"ratio_to_device": "ratio"},
    )
