"""`docs/physics/cmos28.md`: figures that the card was meant to reach, what it reaches, and where each comes from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ipcircuit.spice.models import CORNERS, section_text
from ipcircuit.technology.card import FITTED
from ipcircuit.technology.catalog import technology
from ipcircuit.technology.measure import Process, device_figures, fo4_delay, inverter_figures, ring_figures
from ipcircuit.technology.targets import (
    BANDS,
    CORNER_SHIFT,
    DEVICE_TARGETS,
    GATE_LENGTH_M,
    INVERTER_GAIN_VDD,
    MINIMUM_INVERTER_GAIN,
    VDD,
)

#: Title, factor, unit and digits of each figure of a device and of each band.
_FIGURES = {
    "i_on": ("I_on (V_GS = V_DS = 1.1 V)", 1e6, "µA/µm", 4),
    "i_off": ("I_off (V_GS = 0, V_DS = 1.1 V)", 1e9, "nA/µm", 3),
    "dibl": ("DIBL (50 mV to 1.1 V)", 1e3, "mV/V", 4),
    "swing": ("subthreshold swing (V_DS = 1.1 V)", 1e3, "mV/decade", 4),
    "linear_ratio": ("I(V_DS = 50 mV) / I_on, V_GS = 1.1 V", 1.0, "1", 4),
    "fo4_s": ("fan-out-of-four delay", 1e12, "ps", 3),
    "ring_energy_J": ("ring energy per stage and cycle", 1e15, "fJ", 3),
}
_CONDITION_HEAD = [
    "I_on n / p (µA/µm)",
    "I_off n / p (nA/µm)",
    "V_th,sat n / p (mV)",
    "swing n / p (mV/dec)",
    "inverter gain, V_switch (mV), 0.8 V",
    "inverter gain, V_switch (mV), 1.1 V",
    "FO4 at 0.8 / 1.1 V (ps)",
]


def datasheet_text(card: str) -> str:
    """The whole page for a card given as text; runs ngspice for about ten seconds."""
    from jinja2 import Environment, StrictUndefined

    sections = {corner: Process.lp28(section_text(card, corner), f"28 nm card, {corner}") for corner in CORNERS}
    text = Path(__file__).with_name("datasheet.md.j2").read_text(encoding="utf-8")
    template = Environment(undefined=StrictUndefined, keep_trailing_newline=True).from_string(text)
    return template.render(
        length_m=GATE_LENGTH_M,
        vdd=VDD,
        fitted=FITTED,
        shift=CORNER_SHIFT,
        mismatch=technology().a_vt,
        typical=list(_typical(sections["tt"])),
        bands=list(_bands(sections["tt"])),
        condition_head=_CONDITION_HEAD,
        corners=[[corner.upper(), *_condition(process, 27.0)] for corner, process in sections.items()],
        temperatures=[
            [corner.upper(), f"{t:g}", *_condition(sections[corner], t)]
            for corner in ("tt", "ff", "ss")
            for t in (-40.0, 125.0)
        ],
    )


def _cell(value: float | None, scale: float, digits: int) -> str:
    """A scaled number, or a dash for what was not obtained."""
    return "–" if value is None else f"{scale * value:.{digits}g}"


def _typical(process: Process) -> Iterator[list[str]]:
    for polarity, targets in DEVICE_TARGETS.items():
        figures = device_figures(process, polarity)
        for target in targets:
            title, scale, unit, digits = _FIGURES[target.figure]
            obtained = _cell(getattr(figures, target.figure), scale, digits)
            channel = f"{polarity.upper()}MOS"
            yield [channel, title, unit, f"{scale * target.value:.4g}", obtained, target.basis, target.source]


def _bands(process: Process) -> Iterator[list[str]]:
    ring = ring_figures(process, vdd=VDD)
    obtained = {"fo4_s": fo4_delay(process, vdd=VDD), "ring_energy_J": ring.energy_J if ring else None}
    for band in BANDS:
        title, scale, unit, digits = _FIGURES[band.figure]
        limits = f"{scale * band.low:.3g} – {scale * band.high:.3g}"
        yield [title, unit, limits, _cell(obtained[band.figure], scale, digits), band.basis, band.source]
    gain = f"{inverter_figures(process, vdd=INVERTER_GAIN_VDD).gain:.3g}"
    title = f"inverter gain at its switching point, VDD = {INVERTER_GAIN_VDD} V"
    yield [title, "1", f"≥ {MINIMUM_INVERTER_GAIN:g}", gain, "assumed", "logic must regenerate its levels"]


def _condition(process: Process, temperature_c: float) -> list[str]:
    """Cells of one corner and temperature, in the order of `_CONDITION_HEAD`."""
    n, p = (device_figures(process, polarity, temperature_c=temperature_c) for polarity in ("n", "p"))
    low, high = (inverter_figures(process, vdd=v, temperature_c=temperature_c) for v in (INVERTER_GAIN_VDD, VDD))
    delay = [fo4_delay(process, vdd=v, temperature_c=temperature_c) for v in (INVERTER_GAIN_VDD, VDD)]
    return [
        f"{n.i_on * 1e6:.4g} / {p.i_on * 1e6:.4g}",
        f"{n.i_off * 1e9:.2g} / {p.i_off * 1e9:.2g}",
        f"{n.v_th_sat * 1e3:.3g} / {p.v_th_sat * 1e3:.3g}",
        f"{n.swing * 1e3:.3g} / {p.swing * 1e3:.3g}",
        f"{low.gain:.2g}, {low.v_switch * 1e3:.3g}",
        f"{high.gain:.2g}, {high.v_switch * 1e3:.3g}",
        " / ".join(_cell(d, 1e12, 2) for d in delay),
    ]
