"""Report section on event vision."""

from __future__ import annotations

from reports.section import Section
from reports.vision import (
    figures_accuracy,
    figures_energy,
    figures_maps,
    figures_steering,
    figures_sweeps,
    findings,
    gpu,
    tables,
)

SECTION = Section(
    "vision",
    "Event vision",
    "Gestures before an event camera, forwards and in both orders of time, on networks with and without memory. Small "
    "networks on synthetic scenes and on N-MNIST: the source's set is not at hand. Training is no part of a report: "
    "these are stored runs, with their date.",
    figures=(
        figures_accuracy.accuracy,
        figures_accuracy.loss,
        figures_maps.maps,
        figures_sweeps.positions,
        figures_sweeps.ensembles,
        figures_energy.energy,
        figures_sweeps.time_base,
        figures_steering.steering,
        figures_steering.hardware,
    ),
    tables=(tables.leak, tables.accuracies, tables.energies, gpu.gpu, tables.sizes),
    findings=(findings.frame_wise, findings.memory, findings.leak, findings.position, findings.time_base, gpu.waiting),
)
