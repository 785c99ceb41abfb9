"""The working-memory tasks: what is drawn, what is scored, by hand-made answers."""

import pytest
import torch

from ipcircuit.errors import InputError
from ipcircuit.families import MODELS
from network.models.ipnet import PulseEncoding
from network.tasks.memory import CONDITIONS, FreeRecall, Interference, NBack, block_codes, block_images
from network.tasks.task import ITEM, READ


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_codes_are_different_patterns_of_four_in_nine():
    codes = block_codes(50, generator())
    assert codes.sum(1).unique().tolist() == [4.0]
    assert len({tuple(row) for row in codes.tolist()}) == 50
    image = block_images(codes[:1], 5).reshape(15, 15)
    assert image.sum() == 100
    assert torch.equal(image[::5, ::5].flatten(), codes[0])
    with pytest.raises(InputError, match="126"):
        block_codes(127, generator())
    for task in (NBack(2), FreeRecall(), Interference("high")):
        first, again, other = (task.batch(5, generator(s)) for s in (1, 1, 2))
        assert torch.equal(first.inputs, again.inputs)
        assert not torch.equal(first.inputs, other.inputs)


@pytest.mark.parametrize("n", [1, 2, 4])
def test_n_back_targets_follow_the_letters(n):
    task = NBack(n)
    batch = task.batch(200, generator())
    assert batch.inputs.shape == (20, 200, 225)
    assert set(batch.inputs.unique().tolist()) == {0.0, ITEM}
    letters = batch.info["letters"]
    for t in range(n, 20):
        assert torch.equal(batch.targets[:, t] == 1, letters[:, t] == letters[:, t - n])
        # the pictures agree with the letters: equal letters are equal inputs
        same = (batch.inputs[t] == batch.inputs[t - n]).all(1)
        assert torch.equal(same, batch.targets[:, t] == 1)
    assert (batch.targets[:, :n] == -1).all()
    share = (batch.targets[:, n:] == 1).float().mean().item()
    assert share == pytest.approx(1 / 8, abs=4.5 * (0.11 / (200 * (20 - n))) ** 0.5)


def test_n_back_score_of_known_answers():
    task = NBack(1)
    batch = task.batch(300, generator())
    right = torch.nn.functional.one_hot(batch.targets.T.clamp(min=0), 2).float()
    assert task.scores(right, batch)["PR"] == pytest.approx(1.0)
    assert task.scores(1 - right, batch)["PR"] == pytest.approx(-1.0)
    always = torch.zeros((20, 300, 2))
    always[..., 1] = 1.0
    assert task.scores(always, batch) == {"PR": 0.0, "true_positive_rate": 1.0, "false_positive_rate": 1.0}
    flat = task.loss(torch.zeros((20, 300, 2)), batch)
    assert flat.item() == pytest.approx(0.6931, abs=1e-4)  # ln 2, whatever the weights


def test_free_recall_shows_15_items_waits_and_reads():
    task = FreeRecall()
    batch = task.batch(60, generator())
    assert batch.inputs.shape == (26, 60, 225)
    assert (batch.inputs[-1] == READ).all()
    assert batch.targets.sum(1).unique().tolist() == [15.0]
    for trial in range(60):
        delay, shown = int(batch.info["delay"][trial]), batch.inputs[:-1, trial].sum(1) > 0
        expected = [False] * (10 - delay) + [True] * 15 + [False] * delay
        assert shown.tolist() == expected
        items = task.images[batch.info["order"][trial]]
        assert torch.equal(batch.inputs[10 - delay : 25 - delay, trial], items)


def test_free_recall_scores_of_a_network_that_knows_the_last_three():
    task = FreeRecall(delays=(0,))
    batch = task.batch(400, generator())
    answer = 0.01 * torch.rand((16, 400, 50), generator=generator())
    answer[-1].scatter_(1, batch.info["order"][:, -3:], 1.0)
    scores = task.scores(answer, batch)
    position = scores["position_delay0"]
    assert position[-3:] == [1.0, 1.0, 1.0]
    assert sum(position[:12]) / 12 == pytest.approx(12 / 47, abs=0.03)  # the other 12 answers are guesses among 47
    assert scores["recency_delay0"] == pytest.approx(1 - 12 / 47, abs=0.05)
    assert abs(scores["primacy_delay0"]) < 0.06


@pytest.mark.parametrize("readout", ["after", "during"])
@pytest.mark.parametrize("similarity", ["low", "high"])
def test_interference_trials(similarity, readout):
    task = Interference(similarity, readout=readout)
    batch = task.batch(300, generator())
    condition, target = batch.info["condition"], batch.info["target"]
    assert batch.inputs.shape == (3 if readout == "during" else 4, 300, 900)
    assert torch.equal(batch.inputs[1], task.images[target])
    assert torch.equal(batch.inputs[0].sum(1) > 0, condition == CONDITIONS.index("proactive"))
    late = (batch.inputs[2] == ITEM).any(1)
    assert torch.equal(late, condition == CONDITIONS.index("retroactive"))
    assert ((batch.inputs[-1] == READ) | (batch.inputs[-1] == ITEM)).all()
    assert torch.equal((batch.targets > 0).sum(1) == 1, condition == 0)
    torch.testing.assert_close(batch.targets.sum(1), torch.ones(300))
    overlap = (task.images @ task.images.T).fill_diagonal_(0)
    assert (overlap.max() == 0) == (similarity == "low")


def test_cue_reads_the_row_of_the_target_only():
    task = Interference("low", cued=True)
    batch = task.batch(50, generator())
    cells = (batch.inputs[-1] == READ).reshape(50, 5, 10, 18)
    for trial in range(50):
        row = int(batch.info["target"][trial]) // 10
        assert cells[trial, row].all()
        assert cells[trial].sum() == 180
    with pytest.raises(InputError, match="one-hot"):
        Interference("high", cued=True)


def test_interference_scores_of_known_answers():
    task = Interference("low")
    batch = task.batch(600, generator())
    last = torch.zeros((4, 600, 50))
    last[-1] = batch.targets
    perfect = task.scores(last, batch)
    assert perfect["accuracy"] == 1.0
    assert perfect["RI_points"] == perfect["PI_points"] == 0.0
    retro = batch.info["condition"] == CONDITIONS.index("retroactive")
    last[-1, retro] = 1.0
    last[-1, retro, batch.info["target"][retro]] = 0.0  # everything but the target
    scores = task.scores(last, batch)
    assert scores["RI_points"] == pytest.approx(100.0)
    assert scores["RI_relative"] == pytest.approx(1.0)
    assert scores["PI_points"] == 0.0


def test_pulses_and_bad_tasks():
    x = torch.tensor([[[0.0, READ, ITEM]]])
    assert PulseEncoding(0.85, 0.83)(x).tolist() == [[[0.0, pytest.approx(0.83), pytest.approx(0.85)]]]
    with pytest.raises(InputError, match="item, read-out or idle"):
        PulseEncoding()(x + 0.1)
    for make in [
        lambda: NBack(0),
        lambda: NBack(20),
        lambda: FreeRecall(delays=()),
        lambda: FreeRecall(items=51),
        lambda: Interference("middle"),
        lambda: Interference(readout="before"),
    ]:
        with pytest.raises(InputError):
            make()


@pytest.mark.parametrize("model", ["ipnet", "ablated", "lstm", "lif"])
@pytest.mark.parametrize("task", [NBack(1, items=3), FreeRecall(delays=(0,), items=3), Interference()])
def test_every_model_runs_every_task(model, task):
    options = {} if model == "lstm" else {"device": "liu2025", "hidden_neurons": 2}
    batch = task.batch(4, generator())
    outputs = MODELS.load(model).builder(task, options)()(batch.inputs)
    assert outputs.shape == (len(batch.inputs), 4, task.outputs)
    task.loss(outputs, batch).backward()
