"""Events of a layer per trial: what `network.accounting.counting.count` counts, and stored runs hold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

from ipcircuit.errors import InputError
from network.neurons.billing import Billing

Form = Literal["synapses", "recurrent", "activations", "additions", "pooling"]
SYNAPSES: Form = "synapses"
FORMS = get_args(Form)
_SUMMED = ("operations", "spikes", "negative_spikes", "additions", "nonzero", "dense", "biases", "inputs", "drives")
# None in older stored runs
_NEW = ("nonzero", "dense", "biases", "outputs", "states", "parameters", "module", "inputs", "drives")
_BILLINGS = {  # of rows stored before a layer said itself by what it is counted, by kind
    billing.kind: billing
    for billing in (
        Billing("differential", "differential"),
        Billing("thermal", "comparator"),
        Billing("stochastic", "comparator", memory=False),
        Billing("lif", "delay_feedback_lif", "spike"),
    )
}


@dataclass
class LayerEvents:
    """Events of one layer, summed over `trials`.

    Counts of weights are exact at the borders of convolutions: an input at the edge meets fewer of them.

    Attributes:
        layer: its name in the model.
        billing: by what the cost of neurons is counted; None for all else.
        steps: time steps of a trial. units: inputs of the layer. neurons: N parallel neurons per input.
        operations: of the neurons (for a junction's layer set pulses; for others those that have an input that is not
            0), or accumulations of a non-zero input (synapses).
        additions: accumulations where an input of n counts n times (synapses): n spikes add the weight n times.
        whole: whether all inputs were whole numbers (synapses), so that `additions` counts; None where not known.
        spikes: of all junctions and either sign; 0 for synapses. negative_spikes: those of negative sign.
        squares_V2: squared amplitudes of all set pulses, summed; 0 where a layer has none, and in runs stored before
            they were counted.
        form: of a layer that is not one of neurons: ``synapses`` (linear, convolutional); ``recurrent`` (LSTM, GRU, RNN
            of torch, with the state in it); ``activations`` (ReLU and the like); ``additions`` of two layers' outputs
            (residual connections); ``pooling``.
        nonzero: inputs that are not 0; of neurons and activations the outputs that are not.
        dense: accumulations if no input were 0.
        biases: additions of a bias, one per output and step.
        outputs: of the layer, per step.
        states: numbers that the layer keeps from step to step.
        parameters: weights and biases.
        module: class of the layer.
        inputs: of neurons those that are not 0, where `operations` are something else.
        drives: strength of the inputs of neurons, in the unit of the circuit's cost record.
    """

    layer: str
    billing: Billing | None
    steps: int
    units: int
    neurons: int = 1
    trials: int = 0
    operations: int = 0
    spikes: int = 0
    negative_spikes: int = 0
    squares_V2: float = 0.0
    additions: float = 0.0
    whole: bool | None = None
    form: Form = SYNAPSES
    nonzero: int | None = None
    dense: int | None = None
    biases: int | None = None
    outputs: int | None = None
    states: int | None = None
    parameters: int | None = None
    module: str | None = None
    inputs: int | None = None
    drives: float | None = None

    @property
    def kind(self) -> str:
        """Kind of the neurons, or the form of another layer."""
        return self.billing.kind if self.billing else self.form

    @property
    def part(self) -> str:
        """Part of the network's energy: memory, neurons, or the form of another layer, such as synapses."""
        return self.form if self.billing is None else "memory" if self.billing.memory else "neurons"

    @property
    def density(self) -> float:
        """Share of time steps with an operation."""
        slots = self.slots * self.trials
        return self.operations / slots if slots and self.billing else 0.0

    @property
    def amplitude_V(self) -> float | None:
        """Root mean square of the set pulses' amplitudes: heat goes with the square. None where not counted."""
        return math.sqrt(self.squares_V2 / self.operations) if self.squares_V2 and self.operations else None

    @property
    def slots(self) -> int:
        """Neurons times steps of one trial: the operations that it could have had."""
        return self.units * self.neurons * self.steps

    @property
    def updates(self) -> int:
        """Updates of neurons, summed: each of them in every step. 0 for a layer without neurons."""
        return self.slots * self.trials if self.billing else 0

    @property
    def effective_acs(self) -> float:
        """Accumulations of inputs that are whole numbers, summed: an input of n adds its weight n times."""
        return self.additions if self.whole and self.billing is None else 0

    @property
    def effective_macs(self) -> float:
        """Multiply-accumulates of non-zero inputs, summed, of a layer that gets numbers that are not whole."""
        return self.operations if self.whole is False and self.billing is None else 0

    @property
    def weight_reads(self) -> float:
        """Weights read, summed: one for each effective accumulation, none of them kept for the next."""
        return self.effective_acs + self.effective_macs if self.kind in (SYNAPSES, "recurrent") else 0

    @property
    def state_reads(self) -> int | None:
        """State numbers read, summed, each once per step; as many are written. None: not counted in a stored run."""
        return None if self.states is None else self.states * self.steps * self.trials

    @property
    def state_writes(self) -> int | None:
        """State numbers written, summed."""
        return self.state_reads

    @property
    def fan_out(self) -> float | None:
        """Weights that an input meets, in the mean over the inputs. None: not counted, or no synapses."""
        inputs = self.units * self.steps * self.trials
        weighs = self.kind in (SYNAPSES, "recurrent")
        return self.dense / inputs if weighs and inputs and self.dense is not None else None

    def add(self, **counts: float | None) -> None:
        """Add to counts by their names; a count of None was not obtained."""
        for name, count in counts.items():
            if count is not None:
                setattr(self, name, (getattr(self, name) or 0) + count)

    def per_trial(self, count: float) -> float:
        """A summed count as a mean."""
        return count / max(1, self.trials)

    def to_json(self) -> dict[str, Any]:
        """Per trial."""
        fields = asdict(self)
        del fields["squares_V2"], fields["billing"], fields["form"]
        row: dict[str, Any] = {name: value for name, value in fields.items() if value is not None or name not in _NEW}
        if self.whole is None:
            del row["additions"], row["whole"]
        for name in _SUMMED:
            if name in row:
                row[f"{name}_per_trial"] = self.per_trial(row.pop(name))
        billing = asdict(self.billing) if self.billing else {"kind": self.form}
        return {**row, **billing, "density": self.density, "amplitude_V": self.amplitude_V}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> LayerEvents:
        """Inverse of `to_json`, for stored runs. Raises InputError: a key is missing."""
        try:
            trials = row["trials"]
            billing = _BILLINGS.get(row["kind"])
            if "circuit" in row:
                billing = Billing(row["kind"], row["circuit"], row["event"], row["memory"])
            counts = {name: round(row[f"{name}_per_trial"] * trials) for name in ("operations", "spikes")}
            events = cls(row["layer"], billing, row["steps"], row["units"], row["neurons"], trials, **counts)
        except KeyError as error:
            raise InputError(f"events of a layer lack {error}", where=str(row.get("layer", "layers"))) from error
        later = {name: row[key] * trials for name in _SUMMED if (key := f"{name}_per_trial") in row}
        later = {name: count if name == "drives" else round(count) for name, count in later.items()}
        kept = {name: row[name] for name in ("whole", *_NEW) if name in row}
        if billing is None and row["kind"] in FORMS:
            kept["form"] = row["kind"]
        squares = (row.get("amplitude_V") or 0.0) ** 2 * events.operations
        return replace(events, squares_V2=squares, **(later | kept))
