"""Intervals of a fit in energies: known answers, and ends of its range at which the circuit does not work."""

import json
from pathlib import Path

import pytest

import ipcircuit
from circuits.catalog import load
from energy.characterize import characterize
from energy.variation.fitted import fit_spread
from ipcircuit.cli import main as cli
from ipcircuit.cli.characterize import fit_interval
from ipcircuit.devices.parameter_file import Fit, ParameterFile, write
from ipcircuit.devices.thermal_mtj.device import declare
from ipcircuit.errors import InputError

Q = 1.959964  # normal quantile of 95 %
P = declare().values()


def both_resistances(relative: float) -> ParameterFile:
    """A fit that knows the ratio of both resistances, but neither better than `relative`."""
    sigma = [relative * P[name] for name in ("r_parallel", "r_antiparallel")]
    rows = tuple(tuple(a * b for b in sigma) for a in sigma)
    fit = Fit(device="mtj_thermal", names=("r_parallel", "r_antiparallel"), covariance=rows)
    return ParameterFile(declare().parameters, fit)


def test_energy_of_the_junction_goes_with_its_conductance(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """V²/R at the given set voltage, the divider following the junction: with both resistances 2 % uncertain as one,
    the energy is E/(1 ± 0.039). Heat, which goes with the energy, moves the firing probability and with it the energy
    of the read by some tenths of a per cent. The interval of a further
    draw is 1.28 times as wide for eight, whose deviation is known within 27 % at one sigma."""
    monkeypatch.setenv("COLUMNS", "100")
    path = str(write(tmp_path / "lot7.toml", both_resistances(0.02)))
    assert cli.main(["characterize", "comparator", "--device", path, "--json"]) == 0
    cost = json.loads(capsys.readouterr().out)
    spread = cost["spread"]
    assert (spread["fit_level"], spread["fit_runs"]) == (0.95, 2.0)
    for scope in ("paper", "circuit"):
        energy = cost["scopes"][scope]["energy_per_operation_J"]
        low, high = (spread[f"fit_{scope}_energy_per_operation_{end}_J"] for end in ("low", "high"))
        assert energy / low == pytest.approx(1 + 0.02 * Q, abs=0.004)
        assert energy / high == pytest.approx(1 - 0.02 * Q, abs=0.004)
    assert cost["conditions"]["device"].startswith("lot7.toml (sha256 ")
    assert "warnings" not in cost
    assert ipcircuit.load("comparator").configured(device=path).characterize().cost.spread == spread
    assert cli.main(["characterize", "comparator", "--device", path]) == 0
    shown = capsys.readouterr().out
    assert "95 % of the fit" in shown
    assert "2 simulations at the ends of its intervals; copies do not differ by it" in " ".join(shown.split())
    assert cli.main(["characterize", "comparator", "--device", path, "--draws", "8", "--seed", "1", "--json"]) == 0
    drawn = json.loads(capsys.readouterr().out)["spread"]
    widths = [
        s["fit_paper_energy_per_operation_high_J"] - s["fit_paper_energy_per_operation_low_J"] for s in (drawn, spread)
    ]
    assert (drawn["fit_runs"], drawn["fit_seed"]) == (8.0, 1.0)
    assert 0.6 < widths[0] / widths[1] < 2.2


def test_a_set_of_parameters_that_does_not_work_leaves_no_interval_and_says_why() -> None:
    """An R_AP that may lie below R_P is no junction: constraint of the declaration."""
    sigma = 0.4 * P["r_antiparallel"]
    fit = Fit(device="mtj_thermal", names=("r_antiparallel",), covariance=((sigma**2,),))
    file = ParameterFile(declare().parameters, fit, "wide.toml")
    bench = load("comparator")
    spread = fit_spread(characterize(bench).cost, file, lambda f: bench.configured(device=f))
    assert spread.intervals == {}
    assert any("R_AP must be larger than R_P" in text and "1 of 2" in text for text in spread.problems)
    cost = spread.added_to(characterize(bench).cost)
    assert cost.warnings == spread.problems
    assert cost.spread == {"fit_level": 0.95, "fit_runs": 2.0}


def test_one_draw_makes_no_interval() -> None:
    bench = load("comparator")
    with pytest.raises(InputError, match="draws: too few draws for an interval; found 1"):
        fit_spread(characterize(bench).cost, both_resistances(0.02), lambda f: bench, count=1)


def test_a_narrow_interval_is_told_by_its_width() -> None:
    spread = {"fit_paper_x_low_J": 503.49e-12, "fit_paper_x_high_J": 503.51e-12}
    assert fit_interval(spread, "paper_x") == "503.5 pJ ± 10 fJ"
    assert fit_interval({**spread, "fit_paper_x_low_J": 480e-12}, "paper_x") == "480 … 503.5 pJ"
    assert fit_interval(spread, "paper_y") == ""
