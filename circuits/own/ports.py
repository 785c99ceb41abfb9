"""Ports of a circuit and what is connected to each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PySpice.Spice.Netlist import Circuit, SubCircuit

from circuits.own.stimulus import Input
from ipcircuit.errors import InputError

NEURON = "neuron"  # name of the circuit's instance
_METER = "drawn_fj"  # 1 V is 1 fJ delivered


def check_ports(circuit: SubCircuit, connected: Mapping[str, Iterable[str]], *, several: Sequence[str] = ()) -> None:
    """Raise InputError unless each port is connected, and to one thing.

    Args:
        connected: ports by what they are connected to (``"supplies"`` …).
        several: of these, what may share a port with another (an input that is looked at as an output, too).
    """
    ports, name = [str(node) for node in circuit.external_nodes], str(circuit.name)
    uses: dict[str, str] = {}
    for kind, members in connected.items():
        for port in members:
            if port not in ports:
                problem = f"circuit {name} has no port {port!r}"
                raise InputError(problem, where=kind, found=port, allowed=f"its ports: {', '.join(ports)}")
            if port in uses and kind not in several:
                raise InputError(f"port {port!r} of {name} is connected twice", where=kind, found=uses[port])
            uses.setdefault(port, kind)
    if missing := [port for port in ports if port not in uses]:
        problem = f"nothing is said of port {', '.join(missing)} of circuit {name}"
        raise InputError(
            problem, found=", ".join(uses), allowed=f"{', '.join(connected)}; its ports: {', '.join(ports)}"
        )


def supply(circuit: Circuit, port: str, volts: float) -> None:
    """A voltage source at a port."""
    circuit.V(port, port, 0, volts)


def drive(circuit: Circuit, port: str, signal: Input, text: str) -> None:
    """The source of a stimulus, of which the current is in ``i(v<port>)``; `text` is its waveform."""
    if signal.quantity == "V":
        circuit.V(port, port, 0, text)
        return
    source = getattr(signal, "source", "") or 0
    circuit.I(port, source, f"{port}_current", text)
    circuit.V(port, f"{port}_current", port, 0)


def load(circuit: Circuit, port: str, farad: float) -> None:
    """A capacitor at an output; none of 0 F."""
    if farad:
        circuit.C(f"load_{port}", port, 0, farad)


def current(port: str) -> str:
    """Signal of the current through the source at a port: out of the circuit, or of a current source into it."""
    return f"i(v{port})".lower()


def add_meter(circuit: Circuit, voltages: Iterable[str], currents: Iterable[str]) -> None:
    """A node that counts the energy from sources, for plain ngspice to print.

    Args:
        voltages, currents: ports with a voltage source, and with a current source that no supply feeds.
    """
    power = [f"-V({port})*I(V{port})" for port in voltages] + [f"+V({port})*I(V{port})" for port in currents]
    circuit.B("meter", 0, _METER, current_expression="".join(power).removeprefix("+"))
    circuit.C("meter", _METER, 0, 1e-15)
    circuit.R("meter", _METER, 0, 1e18)
    circuit.raw_spice += f".ic V({_METER})=0\n"


def period_measures(start: float, stop: float, count: int) -> tuple[str, ...]:
    """``.meas`` lines that print the energy per operation of known times."""
    return (
        f".meas tran first_fj find v({_METER}) at={start!r}",
        f".meas tran second_fj find v({_METER}) at={stop!r}",
        f".meas tran energy_per_operation_j param='(second_fj-first_fj)*1e-15/{count}'",
    )


def spike_measures(output: str, level: float) -> tuple[str, ...]:
    """``.meas`` lines that print the energy from the first spike to the second."""
    return (
        f".meas tran first_fj find v({_METER}) when v({output})={level!r} rise=1",
        f".meas tran second_fj find v({_METER}) when v({output})={level!r} rise=2",
        ".meas tran energy_per_operation_j param='(second_fj-first_fj)*1e-15'",
    )
