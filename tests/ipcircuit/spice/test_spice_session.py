"""Real ngspice through the worker processes: known answers, every way to fail, and what a failure must not touch."""

from __future__ import annotations

import pickle
import re
import time
from pathlib import Path

import numpy as np
import pytest
from joblib import cpu_count, parallel_config

from ipcircuit.errors import InputError, SimulationError
from ipcircuit.parallel import _parallelism
from ipcircuit.spice.jobs import Job, simulate, simulate_all
from ipcircuit.spice.protocol import Failure
from ipcircuit.spice.transient import RunStatus, Sweep, Transient
from ipcircuit.spice.workers import simulator

pytestmark = pytest.mark.usefixtures("uncached")
R, C, V = 1e3, 10e-12, 0.9
TAU = R * C


def rc(resistance: float = R, options: str = "", stop: str = "200n") -> str:
    """A source that steps to V at t = 0 (in 1 ps) charges C through R."""
    return f"""rc charging
v1 in 0 pwl(0 0 1p {V})
r1 in out {resistance:g}
c1 out 0 {C:g}
{options}
.tran 0.1n {stop}
.end"""


def deck(body: str, analysis: str = ".tran 1n 10n") -> str:
    return f"a test deck\nv1 in 0 1\n{body}\n{analysis}\n.end"


CRASHING = "crashes libngspice\nv1 in 0 dc 0 external\nr1 in 0 1k\n.tran 1n 10n\n.end"
POISONING = deck("r1 in 0 {nowhere}")
ENDLESS = rc(stop="1")


@pytest.fixture(autouse=True)
def deck_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IPCIRCUIT_DECK_DIR", str(tmp_path / "decks"))
    return tmp_path / "decks"


def run(text: str, *save: str, condition: str = "tt, 27 °C", time_limit_s: float = 60.0) -> Transient | Sweep:
    return simulate(Job("cell", condition, text, save, time_limit_s), throw=False)


def transient(text: str, *save: str) -> Transient:
    result = simulate(Job("cell", "tt, 27 °C", text, save))
    assert isinstance(result, Transient)
    return result


# known answers


def test_rc_charges_with_its_time_constant() -> None:
    result = transient(rc())
    for multiple in (0.5, 1, 2, 4):
        assert result.at("out", multiple * TAU) == pytest.approx(V * (1 - np.exp(-multiple)), abs=1e-3 * V)
    assert result.time[0] == 0
    assert result.time[-1] == pytest.approx(200e-9)
    assert set(result.signals) == {"in", "out", "i(v1)"}


def test_charge_integrated_source_energy_is_heat_plus_stored_energy() -> None:
    result = transient(rc())
    current = -result["i(v1)"]
    supplied, heat = result.energy("in", current), result.energy(result["in"] - result["out"], current)
    assert result.integral(current) == pytest.approx(C * V, rel=1e-3)
    assert supplied == pytest.approx(C * V**2, rel=1e-3)
    assert heat == pytest.approx(C * V**2 / 2, rel=3e-3)
    assert supplied == pytest.approx(heat + C * V**2 / 2, rel=1e-3)


def test_simulator_and_its_analysis_time_are_reported() -> None:
    result = transient(rc(stop="5u"))
    version, _ = simulator()
    assert result.simulator == f"ngspice-{version}"
    assert result.analysis_time_s is not None
    assert 0.005 < result.analysis_time_s < 5


def test_dc_sweep_of_a_divider() -> None:
    result = run(deck("r1 in out 1k\nr2 out 0 3k", ".dc v1 0 2 0.25"), "out", "i(v1)")
    assert isinstance(result, Sweep)
    assert np.allclose(result.sweep, np.arange(0, 2.01, 0.25))
    assert np.allclose(result["out"], 0.75 * result.sweep, rtol=1e-6, atol=1e-9)
    assert np.allclose(result["i(v1)"], -result.sweep / 4e3, rtol=1e-6, atol=1e-12)


def test_nodes_and_devices_inside_a_subcircuit() -> None:
    body = ".subckt half a b\nr1 a p 1k\nr2 p b 1k\n.ends\nx1 in 0 half\nr9 in 0 500"
    result = transient(deck(body), "x1.p", "V(IN)", "@r9[i]")
    assert result["x1.p"] == pytest.approx(0.5)
    assert result["@r9[i]"] == pytest.approx(2e-3)
    assert list(result.signals) == ["x1.p", "in", "@r9[i]"]


def test_a_save_line_in_the_deck_does_not_hide_what_the_job_asks_for() -> None:
    result = transient(deck("r1 in out 1k\nr2 out 0 1k\n.save v(in)"), "out")
    assert result["out"] == pytest.approx(0.5)


def test_retries_of_the_operating_point_are_not_errors() -> None:
    # The floating node makes the matrix singular; gmin and source stepping fail loudly, then the run succeeds.
    result = run(deck("c1 in out 1p\nc2 out 0 1p"))
    assert (result.status, result.cause) == (RunStatus.OK, None)
    assert result["out"] == pytest.approx(0.5, abs=1e-3)


# failures


@pytest.mark.parametrize(
    ("text", "save", "failure", "cause"),
    [
        pytest.param(deck("m1 in in 0 0 nosuchmodel l=30n w=1u"), (), "rejected", "nosuchmodel", id="model"),
        pytest.param(deck("x1 in 0 nosuchcell"), (), "rejected", "nosuchcell", id="subcircuit"),
        pytest.param(POISONING, (), "rejected", "nowhere", id="parameter"),
        pytest.param(deck("b1 out 0 v=frobnicate(v(in))"), (), "rejected", "frobnicate", id="function"),
        pytest.param(deck("v2 in 0 2"), (), "no convergence", "singular matrix.*timestep too small", id="singular"),
        pytest.param(
            deck("r1 in 0 1k"), ("i(v2)", "in"), "no signal", r"no signal i\(v2\); there are: i\(v1\), in", id="signal"
        ),
        pytest.param(deck("r1 in 0 1k", ""), (), "deck", "exactly one analysis", id="no analysis"),
        pytest.param(
            deck("r1 in 0 1k", ".tran 1n 10n\n.dc v1 0 1 1"), (), "deck", "exactly one analysis", id="two analyses"
        ),
        pytest.param(deck("r1 in 0 1k\n.control\nrun\n.endc"), (), "deck", r"\.control", id="control"),
        pytest.param(
            rc(options=".options autostop\n.meas tran t when v(out)=0.4"),
            (),
            "incomplete",
            "ended at .* before the requested 2e-07",
            id="ends early",
        ),
        pytest.param(CRASHING, (), "crashed", "SIGSEGV", id="crash"),
        pytest.param("", (), "deck", "exactly one analysis", id="empty"),
    ],
)
def test_a_failed_run_says_why_and_leaves_the_next_alone(
    text: str, save: tuple[str, ...], failure: str, cause: str
) -> None:
    failed = run(text, *save)
    assert failed.status is RunStatus.FAILED
    assert failed.failure is Failure(failure)
    assert failed.signals == {}
    assert re.search(cause, str(failed.cause), re.IGNORECASE | re.DOTALL)
    with pytest.raises(SimulationError, match=f"(?is){cause}") as caught:
        simulate(Job("cell", "tt, 27 °C", text, save))
    assert pickle.loads(pickle.dumps(caught.value)).failure is Failure(failure)
    assert transient(rc(), "out").at("out", TAU) == pytest.approx(V * (1 - np.exp(-1)), abs=1e-3)


def test_error_carries_circuit_condition_and_the_saved_deck(deck_dir: Path) -> None:
    text = deck("x1 in 0 nosuchcell")
    with pytest.raises(SimulationError) as caught:
        simulate(Job("my cell", "ss/-40 °C", text))
    path = Path(str(caught.value.deck_path))
    assert (caught.value.circuit, caught.value.condition) == ("my cell", "ss/-40 °C")
    assert path.parent == deck_dir
    assert path.name.startswith("my_cell__ss_-40_C__")
    assert path.read_text() == text
    assert str(path) in str(caught.value)


def test_a_deck_folder_that_cannot_be_made_does_not_hide_the_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("IPCIRCUIT_DECK_DIR", str(tmp_path / "file" / "decks"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file"))
    assert run(deck("x1 in 0 nosuchcell")).deck_path is None


def test_a_run_that_takes_too_long_is_stopped_and_the_next_one_works() -> None:
    begun = time.monotonic()
    failed = run(ENDLESS, "out", time_limit_s=0.3)
    assert failed.failure is Failure.TIME_LIMIT
    assert "time limit of 0.3 s" in str(failed.cause)
    assert " at t = " in str(failed.cause)
    assert time.monotonic() - begun < 15
    assert run(rc(), "out").ok


def test_a_run_that_does_not_heed_the_halt_costs_only_its_worker() -> None:
    # A step in its own node's voltage has no operating point; ngspice then searches for one without end.
    failed = run(deck("r1 in out 1k\nc1 out 0 1p\nb1 out 0 i=v(out)>0.5 ? 1 : -1", ".tran 1n 100n"), time_limit_s=0.3)
    assert failed.cause == "time limit of 0.3 s of wall time reached"
    assert run(rc(), "out").ok


def test_interpolation_asked_for_in_one_deck_does_not_reach_the_next() -> None:
    plain = transient(rc(), "out")
    gridded = transient(rc(options=".options interp"), "out")
    assert np.diff(gridded.time) == pytest.approx(0.1e-9)
    assert np.diff(plain.time).min() < 0.01e-9
    assert np.array_equal(transient(rc(), "out").time, plain.time)


# many runs


def sweep_jobs() -> list[Job]:
    return [Job("rc", f"{ohm} ohm", rc(ohm), ("out",)) for ohm in range(500, 1700, 40)]


def test_results_keep_their_order_and_do_not_depend_on_the_number_of_workers() -> None:
    jobs = sweep_jobs()
    serial, parallel = simulate_all(jobs, n_jobs=1), simulate_all(jobs, n_jobs=2)
    for job, one, two in zip(jobs, serial, parallel, strict=True):
        assert one.condition == two.condition == job.condition
        assert isinstance(one, Transient)
        assert isinstance(two, Transient)
        assert np.array_equal(one.time, two.time)
        assert np.array_equal(one["out"], two["out"])
        ohm = float(job.condition.split()[0])
        assert one.at("out", TAU) == pytest.approx(V * (1 - np.exp(-R / ohm)), abs=2e-3)


def test_only_the_guilty_job_fails_when_the_library_crashes_or_is_poisoned() -> None:
    jobs = sweep_jobs()
    bad = {3: CRASHING, 4: CRASHING, 11: POISONING, 20: deck("x1 in 0 nosuchcell"), 29: CRASHING}
    mixed = [Job(job.circuit, job.condition, bad.get(i, job.deck), job.save) for i, job in enumerate(jobs)]
    results = simulate_all(mixed, n_jobs=2, throw=False)
    assert [i for i, result in enumerate(results) if not result.ok] == sorted(bad)
    assert [result.condition for result in results] == [job.condition for job in jobs]
    clean = simulate_all([job for i, job in enumerate(jobs) if i not in bad], n_jobs=1)
    survivors = [result for result in results if result.ok]
    assert all(np.array_equal(a["out"], b["out"]) for a, b in zip(survivors, clean, strict=True))
    with pytest.raises(SimulationError, match=r"SIGSEGV.*\(4 more of 30 runs failed\)"):
        simulate_all(mixed, n_jobs=2)


def test_progress_counts_up_to_the_total() -> None:
    seen: list[tuple[int, int]] = []
    simulate_all(sweep_jobs(), n_jobs=2, progress=lambda done, total: seen.append((done, total)))
    assert len(seen) > 5
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert seen[-1] == (30, 30)
    assert {total for _, total in seen} == {30}


def test_no_jobs_give_no_results_and_no_workers_are_refused() -> None:
    assert simulate_all([]) == []
    with pytest.raises(InputError, match="n_jobs"):
        simulate_all(sweep_jobs(), n_jobs=0)


def test_without_a_word_there_is_one_run_per_core() -> None:
    assert _parallelism(None)[1:] == (cpu_count(), cpu_count())
    with parallel_config(n_jobs=3):
        assert _parallelism(None)[1:] == (3, 3)
    assert _parallelism(2)[1:] == (2, 2)


def test_a_backend_configured_by_the_user_is_used() -> None:
    with parallel_config(backend="loky", n_jobs=3):
        assert _parallelism(None)[1:] == (None, 3)
    with parallel_config(backend="threading", n_jobs=2):
        assert _parallelism(None)[1:] == (2, 2)
    with parallel_config(backend="sequential"):
        assert [result.ok for result in simulate_all(sweep_jobs()[:3])] == [True, True, True]
