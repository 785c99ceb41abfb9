"""Training within the machine's means: narrow products, compiled passes, too little memory, a kill."""

import math
from dataclasses import replace

import pytest
import torch

from ipcircuit.cli import main as cli
from ipcircuit.errors import InputError, MissingDependencyError
from network.neurons.stepping import SteppedLayer
from network.neurons.thermal_mtj.neurons import Drive
from network.tasks.gesture import Gesture
from network.tasks.task import Batch
from network.training import loop
from network.training import outputs as answering
from network.training.checkpoint import load_checkpoint
from network.training.experiment import Run, evaluate_checkpoint, load_model, perform
from network.training.loop import initialised, train
from network.training.outputs import outputs
from network.training.settings import Identity, Settings, read_settings
from network.training.store import RunStore

TASK = Gesture(train=16, test=6, steps=4, pixels=8)
OPTIONS = {"width": 1 / 32, "depth": 10, "device": "liu2025"}
IDENTITY = Identity("gesture", "ipnet18", 1, TASK.settings(), OPTIONS)
SETTINGS = Settings(4, 8, 0.01, evaluate_every=2, trials=6)


def _network() -> torch.nn.Module:
    return initialised(load_model("ipnet18").builder(TASK, OPTIONS), 1)


def test_bf16_narrows_products_alone():
    seen = {"sums": set(), "volts": set()}
    model = _network()
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(lambda m, x, y: seen["sums"].add((m.training, y.dtype)))
        if isinstance(module, Drive):
            module.register_forward_hook(lambda m, x, y: seen["volts"].add(y.dtype))
    narrow = train(TASK, model, IDENTITY, replace(SETTINGS, precision="bf16"))
    assert seen["sums"] == {(True, torch.bfloat16), (False, torch.float32)}
    assert seen["volts"] == {torch.float32}
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    whole = train(TASK, _network(), IDENTITY, SETTINGS)
    assert narrow.losses[0] == pytest.approx(whole.losses[0], rel=0.2)
    assert narrow.losses[0] != whole.losses[0]
    assert all(math.isfinite(loss) for loss in narrow.losses)


def test_precision_is_part_of_a_run_and_compiled_is_not(tmp_path):
    checkpoint = tmp_path / "checkpoint.pt"
    training = train(TASK, _network(), IDENTITY, SETTINGS, checkpoint=checkpoint)
    saved = load_checkpoint(checkpoint)
    saved.check(IDENTITY, replace(SETTINGS, compiled=True), "here")
    with pytest.raises(InputError, match="another precision; found 'fp32'; allowed: 'bf16'"):
        saved.check(IDENTITY, replace(SETTINGS, precision="bf16"), "here")
    store = RunStore(tmp_path)
    store.write(IDENTITY, SETTINGS, training, {})
    assert store.finished(IDENTITY, replace(SETTINGS, compiled=True)) is not None
    assert store.finished(IDENTITY, replace(SETTINGS, precision="bf16")) is None
    old = {name: value for name, value in SETTINGS.to_json().items() if name not in ("precision", "compiled")}
    assert read_settings(old, "a file of before") == SETTINGS
    with pytest.raises(InputError, match="precision"):
        read_settings({**old, "precision": "fp16"}, "a file")
    assert SETTINGS.altered(batch=3, precision=None) == replace(SETTINGS, batch=3)


def test_compiled_passes_train_as_others_do_and_leave_the_model_as_it_was(monkeypatch):
    """With a compiler that gives the function back: which layers it may not see, and what is left of it."""
    seen = []

    def compiler(function, **_):
        if isinstance(function, torch.nn.Module):
            seen.extend("forward" in vars(m) for m in function.modules() if isinstance(m, SteppedLayer))
        return function

    monkeypatch.setattr(torch, "compile", compiler)
    monkeypatch.setattr(torch.compiler, "disable", lambda function: lambda *x: function(*x))
    model = _network()
    compiled = train(TASK, model, IDENTITY, replace(SETTINGS, compiled=True))
    assert seen
    assert all(seen)
    assert not any("forward" in vars(m) for m in model.modules())
    assert compiled.history == train(TASK, _network(), IDENTITY, SETTINGS).history


def test_without_a_compiler_nothing_is_trained(tmp_path, monkeypatch, capsys):
    def fails(function):
        raise RuntimeError("no working C++ compiler")

    monkeypatch.setattr(torch, "compile", fails)
    with pytest.raises(MissingDependencyError, match=r"--compile: .*needs a C\+\+ compiler.*without --compile"):
        train(TASK, _network(), IDENTITY, replace(SETTINGS, compiled=True), checkpoint=tmp_path / "checkpoint.pt")
    assert not (tmp_path / "checkpoint.pt").exists()
    line = ["train", "nback", "--option", "device=liu2025", "--steps", "1", "--compile", "-o", str(tmp_path)]
    assert cli.main(line) == 2
    assert "--compile" in capsys.readouterr().err
    assert not list(tmp_path.rglob("checkpoint.pt"))


def test_a_network_that_cannot_be_compiled_is_refused_by_the_options_name(tmp_path, monkeypatch):
    class InductorError(RuntimeError):
        __module__ = "torch._inductor.exc"

    def fails(*_):
        raise InductorError("cannot determine truth value")

    monkeypatch.setattr(torch, "compile", lambda f, **_: fails if isinstance(f, torch.nn.Module) else f)
    monkeypatch.setattr(torch.compiler, "disable", lambda function: lambda *x: function(*x))
    model = _network()
    with pytest.raises(InputError, match=r"--compile: .* fails on this network"):
        train(TASK, model, IDENTITY, replace(SETTINGS, compiled=True), checkpoint=tmp_path / "checkpoint.pt")
    assert not any("forward" in vars(m) for m in model.modules())
    assert not (tmp_path / "checkpoint.pt").exists()


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory: you tried to"),
    ],
)
def test_too_little_memory_says_what_to_lower_and_keeps_the_checkpoint(tmp_path, monkeypatch, error):
    store, calls = RunStore(tmp_path), []
    run = Run("gesture", "ipnet18", SETTINGS, 1, {"train": 16, "test": 6, "steps": 4, "pixels": 8}, OPTIONS)
    path = store.checkpoint(run.identity)
    step = loop._Run.step

    def short(self):
        calls.append(1)
        if len(calls) == 4:
            raise error
        step(self)

    monkeypatch.setattr(loop._Run, "step", short)
    sizes = "batch 8, steps 4, pixels 8, width 0.03125, depth 10, neurons 8, static_neurons 1"
    message = rf"out of memory after step 3 \(the checkpoint of step 2 is kept\); lower one of: {sizes}"
    with pytest.raises(InputError, match=message):
        perform(run, store)
    assert load_checkpoint(path).step == 2
    assert not (path.parent / "run.json").exists()
    record = perform(run, store)  # memory suffices again
    assert record["scores"] == train(TASK.seeded(1), _network(), run.identity, SETTINGS).scores
    with monkeypatch.context() as patch:
        patch.setattr("network.training.experiment.respond", lambda *_: (_ for _ in ()).throw(error))
        with pytest.raises(InputError, match=r"out of memory; lower one of: steps 4, pixels 8"):
            evaluate_checkpoint(str(path))


def test_other_errors_pass_unchanged(monkeypatch):
    def broken(self):
        raise RuntimeError("shapes cannot be multiplied")

    monkeypatch.setattr(loop._Run, "step", broken)
    with pytest.raises(RuntimeError, match="multiplied"):
        train(TASK, _network(), IDENTITY, SETTINGS)


def test_evaluations_are_divided_by_numbers_not_by_samples(monkeypatch):
    seen: list[int] = []

    class Counting(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            seen.append(x.shape[1])
            return x.sum((0, 2))[:, None]

    frames = torch.rand((5, 7, 4), generator=torch.Generator().manual_seed(0))
    batch = Batch(frames, torch.arange(7), {"sample": torch.arange(7)})
    for most, sizes in ((5 * 4 * 3, [3, 3, 1]), (1, [1] * 7), (10**6, [7])):
        seen.clear()
        monkeypatch.setattr(answering, "MOST_VALUES", most)
        answers, targets = outputs(Counting(), [batch])
        assert seen == sizes
        torch.testing.assert_close(answers, frames.sum((0, 2))[:, None])
        assert targets.targets.tolist() == targets.info["sample"].tolist() == list(range(7))
        assert targets.inputs.shape == (5, 0, 4)


def test_an_interrupted_event_network_ends_with_the_numbers_of_one_that_was_not(tmp_path):
    """The running normalisation and what is left of the pass are in the checkpoint."""
    checkpoint = tmp_path / "checkpoint.pt"

    def stop(done, total):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(TASK, _network(), IDENTITY, SETTINGS, checkpoint=checkpoint, progress=stop)
    assert load_checkpoint(checkpoint).step == 2
    resumed = train(TASK, _network(), IDENTITY, SETTINGS, checkpoint=checkpoint)
    whole = train(TASK, _network(), IDENTITY, SETTINGS)
    assert resumed.history == whole.history
    states = resumed.model.state_dict(), whole.model.state_dict()
    assert any("mean_square" in name for name in states[0])
    for name, value in states[0].items():
        assert torch.equal(value, states[1][name]), name
