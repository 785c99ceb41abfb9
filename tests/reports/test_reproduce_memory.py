"""Claims A18-A20 from stored runs: verdicts of made-up runs, and the shipped file."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from ipcircuit.errors import InputError
from network.experiments.memory.stored import KEPT, KEPT_OF, load_results, pack
from reports.memory import reproduce_memory as claims


def record(task: str, model: str, scores: dict[str, Any], options: dict[str, Any], seed: int = 0, **model_options: Any):
    settings = {key: None for key in KEPT}
    made = {"task": task, "model": model, "seed": seed, "task_options": options, "model_options": model_options}
    return {**settings, **made, "scores": scores, "date": "2026-01-02T00:00:00+00:00", "versions": {"torch": "2"}}


def store(tmp_path, records):
    for index, made in enumerate(records):
        (tmp_path / str(index)).mkdir()
        (tmp_path / str(index) / "run.json").write_text(json.dumps({"version": 1, **made}))
    return SimpleNamespace(runs=tmp_path)


def n_back(model: str, curve: list[float], **options: Any):
    return [record("nback", model, {"PR": pr}, {"n": n}, **options) for n, pr in enumerate(curve, 1)]


@pytest.mark.parametrize(("curve", "verdict"), [([0.9, 0.5, 0.3, 0.1], True), ([0.9, 0.3, 0.5, 0.1], False)])
def test_falling_curve(tmp_path, curve, verdict):
    answer = claims.a18_ipnet(store(tmp_path, n_back("ipnet", curve)))
    assert answer.value is verdict
    assert "stored runs, 2026-01-02" in answer.note


def test_networks_with_and_without_memory(tmp_path):
    runs = [*n_back("lstm", [1.0, 1.0, 0.99, 0.985]), *n_back("lif", [0.01, -0.04, 0.0, 0.02])]
    context = store(tmp_path, runs)
    assert claims.a18_lstm(context).value == pytest.approx(98.5)
    assert claims.a18_lif(context).value is True
    assert claims.a18_ipnet(context).value is None


def test_interference_recency_and_placement(tmp_path):
    def losses(pi: float, ri: float) -> dict[str, float]:
        return {"PI_relative": pi, "RI_relative": ri, "RI_points": 100 * ri, "accuracy_control": 1.0}

    recall = {f"recency_delay{d}": r for d, r in ((0, 0.4), (3, 0.1), (10, 0.0))} | {"primacy_delay0": 0.0}
    context = store(
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
    for claim in (
        "a19_similar_items",
        "a19_one_hot_items",
        "a19_similarity",
        "a19_recency",
        "a19_delay",
        "a20_placement",
    ):
        assert getattr(claims, claim)(context).value is True, claim
    assert claims.a19_similar_items_8(context).value is None
    assert claims.a19_uncued(context).value == pytest.approx(17.0)
    assert claims.a19_cued(context).value == pytest.approx(2.0)


def test_seeds_whose_intervals_overlap_decide_nothing(tmp_path):
    def runs(similarity, pi, ri):
        return [
            record("interference", "ipnet", {"PI_relative": p, "RI_relative": r}, {"similarity": similarity}, seed)
            for seed, (p, r) in enumerate(zip(pi, ri, strict=True))
        ]

    context = store(tmp_path, runs("low", (0.00, 0.04), (0.01, 0.05)) + runs("high", (0.04, 0.05), (0.40, 0.41)))
    assert claims.a19_one_hot_items(context).value is False
    answer = claims.a19_similar_items(context)
    assert answer.value is True
    half = 12.706 * 0.5  # Student's t of two values, times their standard error: half of their distance
    assert f"RI 40.5 ({40.5 - half:.1f} to {40.5 + half:.1f}) %" in answer.note


def test_shipped_runs_say_what_made_them():
    found = load_results()
    assert found.records
    for shipped in found.records:
        assert set(shipped) == {*KEPT, *KEPT_OF.get(shipped["task"], ())}
        assert shipped["command"].startswith(("train ", "study memory"))
        assert shipped["date"]
        assert shipped["versions"]["torch"]
    assert "stored runs" in found.origin


def test_folder_of_runs(tmp_path):
    with pytest.raises(InputError, match="no runs"):
        load_results(tmp_path)
    store(tmp_path, n_back("ipnet", [0.5]))
    assert json.loads(pack(tmp_path))[0]["scores"] == {"PR": 0.5}
