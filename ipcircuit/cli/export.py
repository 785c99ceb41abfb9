"""The command `export`: a network and the energy of its neurons for another simulator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from ipcircuit.cli import console, options, values
from ipcircuit.cli.cost import (
    MOST,
    Axes,
    CircuitStep,
    Dialect,
    Features,
    Input,
    Network,
    Neuron,
    SensorStep,
    Steps,
    Synapses,
    shape,
)
from ipcircuit.cli.options import Cluster, Fresh, Jobs, Json, Models, Seed, TechnologyName
from ipcircuit.units import si


def command(
    network: Network,
    to: Annotated[str, values.word("--to", allowed=("sana-fe",), help="The other simulator; WORD: sana-fe.")],
    data: Input,
    output: Annotated[Path, values.output_path("--output", "-o", help="Folder for the description.")],
    neuron: Neuron = None,
    synapses: Synapses = "digital",
    sample: Annotated[int, values.whole("--sample", low=0, high=MOST, help="Which sample is run; the first is 0.")] = 0,
    scope: Annotated[
        str,
        values.word(
            "--scope",
            allowed=("paper", "circuit", "system"),
            help="Accounting scope of the energies; WORD: paper, circuit, system.",
        ),
    ] = "circuit",
    steps: Steps = None,
    axes: Axes = None,
    features: Features = None,
    dialect: Dialect = None,
    sensor_step: SensorStep = None,
    circuit_step: CircuitStep = None,
    technology: TechnologyName = None,
    models: Models = None,
    seed: Seed = 0,
    jobs: Jobs = None,
    cluster: Cluster = None,
    fresh: Fresh = False,
    json: Json = False,
) -> None:
    """Write a spiking network, one sample and the energies of its neurons as SANA-FE 2.2 reads them.

    The network has to be a chain of layers of integrators with reset; SANA-FE then finds the same spikes and energy.
    """
    from network.cost.assignment import split_choices
    from network.export.files import described, write

    split_choices(neuron or ())
    exported = described(
        network,
        data,
        neuron or (),
        sample=sample,
        scope=scope,
        synapses=synapses,
        steps=steps,
        axes=axes,
        features=shape(features),
        dialect=dialect,
        dt_s=sensor_step,
        step_s=circuit_step,
        technology=options.process(technology, models),
        seed=seed,
        n_jobs=jobs,
        stage=console.progress_bar,
    )
    write(exported, output)
    result = exported.record()
    console.print_json(result) if json else show(result, output)


def show(result: Mapping[str, Any], folder: Path) -> None:
    """A row for each layer, and how SANA-FE takes the files."""
    rows = [
        (
            layer,
            console.number(row["spikes"]),
            *(si(row[name], "J") for name in ("soma_J", "dendrite_J", "synapse_J")),
            f"{100 * result['agreement'][layer]:.4g}",
        )
        for layer, row in result["expected"].items()
    ]
    columns = ["layer", "spikes", "soma", "dendrite", "synapse", "same as here (%)"]
    ours = f"{si(result['neuron_energy_J'], 'J')} in {result['sample_steps']} steps"
    below = (
        f"neurons by this project's accounting: {ours}; SANA-FE runs {result['steps']}, one more for each layer\n"
        f"files in {folder}; in Python: arch = sanafe.load_arch('architecture.yaml'); chip = sanafe.SpikingChip(arch); "
        f"chip.load(sanafe.load_net('network.yaml', arch)); chip.sim({result['steps']})"
    )
    title = "what SANA-FE will find, somas and dendrites being the neurons"
    console.print_table(title, columns, rows, right=columns[1:], below=below)
