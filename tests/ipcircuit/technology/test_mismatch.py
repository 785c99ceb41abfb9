"""Random copies of a deck and of devices: which transistor gets which shift, what stays, and what is refused."""

import math
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from circuits.catalog import load
from ipcircuit.devices.ecram import device as ecram
from ipcircuit.devices.orthogonal_mtj import device as mtj_orthogonal
from ipcircuit.devices.thermal_mtj import device as mtj_thermal
from ipcircuit.devices.thermal_mtj import reference as mtj_reference
from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter, Variation
from ipcircuit.sampling import Sample
from ipcircuit.spice.jobs import Job, simulate
from ipcircuit.spice.netlist import tokenize
from ipcircuit.technology.catalog import technology
from ipcircuit.technology.mismatch import device_sigma, transistor_shifts, with_mismatch
from ipcircuit.technology.retarget import retargeted

PDK = Path(__file__).with_name("pdk130") / "demo130.toml"

CELLS = """.subckt stage in out vdd
Mn out in 0 0 nmos28lp l=2.8e-08 w=2e-07
Mp out in vdd vdd pmos28lp l=2.8e-08 w=1e-07
.ends stage
.subckt filter a b params: ohms=1e3
R1 a b {ohms}
.ends filter
.subckt pair in out vdd
Xfirst in mid vdd stage
Xsecond mid soft vdd stage
Xsmooth soft out filter ohms=2e3
.ends pair
V1 vdd 0 0.8
Xleft a b vdd pair
Xright c d vdd pair""".splitlines()


def test_shifts_are_pelgroms_and_each_path_has_its_own() -> None:
    assert device_sigma(1e-6, 0.5e-6) == pytest.approx(2e-3)  # 2 W L = 1 µm²: A_VT itself
    assert device_sigma(200e-9, 28e-9) == pytest.approx(18.9e-3, rel=1e-3)
    shifts = transistor_shifts(with_mismatch(CELLS, Sample(1, 0)))
    assert sorted(shifts) == ["xfirst.mn", "xfirst.mp", "xsecond.mn", "xsecond.mp"]
    assert len(set(shifts.values())) == 4
    assert shifts["xsecond.mp"] == device_sigma(100e-9, 28e-9) * Sample(1, 0).normal("xsecond.mp")
    deck = "\n".join(with_mismatch(CELLS, Sample(1, 0)))
    assert set(Counter(re.findall(r"delvto=(\S+)", deck)).values()) == {2}  # left and right are one circuit
    assert deck.count("R1 a b {ohms}") == 1  # a cell without transistors stays as it was


def test_shifts_of_a_library_s_subcircuits_are_sources_and_the_copy_is_the_same() -> None:
    """A copy is named by its seed, whatever it is made in; the current factor scales the width."""
    beta = Parameter("A_beta", 1e-8, "m", "", "assumed: 1 % µm, for this test", "assumed")
    process = replace(technology(PDK), a_beta=beta)
    card = process.models()
    plain = retargeted(CELLS, process, card)
    lines = with_mismatch(plain, Sample(1, 0), process, card)
    shifts = transistor_shifts(lines)
    assert {name.replace(".xm", ".m") for name in shifts} == set(transistor_shifts(with_mismatch(CELLS, Sample(1, 0))))
    size = 420e-9, 150e-9
    sigma = 4.7e-9 / math.sqrt(2 * size[0] * size[1])
    deviate, factor = (Sample(1, 0).normal(f"xsecond.mp{of}") for of in ("", " beta"))
    assert shifts["xsecond.xmp"] == pytest.approx(sigma * deviate)
    cell = lines[lines.index(next(line for line in lines if line.startswith(".subckt stage_of_xsecond"))) :]
    source, transistor = (
        next(line for line in cell if line.lower().startswith(word)) for word in ("vshift_xmp", "xmp")
    )
    assert source.split()[1] == "in"
    assert transistor.split()[:6] == ["XMp", "out", source.split()[2], "vdd", "vdd", "demo130_pr__pfet_01v8"]
    width = float(tokenize(transistor)[1]["w"]) * 1e-6
    assert width == pytest.approx(size[0] * (1 + 1e-8 / math.sqrt(2 * size[0] * size[1]) * factor))


def test_a_source_at_the_gate_is_a_shift_of_the_threshold() -> None:
    """By 94 % of ``delvto`` in this card, whose gate is depleted a little; on, its mobility sees the difference."""
    cell = ".subckt {p}ch d g s b w=1 l=1\nm1 d g s b {p}mos28lp w={{w}} l={{l}}\n.ends"
    lines = [technology().models().text, *(cell.format(p=p) for p in "np"), "vdd vdd 0 0.8", "vg g 0 0"]
    for p, bulk in {"n": "0", "p": "vdd"}.items():
        nodes, size = f"g {bulk} {bulk}", "w=200n l=28n"
        lines += [
            f"m{p}0 d0{p} {nodes} {p}mos28lp {size}",
            f"m{p}1 d1{p} {nodes} {p}mos28lp {size} delvto=0.03",
            f"vshift_x{p} g g_{p} 0.03",
            f"x{p} d2{p} g_{p} {bulk} {bulk} {p}ch {size}",
            *(f"v{i}{p} d{i}{p} 0 0.4" for i in range(3)),
        ]
    run = simulate(Job("mismatch", "gate source", "\n".join(["t", *lines, ".dc vg 0 0.8 0.1", ".end", ""])))
    for p, sign in (("n", -1), ("p", 1)):
        plain, shifted, source = (np.log(np.abs(run[f"i(v{i}{p})"])) for i in range(3))
        weak = plain < math.log(1e-6)
        assert np.ptp(plain[weak]) > 7
        assert np.all(sign * (shifted - plain) > 0.1)
        assert ((source - plain) / (shifted - plain))[weak] == pytest.approx(0.94, abs=0.02)


def test_copies_differ_and_do_not_depend_on_the_order_of_the_deck() -> None:
    one, other = (transistor_shifts(with_mismatch(CELLS, Sample(1, i))) for i in (0, 1))
    assert not set(one.values()) & set(other.values())
    swapped = [*CELLS[:9], CELLS[10], CELLS[9], *CELLS[11:]]
    assert transistor_shifts(with_mismatch(swapped, Sample(1, 0))) == one
    drawn = [Sample(7, i).normal("mn") for i in range(4000)]
    assert abs(np.mean(drawn)) < 3 / math.sqrt(4000)
    assert np.std(drawn) == pytest.approx(1.0, abs=3 / math.sqrt(8000))


@pytest.mark.parametrize("name", ["comparator", "differential", "signed_mtj"])
def test_all_transistors_of_a_circuit_are_shifted(name: str) -> None:
    testbench = load(name)
    sampled = testbench.sampled(Sample(3, 5)).netlist()  # pyright: ignore[reportAttributeAccessIssue]
    plain = testbench.netlist()
    assert "delvto" not in plain
    count = {"comparator": 4, "differential": 24, "signed_mtj": 79}[name]
    body = sampled.splitlines()
    shifts = transistor_shifts(body[1:])
    assert len(shifts) == count
    transistors = [line for line in body if re.match(r"M\w+ .* [np]mos28lp ", line)]
    assert transistors
    assert all("delvto=" in line for line in transistors)


def test_a_copy_without_shifts_is_the_circuit_as_designed() -> None:
    """What is rewritten besides the shifts, the cells, does not change the result by a bit."""
    testbench = load("comparator")
    plain = testbench.netlist()
    title, *body = plain.splitlines()
    rewritten = re.sub(r"delvto=\S+", "delvto=0", "\n".join([title, *with_mismatch(body[:-1], Sample(0, 0)), ".end"]))
    assert rewritten.count("delvto=0") == 12
    save = ("xp.divider", "output_ap", "i(vdd_ap)")
    runs = [simulate(Job("comparator", "copy", deck, save)) for deck in (plain, rewritten)]
    for name in save:
        assert np.array_equal(runs[0][name], runs[1][name])


def test_decks_that_cannot_be_copied() -> None:
    with pytest.raises(InputError, match=r"no \.ends; found '\.subckt stage"):
        with_mismatch(CELLS[:2], Sample(0, 0))
    with pytest.raises(InputError, match=r"xfirst\.mn: a transistor without width"):
        with_mismatch([line.replace(" w=2e-07", "") for line in CELLS], Sample(0, 0))
    with pytest.raises(InputError, match="index: must not be negative"):
        Sample(0, -1)


def test_a_device_varies_as_declared() -> None:
    """The two resistances share area and barrier; what is not declared stays."""
    device, sample = mtj_thermal.declare(), Sample(2, 9)
    p, q = device.values(), device.varied(sample, "mtj").values()
    common = 0.05 * sample.normal("mtj.resistance-area product")
    assert math.log(q["r_parallel"] / p["r_parallel"]) == pytest.approx(common)
    ratio = 0.02 * sample.normal("mtj.tunnel magnetoresistance")
    assert math.log(q["r_antiparallel"] / p["r_antiparallel"]) == pytest.approx(common + ratio)
    assert {name for name in p if p[name] != q[name]} == {"r_parallel", "r_antiparallel", "x0_set", "x0_reset"}
    assert device.varied(sample, "other").values() != q


def test_programmed_ecram_varies_by_5_percent() -> None:
    drawn = [ecram.base_resistance(ecram.declare().varied(Sample(0, i), "synapse")) for i in range(400)]
    logs = np.log(np.array(drawn) / ecram.base_resistance(ecram.declare()))
    assert np.std(logs) == pytest.approx(0.05, rel=0.12)


def test_declared_variations_say_where_they_come_from_and_bad_ones_are_refused() -> None:
    for module in (mtj_thermal, mtj_reference, mtj_orthogonal, ecram):
        variations = module.declare().variations
        assert variations
        for variation in variations:
            assert variation.basis == "assumed"
            assert variation.source.startswith("assumed: ")
    with pytest.raises(InputError, match="spread out of range"):
        Variation("resistance", ("r",), -0.1, "assumed", "assumed")
    with pytest.raises(InputError, match=r"mtj_reference: a variation of what is no parameter; found \['colour'\]"):
        replace(mtj_reference.declare(), variations=(Variation("x", ("colour",), 0.1, "assumed", "assumed"),))
