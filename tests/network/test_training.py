"""The training loop: it learns, stops, goes on where it stopped, and refuses what is not its own."""

import json

import pytest
import torch

from ipcircuit.errors import InputError
from ipcircuit.families import MODELS
from network.data.gestures import generate
from network.models.model import default_model
from network.neurons.thermal_mtj.neurons import MtjLayer
from network.tasks.frames import Digits, Epochs, Gestures, batches_per_epoch
from network.tasks.memory import NBack
from network.training.checkpoint import load_checkpoint
from network.training.loop import initialised, train, warm_up
from network.training.outputs import EVALUATION_SEED, respond
from network.training.settings import Identity, Settings
from network.training.store import RunStore, read_record

TASK = NBack(1, items=6)
OPTIONS = {"device": "liu2025", "neurons": 4, "hidden_neurons": 4}
IDENTITY = Identity("nback", "ipnet", 3, TASK.settings(), OPTIONS)
SETTINGS = Settings(steps=6, batch=8, evaluate_every=2, trials=60)


def build():
    return initialised(MODELS.load("ipnet").builder(TASK, OPTIONS), IDENTITY.seed)


class StoppedError(Exception):
    """Stands for a run that is killed."""


def stopped_at(step):
    def stop(done, total):
        if done == step:
            raise StoppedError

    return stop


def interrupted(checkpoint, at=4):
    with pytest.raises(StoppedError):
        train(TASK, build(), IDENTITY, SETTINGS, checkpoint=checkpoint, progress=stopped_at(at))


def test_interrupted_run_gives_the_numbers_of_one_that_was_not(tmp_path):
    checkpoint = RunStore(tmp_path).checkpoint(IDENTITY)
    interrupted(checkpoint, at=5)
    assert load_checkpoint(checkpoint).step == 4
    resumed = train(TASK, build(), IDENTITY, SETTINGS, checkpoint=checkpoint)
    whole = train(TASK, build(), IDENTITY, SETTINGS)
    assert resumed.history == whole.history
    for a, b in zip(resumed.model.parameters(), whole.model.parameters(), strict=True):
        assert torch.equal(a, b)


def test_answers_tell_how_many_samples_are_done():
    calls = []
    answers, batch = respond(TASK, build(), 700, EVALUATION_SEED, lambda done, total: calls.append((done, total)))
    assert calls == sorted(calls)
    assert calls[-1] == (len(batch.targets), 700)
    silent, _ = respond(TASK, build(), 700, EVALUATION_SEED)
    assert torch.equal(answers, silent)


def test_other_random_numbers_and_sampled_spikes_are_left_alone():
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    train(TASK, build(), IDENTITY, Settings(steps=1, batch=4, trials=60))
    assert torch.equal(torch.rand(1), expected)
    expected = Settings(steps=2, batch=8, evaluate_every=2, trials=60, expected_share=1.0)
    run = train(TASK, build(), IDENTITY, expected)
    assert all(layer.sampled for layer in run.model.modules() if isinstance(layer, MtjLayer))
    noisy = train(TASK, build(), IDENTITY, Settings(steps=2, batch=8, evaluate_every=2, trials=60))
    assert run.history[0]["loss"] != noisy.history[0]["loss"]


def test_an_epoch_that_was_interrupted_goes_on_with_its_remaining_samples(tmp_path):
    """48 scenes in batches of 10: the checkpoint after three batches lies within the first pass; cosine schedule."""
    task = Gestures(train=48, test=12, scene_seed=1)
    settings = Settings(8, 10, 0.01, None, 3, 12, schedule="cosine", weight_decay=1e-4)
    identity = Identity("gestures", "signed_device", 2)

    def network():
        return initialised(MODELS.load("signed_device").builder(task, {"width": 4}), 2)

    checkpoint = tmp_path / "checkpoint.pt"
    with pytest.raises(StoppedError):
        train(task, network(), identity, settings, checkpoint=checkpoint, progress=stopped_at(4))
    assert len(load_checkpoint(checkpoint).random["remaining"]) == 18
    resumed = train(task, network(), identity, settings, checkpoint=checkpoint)
    whole = train(task, network(), identity, settings)
    assert resumed.history == whole.history
    assert len(whole.losses) == 8


def test_every_pass_takes_every_sample_once_but_a_last_single_one():
    samples = generate(21, 0)
    batches = Epochs(samples, 8, 10, torch.Generator().manual_seed(0))
    sizes = [len(next(batches).targets) for _ in range(4)]
    assert sizes == [10, 10, 10, 10]
    assert batches_per_epoch(21, 10) == 2
    assert [batches_per_epoch(n, 10) for n in (1, 20, 22)] == [1, 2, 3]


def test_files_with_former_names_still_load(tmp_path):
    """As written before settings got plain names: a checkpoint goes on, a run is taken from the store."""
    store = RunStore(tmp_path)
    path = store.checkpoint(IDENTITY)
    interrupted(path, at=5)
    content = torch.load(path, weights_only=True)
    content["stale"] = content.pop("evaluations_without_gain")
    for new, old in (("expected_share", "quiet"), ("target_score", "good_enough")):
        content["settings"][old] = content["settings"].pop(new)
    for name in ("schedule", "weight_decay"):  # there was one schedule
        del content["settings"][name]
    for group in content["optimizer"]["param_groups"]:
        del group["initial_lr"]
        group["lr"] = 0.0  # that of the step before
    torch.save(content, path)
    resumed = train(TASK, build(), IDENTITY, SETTINGS, checkpoint=path)
    assert resumed.history == train(TASK, build(), IDENTITY, SETTINGS).history
    record = json.loads(store.write(IDENTITY, SETTINGS, resumed, {}).read_text())
    record["settings"] = content["settings"]
    (path.parent / "run.json").write_text(json.dumps(record))
    stored = store.finished(IDENTITY, SETTINGS)
    assert stored["settings"] == SETTINGS.to_json()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"model": "ablated"}, "another model"),
        ({"seed": 4}, "another seed"),
        ({"task_options": {"n": 2}}, "task options"),
    ],
)
def test_checkpoint_of_another_run_is_refused_and_kept(tmp_path, change, problem):
    checkpoint = tmp_path / "checkpoint.pt"
    interrupted(checkpoint)
    before = checkpoint.read_bytes()
    other = Identity(**{**IDENTITY.to_json(), **change})
    with pytest.raises(InputError, match=problem):
        train(TASK, build(), other, SETTINGS, checkpoint=checkpoint)
    with pytest.raises(InputError, match="another learning_rate"):
        train(TASK, build(), IDENTITY, Settings(6, 8, 0.5, evaluate_every=2, trials=60), checkpoint=checkpoint)
    assert checkpoint.read_bytes() == before


def test_checkpoint_of_another_version_or_cut_short(tmp_path):
    path = tmp_path / "checkpoint.pt"
    torch.save({"format": 0}, path)
    with pytest.raises(InputError, match="another version"):
        load_checkpoint(path)
    interrupted(tmp_path / "sound.pt")
    path.write_bytes((tmp_path / "sound.pt").read_bytes()[:-2000])
    with pytest.raises(InputError, match="cut short"):
        load_checkpoint(path)
    raw = bytearray((tmp_path / "sound.pt").read_bytes())
    raw[len(raw) // 2] ^= 1  # one bit of a weight
    path.write_bytes(raw)
    with pytest.raises(InputError, match="damaged checkpoint: a checksum is wrong"):
        load_checkpoint(path)
    raw[:] = raw.replace(b"identity", b"iden\xff\xfety")
    path.write_bytes(raw)
    with pytest.raises(InputError, match="not a checkpoint, or cut short"):
        load_checkpoint(path)
    content = torch.load(tmp_path / "sound.pt", weights_only=True)
    torch.save({**content, "settings": 3}, path)
    with pytest.raises(InputError, match="settings: not a table"):
        load_checkpoint(path)
    for content in ([1], {"format": "1"}):
        torch.save(content, path)
        with pytest.raises(InputError, match="not a checkpoint of ipcircuit"):
            load_checkpoint(path)
    with pytest.raises(InputError, match="no such checkpoint"):
        load_checkpoint(tmp_path / "none.pt")


def test_early_stopping_divergence_and_settings_of_a_model():
    stops = Settings(steps=50, batch=8, evaluate_every=1, trials=60, learning_rate=1e-9, patience=2)
    assert train(TASK, build(), IDENTITY, stops).step <= 10  # nothing improves but by the chance of a few trials
    enough = Settings(steps=50, batch=8, evaluate_every=1, trials=60, target_score=-1.0)
    assert train(TASK, build(), IDENTITY, enough).step == 1
    assert [warm_up(progress) for progress in (0.0, 0.1, 1.0)] == pytest.approx([0.1, 1.0, 0.0])

    class Broken(NBack):
        def loss(self, outputs, batch):
            return super().loss(outputs, batch) * float("nan")

    with pytest.raises(InputError, match=r"no number: training diverged.*learning rate"):
        train(Broken(1, items=6), build(), IDENTITY, SETTINGS)
    ipnet = MODELS.load("ipnet")
    assert ipnet.settings("nback", quick=True).steps == 2000
    recall = ipnet.settings("recall", quick=True, steps=3)
    assert (recall.steps, recall.evaluate_every, recall.expected_share) == (3, 100, 0.0)
    assert ipnet.settings("interference", quick=False).batch == 128


def test_store_keeps_what_made_a_run(tmp_path):
    store = RunStore(tmp_path)
    training = train(TASK, build(), IDENTITY, SETTINGS, checkpoint=store.checkpoint(IDENTITY))
    path = store.write(IDENTITY, SETTINGS, training, {"command": "test"})
    (record,) = store.runs("nback", "ipnet")
    assert record["scores"]["PR"] == training.scores["PR"]
    assert record["settings"]["steps"] == 6
    assert record["versions"]["torch"] == torch.__version__
    assert store.runs("nback", "lstm") == []
    path.write_text(json.dumps({"version": 1, **{k: v for k, v in record.items() if k != "scores"}, "seed": "3"}))
    with pytest.raises(InputError, match=r"run\.json.*(seed|scores)"):
        read_record(path)
    path.write_text(json.dumps({"version": 99}))
    with pytest.raises(InputError, match="another version"):
        read_record(path)


def test_the_default_model_is_of_the_tasks_family():
    assert [default_model(task) for task in ("nback", "digits", "gesture")] == ["ipnet", "signed_ideal", "ipnet18"]
    with pytest.raises(InputError, match="unknown task"):
        default_model("digit")


def test_bad_settings_models_and_options():
    for field in [{"steps": 0}, {"batch": 1.5}, {"learning_rate": 0.0}, {"patience": 0}, {"expected_share": 2.0}]:
        with pytest.raises(InputError):
            Settings(**field)
    with pytest.raises(InputError, match="unknown model"):
        MODELS.load("rnn").builder(TASK)
    with pytest.raises(InputError, match="no such option"):
        MODELS.load("lstm").builder(TASK, {"neurons": 2})
    with pytest.raises(InputError, match=r"lstm: does not take the frames.*allowed: .*signed_ideal, signed_device"):
        MODELS.load("lstm").builder(Digits())
    with pytest.raises(InputError, match="test_share"):
        Digits(test_share=1.0)
    with pytest.raises(InputError, match="train"):
        Gestures(train=0)
