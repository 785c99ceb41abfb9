"""Numbers of a run of a circuit, by source: energy, idle power, pulse at an analog input; and by device."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from circuits.events import Event
from circuits.measurement import Component, Kind, PulseInput
from circuits.own.operation import Operation, Period
from circuits.own.ports import current
from circuits.own.stimulus import Current, Input
from ipcircuit.errors import InputError
from ipcircuit.spice.transient import Transient

_ROUNDING = 1e-9
Window = tuple[float, float, int]  # start and end (s) of what is measured, and number of operations in it


def delivered_J(
    run: Transient,
    window: Window,
    supplies: Mapping[str, float],
    inputs: Mapping[str, Input],
    meters: Mapping[str, str],
    v_dd: float,
) -> dict[str, float]:
    """Energy per operation from each supply and input, and of V_DD's through each meter.

    Args:
        supplies: port to voltage.
        meters: component to the signal of its current.
    """
    start, stop, count = window
    energy = {port: -volts * run.integral(current(port), start, stop) / count for port, volts in supplies.items()}
    total = sum(map(abs, energy.values()))
    for component, signal in meters.items():
        energy[component] = v_dd * run.integral(signal, start, stop) / count
        energy[max(supplies, key=lambda port: supplies[port])] -= energy[component]
    for port, signal in inputs.items():
        joule = run.energy(port, current(port), start, stop) / count
        source = signal.source if isinstance(signal, Current) else ""
        if source:
            joule = supplies[source] * run.integral(current(port), start, stop) / count
            energy[source] -= joule
        energy[port] = -joule if signal.quantity == "V" else joule
    # A supply of which meters and inputs take all is no component.
    return {name: joule for name, joule in energy.items() if not meters or abs(joule) > _ROUNDING * total}


def components(
    energy: Mapping[str, float],
    heat: Mapping[str, float],
    fed_by: Mapping[str, str],
    paper: Iterable[str],
    paid_per: Mapping[str, Event],
) -> tuple[tuple[Component, ...], dict[str, float]]:
    """Components with the heat of each device split off its source, and the heat of devices without one, by path.

    Args:
        energy: by source. heat: by path of a device. fed_by: path to source. paid_per: component to event.

    Raises InputError: `fed_by` or `paid_per` name what is not there.
    """
    rest, devices, unassigned = dict(energy), {}, {}
    delivering = [name for name, joule in energy.items() if joule > 0]
    for path, joule in heat.items():
        source = fed_by.get(path, delivering[0] if len(delivering) == 1 else None)
        if source is None:
            unassigned[path] = joule
            continue
        if source not in rest:
            raise InputError("no source of this name", where=f"fed_by: {path}", found=source, allowed=", ".join(rest))
        rest[source] -= joule
        devices[path] = joule
    if unknown := [name for name in paid_per if name not in rest and name not in devices]:
        allowed = ", ".join((*rest, *devices))
        raise InputError("no component of this name", where="paid_per", found=unknown[0], allowed=allowed)
    counted, whole = set(paper), Event.OPERATION
    return (
        *(Component(n, joule, Kind.CMOS, n in counted, paid_per.get(n, whole)) for n, joule in rest.items()),
        *(Component(n, joule, Kind.DEVICE, n in counted, paid_per.get(n, whole)) for n, joule in devices.items()),
    ), unassigned


def events_per_operation(inputs: Iterable[Input], operation: Operation, window: Window) -> dict[Event, float]:
    """Input pulses of one operation, where there are any; an operation that has a length is a time step."""
    start, stop, count = window
    begins = [begin + at for signal in inputs for begin in operation.starts for at in signal.pulses_s]
    pulses = sum(start <= begin < stop for begin in begins)
    steps = {Event.STEP: 1.0} if isinstance(operation, Period) else {}
    return {**steps, **({Event.INPUT: pulses / count} if pulses else {})}


def latency_s(
    spikes_s: np.ndarray, starts: Iterable[float], inputs: Iterable[Input], v_dd: float, first: float
) -> float | None:
    """Mean time from an input's first edge to the spike after it, in operations that begin at `first` (s) or later.

    None without a spike. A constant current has its edge in the first operation only.
    """
    inputs = list(inputs)
    steady = all(isinstance(signal, Current) for signal in inputs)
    edge = min((e for signal in inputs if (e := signal.edge(v_dd))), default=0.0)
    begins = [start for start in starts if steady or start >= first]
    delays = []
    for begin, end in zip(begins, [*begins[1:], np.inf], strict=True):
        after = spikes_s[(spikes_s >= begin + edge) & (spikes_s < end)]
        delays += [float(after[0]) - begin - edge] if after.size else []
    return float(np.mean(delays[:1] if steady else delays)) if delays else None


def pulse_input(run: Transient, port: str, window: Window) -> PulseInput:
    """Largest current and voltage, charge and energy of one operation at a port with a voltage source."""
    start, stop, count = window
    inside = (run.time >= start) & (run.time <= stop)
    into, volts = -run[current(port)], run[port]
    charge = run.integral(np.maximum(into, 0.0), start, stop) / count
    energy = run.integral(into * volts, start, stop) / count
    return PulseInput(charge, energy, float(into[inside].max()), float(volts[inside].max()))


def idle_power_W(run: Transient, supplies: Mapping[str, float]) -> float:
    """Mean power from all supplies in the second half of a run; 0 where the numerical noise is larger."""
    half, stop = float(run.time[-1]) / 2, float(run.time[-1])
    watts = sum(-volts * run.integral(current(port), half, stop) for port, volts in supplies.items()) / (stop - half)
    return max(watts, 0.0)
