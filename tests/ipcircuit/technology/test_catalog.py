"""Technologies as files: what may be left out, what is refused with file and field, and that content is what counts."""

from __future__ import annotations

import math
import pickle
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from circuits.catalog import load
from circuits.conditions import Conditions
from energy.driver import size_write_driver
from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter
from ipcircuit.spice.models import model_text
from ipcircuit.technology.catalog import names, technology
from ipcircuit.technology.io_devices import io_devices
from ipcircuit.technology.record import Technology, bounds

LEAST = """name = "mine"
[models]
file = "card.lib"
[values]
length = { value = 65e-9, source = "PDK manual" }
v_dd = { value = 1.2, low = 0.7, high = 1.32, source = "PDK manual" }
"""
CARD = ".model nch nmos level=54 version=4.5\n.model pch pmos level=54 version=4.5\n"
PSP = ".model sg13_lv_nmos_psp psp103va type=1\n"
MAC = ".subckt nch_mac {ports} {sizes}\nm1 d g s b nch w=1u l=1u\n.ends\n"


def _file(folder: Path, toml: str = LEAST, card: str = CARD) -> Path:
    (folder / "card.lib").write_text(card)
    path = folder / "mine.toml"
    path.write_text(toml)
    return path


def test_what_a_file_leaves_out_follows_from_the_length_and_says_so(tmp_path: Path) -> None:
    own, process = technology(), technology(_file(tmp_path))
    ratio = 65 / 28
    for name in ("width", "feature_size", "poly_pitch", "row_height"):
        value = getattr(process, name)
        assert value.value == pytest.approx(getattr(own, name).value * ratio)
        assert value.basis == "assumed"
        assert value.source.startswith("assumed: ")
    assert process.a_vt.value == pytest.approx(2e-9 * math.sqrt(ratio))
    assert bounds(process.poly_pitch) == pytest.approx((113e-9 * ratio, 140e-9 * ratio))
    assert (process.length.basis, process.a_beta, process.io) == ("published", None, own.io)
    assert (process.models().n.name, process.models().p.name) == ("nch", "pch")
    assert process.corner_names == ("tt",)
    assert process.models().text == CARD


def test_write_drivers_are_made_of_the_file_s_devices(tmp_path: Path) -> None:
    """550 µA at 500 A/m with all of the 2.9 V beyond the pulse, far above saturation: 1.1 µm."""
    io = "[driver.io33]\nsource = 'the PDK'\nsupply = 3.3\non_current_n = 500.0\non_current_p = 200.0\n"
    io += "saturation = 1.2\ngate_length = 500e-9\ngate_capacitance = 2e-9\noff_current = 1e-6\n"
    process = technology(_file(tmp_path, LEAST + io + io.replace("33", "50").replace("3.3", "5.0")))
    assert [device.supply.value for device in process.io] == [3.3, 5.0]
    assert [p.name for p in process.io[0].parameters][:2] == [
        "I/O supply, 3.3 V device",
        "n drive current, 3.3 V device",
    ]
    assert {p.source for p in process.io[0].parameters} == {"the PDK"}
    sized = size_write_driver(550e-6, 0.4, process.io)
    assert (sized.supply_V, sized.width_n_m) == (3.3, pytest.approx(1.1e-6))


IO = "[driver.io]\nsource = 'x'\nsupply = 1.1\ngate_length = 28e-9\n"


def test_io_devices_by_name_are_simulated(tmp_path: Path) -> None:
    """Those of the 28 nm card have the currents that it is calibrated to, and a gate of somewhat more than C_ox L."""
    card = files("netlists").joinpath("models", "cmos28lp.lib").read_text(encoding="utf-8")
    devices = "[devices]\nn = 'nmos28lp'\np = 'pmos28lp'\n"
    process = technology(_file(tmp_path, LEAST + devices + IO + "n = 'nmos28lp'\np = 'pmos28lp'\n", card))
    (io,) = io_devices(process)
    assert (io.on_current_n.value, io.on_current_p.value) == pytest.approx((1000, 575), rel=1e-3)
    assert io.off_current.value == pytest.approx(1e-3, rel=1e-3)
    oxide = 3.9 * 8.854e-12 / 1.3e-9 * 24e-9  # electrical thickness of the card, effective length
    assert oxide < io.gate_capacitance.value < 2 * oxide  # overlap and fringe beside it
    assert 0.3 < io.saturation.value < 1.1
    assert (io.on_current_n.basis, io.supply.source) == ("derived", "x")
    assert "nmos28lp and pmos28lp of" in io.on_current_n.source
    other = process.with_card(tmp_path / "card.lib")  # a card that has these names or not: nothing says so
    assert io_devices(other) == technology().io


def test_every_value_of_every_technology_has_a_source() -> None:
    assert names()[0] == "lp28"
    for name in names():
        process = technology(name)
        of_drivers = [p for device in process.io for p in device.parameters]
        for value in (*process.parameters, *of_drivers, *process.figures):
            assert isinstance(value, Parameter)
            assert value.source
            assert value.basis != "assumed" or len(value.source) > 12
        assert list(process.io) == sorted(process.io, key=lambda device: device.supply.value)


def test_lp28_is_this_project_s_card_with_nothing_scaled() -> None:
    own = technology()
    assert own.models("ss").text == model_text("ss")
    assert (own.width_scale, own.length_scale, own.supply_scale) == (1.0, 1.0, 1.0)
    assert own.corner_names == ("tt", "ff", "ss", "fs", "sf")
    assert own.stated("i_on_n") == 1000.0
    assert own.stated("v_dd") == 1.1
    assert own.stated("fo4") is None
    assert bounds(own.poly_pitch) == (113e-9, 140e-9)


def test_equal_content_is_equal_and_any_change_shows(tmp_path: Path) -> None:
    path = _file(tmp_path)
    process = technology(path)
    again = pickle.loads(pickle.dumps(process))
    assert again == process == technology(path)
    assert (hash(again), repr(again)) == (hash(process), repr(process))
    assert len({Conditions(), Conditions(technology=technology("lp28")), Conditions(technology=process)}) == 2
    changed = replace(process, poly_pitch=process.poly_pitch.with_value(300e-9))
    assert changed != process
    assert repr(changed) != repr(process)  # what journals of copies and corners are kept under
    deck = load("comparator").configured(technology=process).netlist()
    (tmp_path / "card.lib").write_text(CARD.replace("4.5", "4.6"))
    assert load("comparator").configured(technology=process).netlist() == deck.replace("=4.5", "=4.6")


def test_a_library_s_sections_are_the_corners_or_those_that_the_file_maps(tmp_path: Path) -> None:
    card = f".lib typ\n{CARD}.endl\n.lib slow\n{CARD.replace('4.5', '4.6')}.endl\n"
    process = technology(_file(tmp_path, card=card))
    assert process.corner_names == ("typ", "slow")
    with pytest.raises(InputError, match=r"card\.lib: unknown corner; found 'tt'; allowed: typ, slow"):
        process.models()
    mapped = LEAST.replace('card.lib"', 'card.lib"\ncorners = { tt = "typ", SS = "slow" }')
    process = technology(_file(tmp_path, mapped, card))
    assert process.corner_names == ("tt", "ss")
    assert "4.6" in process.models("ss").text
    with pytest.raises(InputError, match="unknown corner; found 'ff'; allowed: tt, ss"):
        process.models("ff")


def _changed(old: str, new: str) -> str:
    assert old in LEAST
    return LEAST.replace(old, new)


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        (_changed('name = "mine"', ""), "mine.toml: missing name"),
        (_changed('name = "mine"', 'name = "lp28"'), "name of a built-in technology; found 'lp28'"),
        (_changed("[models]\nfile", "[cards]\nfile"), "unknown field.*found 'cards'"),
        (_changed("card.lib", "absent.lib"), "absent.lib"),
        (_changed("card.lib", "../card.lib"), r"models\.file: library lies elsewhere; found '\.\./card\.lib'"),
        (_changed("card.lib", "/etc/passwd"), "library lies elsewhere; found '/etc/passwd'"),
        (_changed("length =", "lenght ="), "values: unknown field; found 'lenght'; allowed: length, width"),
        (_changed("v_dd =", "a_vt ="), "values: missing v_dd"),
        (_changed("65e-9", "nan"), "value"),
        (_changed("65e-9", "-65e-9"), "values.length: must be positive; found -6.5e-08"),
        (_changed("0.7", "1.3"), r"values\.v_dd: value out of its own range; found 1\.2"),
        (_changed('value = 65e-9, source = "PDK manual"', "value = 65e-9"), r"values\.length: missing source"),
        (
            _changed('source = "PDK manual" }\nv', 'source = "assumed" }\nv'),
            r"values\.length: an assumption needs its reason",
        ),
        (LEAST + "colour = 1.0\n", "unknown field; found 'colour'"),
        (LEAST + "[driver.io]\nsource = 'x'\nsupply = 2.5\n", r"driver\.io: missing on_current_n, "),
        (LEAST + IO + "n = 'thick'\n", r"driver\.io: missing p"),
        (
            LEAST + IO + "n = 'thick'\np = 'thin'\noff_current = 1.0\n",
            r"driver\.io: unknown field; found 'off_current'",
        ),
        (LEAST + "[figures]\nsource = 'x'\nbrightness = 1.0\n", "figures: unknown field; found 'brightness'"),
        (LEAST + "[models.corners]\nff = 'ff'\n", "models.corners: no typical corner; found 'ff'"),
        (_changed("[models]", "[models]\nunit_m = 0.0"), r"models\.unit_m"),
    ],
)
def test_bad_files_are_refused_with_file_and_field(tmp_path: Path, toml: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        technology(_file(tmp_path, toml)).models()
    assert "mine.toml" in str(error.value) or "lib" in str(error.value)


@pytest.mark.parametrize(
    ("card", "devices", "message"),
    [
        (".model nch nmos level=54\n", "", r"card\.lib: no pmos model in the card; found 'nch'"),
        ("* nothing\n", "", "no nmos model in the card; found 'no transistor'"),
        (CARD + ".model nch_hvt nmos\n", "", r"several nmos .*found 'nch, nch_hvt'.*\[devices\] n = \"nch\""),
        (CARD + MAC.format(ports="d g s b", sizes="w=1u l=1u"), "", "several nmos .*found 'nch, nch_mac'"),
        (CARD, 'n = "nfet"', "no such nmos transistor in the card; found 'nfet'; allowed: nch"),
        (CARD, 'n = "pch"', "line 2: model 'pch' has the wrong type; found 'pmos'; allowed: nmos"),
        (
            CARD + MAC.format(ports="g d s b", sizes="w=1u l=1u"),
            'n = "nch_mac"',
            r"lib, line 3: subcircuit nch_mac has other ports than a transistor; found 'g d s b'; allowed: d g s b",
        ),
        (
            CARD + MAC.format(ports="d g s b", sizes="wid=1u l=1u"),
            'n = "nch_mac"',
            r"card\.lib, line 3: subcircuit nch_mac has no parameter w; found 'wid, l'",
        ),
        (PSP + CARD, "", r"line 1: model 'sg13_lv_nmos_psp' .*PSP.*needs OSDI.*found 'psp103va'"),
        (".subckt nfet d g s b\nnx d g s b psp\n.ends\n" + CARD, "", "line 2: element N .*needs OSDI"),
        (CARD.replace("level=54", "level=69", 1), "", "line 1: nmos model of a level that ngspice does not have"),
        (".option scale=1u\n.option scale=1n\n" + CARD, "", "line 2: scale out of range, or another one than before"),
    ],
)
def test_cards_without_the_two_transistors_are_refused(tmp_path: Path, card: str, devices: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        technology(_file(tmp_path, f"{LEAST}[devices]\n{devices}\n", card)).models()


def test_two_candidates_are_settled_by_a_name_or_by_one_that_is_ours(tmp_path: Path) -> None:
    both = CARD + ".model nch_hvt.1 nmos\n.model nch_hvt.2 nmos\n"
    process = technology(_file(tmp_path, LEAST + '[devices]\nn = "NCH_HVT"\n', both))
    assert (process.models().n.name, process.models().p.name) == ("nch_hvt", "pch")
    own = technology(_file(tmp_path, LEAST, both + ".model nmos28lp nmos\n")).models()
    assert own.n.name == "nmos28lp"


def test_units_are_those_of_the_library(tmp_path: Path) -> None:
    micrometres = f".option scale=1.0u\n{CARD}"
    assert technology(_file(tmp_path, card=micrometres)).models().unit_m == 1e-6
    stated = LEAST.replace('card.lib"', 'card.lib"\nunit_m = 1e-9')
    assert technology(_file(tmp_path, stated)).models().unit_m == 1e-9
    with pytest.raises(InputError, match=r"unit_m is another one than \.option scale.*found 1e-09; allowed: 1e-06"):
        technology(_file(tmp_path, stated, micrometres)).models()


def test_another_card_in_its_place_brings_its_own_corners_and_names(tmp_path: Path) -> None:
    _file(tmp_path)
    process = technology().with_card(tmp_path / "card.lib")
    assert isinstance(process, Technology)
    assert (process.models().n.name, process.corner_names, process.is_default) == ("nch", ("tt",), True)
