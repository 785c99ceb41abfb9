"""A circuit that the project does not know, with a cell of its own: configured, characterised, refused with reasons."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from PySpice.Spice.Netlist import Circuit, SubCircuit

from circuits.catalog import load
from circuits.cells.layout import Cell
from circuits.cells.static import LENGTH, NMOS, PMOS
from circuits.conditions import Analysis, Conditions, transient_deck
from circuits.measurement import Component, CurveCheck, Measurement
from circuits.testbench import Testbench
from energy.characterize import characterize
from ipcircuit.errors import InputError
from ipcircuit.spice.jobs import Job, Progress, Result

PERIOD = 2e-9  # s


class Stacked(Cell):
    """An inverter with two p transistors in series, 9 CPP by its own layout."""

    def __init__(self) -> None:
        super().__init__("stacked_inverter", "input", "output", "vdd", width_cpp=9.0)
        self.M("n", "output", "input", 0, 0, model=NMOS, w=100e-9, l=LENGTH)
        self.M("p0", "output", "input", "mid", "vdd", model=PMOS, w=200e-9, l=LENGTH)
        self.M("p1", "mid", "input", "vdd", "vdd", model=PMOS, w=200e-9, l=LENGTH)


class Plain(SubCircuit):
    """Two stacked inverters and a pull-up of five fingers without a declared width."""

    def __init__(self) -> None:
        super().__init__("plain", "input", "output", "vdd")
        self.subcircuit(Stacked())
        self.X("a", "stacked_inverter", "input", "mid", "vdd")
        self.X("b", "stacked_inverter", "mid", "output", "vdd")
        self.M("up", "output", "mid", "vdd", "vdd", model=PMOS, w=1e-6, l=LENGTH)


@dataclass(frozen=True)
class OwnTestbench(Testbench):
    """Charges its input line once."""

    @property
    def name(self) -> str:
        return "own"

    @property
    def summary(self) -> str:
        return "two inverters"

    def jobs(self) -> list[Job]:
        circuit = Circuit("own")
        circuit.subcircuit(Plain())
        circuit.V("dd", "vdd", 0, self.conditions.v_dd)
        circuit.V("in", "input", 0, f"PWL(0 0 1n 0 1.1n {self.conditions.v_dd!r})")
        circuit.X("neuron", "plain", "input", "output", "vdd")
        return [Job("own", "once", transient_deck(circuit, self.conditions, Analysis(PERIOD, 5e-11)), ("i(vdd)",))]

    def evaluate(self, results: Sequence[Result]) -> Measurement:
        (run,) = results
        return Measurement(
            circuit=self.name,
            simulator=run.simulator,
            conditions=self.conditions.record(),
            components=(Component("all", -self.conditions.v_dd * run.integral("i(vdd)"), in_paper_scope=True),),
            neuron=Plain(),
            spikes_per_operation=1.0,
            latency_s=None,
            period_s=PERIOD,
            idle_power_W=0.0,
        )

    def check(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> list[CurveCheck]:
        return []


def test_a_circuit_with_a_cell_of_its_own_is_characterised() -> None:
    result = characterize(OwnTestbench(), n_jobs=1)
    area = result.cost.scopes["circuit"].area_breakdown_um2
    assert area["stacked_inverter"] / area["plain"] == pytest.approx(2 * 9 / 6)  # as declared; five fingers and a break
    assert result.cost.transistors == 7
    assert {p.name for p in result.parameters} >= {"width of stacked_inverter", "width of plain"}
    assert result.driver is None
    assert result.cost.scopes["paper"].energy_breakdown_J == result.cost.scopes["circuit"].energy_breakdown_J


def test_settings_of_the_base_class_and_what_is_no_testbench(tmp_path, monkeypatch) -> None:
    configured = OwnTestbench().configured(corner="ss", v_dd=0.9)
    assert configured.conditions == Conditions(corner="ss", v_dd=0.9)
    assert "0.9" in configured.netlist()
    with pytest.raises(InputError, match="circuit own has no parameter of this name") as error:
        OwnTestbench().configured(colour=1.0)
    assert "v_dd, output_load_F" in str(error.value)
    (tmp_path / "half.py").write_text(
        "class Half:\n    name = summary = 'half'\n\nCIRCUIT = Half()\n", encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="lacks configured, measure, netlist, check"):
        load("half.py")
