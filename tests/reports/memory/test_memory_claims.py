"""Claims A18-A20 from stored runs: verdicts of made-up runs, and the shipped file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ipcircuit.errors import InputError
from network.experiments.memory.memory import KEPT_OF, load_results, pack
from network.training.store import KEPT
from reports.memory import claims
from reports.section import Run


def record(task: str, model: str, scores: dict[str, Any], options: dict[str, Any], seed: int = 0, **model_options: Any):
    settings = {key: None for key in KEPT}
    made = {"task": task, "model": model, "seed": seed, "task_options": options, "model_options": model_options}
    return {**settings, **made, "scores": scores, "date": "2026-01-02T00:00:00+00:00", "versions": {"torch": "2"}}


def store(tmp_path, records):
    for index, made in enumerate(records):
        (tmp_path / str(index)).mkdir()
        (tmp_path / str(index) / "run.json").write_text(json.dumps({"version": 1, **made}))
    return Run(runs=tmp_path)


def n_back(model: str, curve: list[float], **options: Any):
    return [record("nback", model, {"PR": pr}, {"n": n}, **options) for n, pr in enumerate(curve, 1)]


@pytest.mark.parametrize(("curve", "verdict"), [([0.9, 0.5, 0.3, 0.1], True), ([0.9, 0.3, 0.5, 0.1], False)])
def test_falling_curve(tmp_path, curve, verdict):
    answer = claims.n_back(store(tmp_path, n_back("ipnet", curve)))["ipnet"]
    assert answer.value is verdict
    assert "stored runs, 2026-01-02" in answer.note


def test_networks_with_and_without_memory(tmp_path):
    runs = [*n_back("lstm", [1.0, 1.0, 0.99, 0.985]), *n_back("lif", [0.01, -0.04, 0.0, 0.02])]
    answers = claims.n_back(store(tmp_path, runs))
    assert answers["lstm"].value == pytest.approx(98.5)
    assert answers["lif"].value is True
    assert answers["ipnet"].value is None
    assert answers["placement"].value is None


def losses(pi: float, ri: float) -> dict[str, float]:
    return {"PI_relative": pi, "RI_relative": ri, "RI_points": 100 * ri, "accuracy_control": 1.0}


def test_interference_recency_and_placement(tmp_path):
    recall = {f"recency_delay{d}": r for d, r in ((0, 0.4), (3, 0.1), (10, 0.0))} | {"primacy_delay0": 0.0}
    run = store(
        tmp_path,
        [
            record("interference", "ipnet", losses(0.01, 0.17), {"similarity": "low"}),
            record("interference", "ipnet", losses(0.05, 0.3), {"similarity": "high"}),
            record("interference", "ipnet", losses(0.0, 0.02), {"similarity": "low", "cued": True}),
            record("recall", "ipnet", recall, {}),
            *n_back("ipnet", [0.9]),
            *n_back("ipnet", [0.4], placement="hidden"),
        ],
    )
    answers = {**claims.interference(run), **claims.recall(run), **claims.n_back(run)}
    for key in ("similar_items", "one_hot_items", "similarity", "recency", "delay", "placement"):
        assert answers[key].value is True, key
    assert answers["similar_items_8"].value is None
    assert answers["uncued"].value == pytest.approx(17.0)
    assert answers["cued"].value == pytest.approx(2.0)
    assert "without the cue 17 points" in answers["cued"].note


def test_what_the_reasons_say_of_a_run_is_computed_from_it(tmp_path):
    """Losses early in training, and the kind of interference that similar items do not raise."""
    history = [{"step": 500, "PI_points": 7.1, "RI_points": 41.8}, {"step": 3000, "PI_points": 0.0, "RI_points": 0.0}]
    low = record("interference", "ipnet", losses(0.01, 0.03), {"similarity": "low"})
    high = record("interference", "ipnet", losses(0.04, 0.02), {"similarity": "high"}) | {"history": history}
    answers = claims.interference(store(tmp_path, [low, high]))
    assert answers["similar_items"].value is False
    assert "after 500 batches of training 42 points retroactively, 7 proactively" in answers["similar_items"].note
    assert answers["similarity"].value is False
    assert "proactively yes, retroactively no" in answers["similarity"].note


def test_seeds_whose_intervals_overlap_decide_nothing(tmp_path):
    def runs(similarity, pi, ri):
        return [
            record("interference", "ipnet", losses(p, r), {"similarity": similarity}, seed)
            for seed, (p, r) in enumerate(zip(pi, ri, strict=True))
        ]

    run = store(tmp_path, runs("low", (0.00, 0.04), (0.01, 0.05)) + runs("high", (0.04, 0.05), (0.40, 0.41)))
    answers = claims.interference(run)
    assert answers["one_hot_items"].value is False
    answer = answers["similar_items"]
    assert answer.value is True
    half = 12.706 * 0.5  # Student's t of two values, times their standard error: half of their distance
    assert f"RI 40.5 ({40.5 - half:.1f} to {40.5 + half:.1f}) %" in answer.note


def test_shipped_runs_say_what_made_them():
    stored = load_results()
    assert stored.records
    for shipped in stored.records:
        assert set(shipped) == {*KEPT, *KEPT_OF.get(shipped["task"], ())}
        assert shipped["command"].startswith(("train ", "study memory"))
        assert shipped["date"]
        assert shipped["versions"]["torch"]
    assert "stored runs" in stored.origin


def test_folder_of_runs(tmp_path):
    with pytest.raises(InputError, match="no runs"):
        load_results(tmp_path)
    store(tmp_path, n_back("ipnet", [0.5]))
    assert json.loads(pack(tmp_path))[0]["scores"] == {"PR": 0.5}
