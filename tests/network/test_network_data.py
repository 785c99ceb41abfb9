"""Data sets: embedded ones repeat and have their symmetries; loaders read the published formats, name what is wrong."""

import hashlib
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from ipcircuit.errors import InputError
from network.data import cifar10
from network.data.cifar10 import crop_and_flip, load_cifar10
from network.data.folder import PublishedSet
from network.data.gestures import CLASSES, REVERSED, GestureSettings, generate
from network.data.samples import Samples, shuffled_split


def test_digits_are_all_there_and_split_without_overlap() -> None:
    from network.data.samples import load_digits

    digits = load_digits()
    assert tuple(digits.values.shape) == (1797, 1, 8, 8)
    assert (float(digits.values.min()), float(digits.values.max())) == (0.0, 1.0)
    assert torch.bincount(digits.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]  # UCI's counts
    numbered = Samples(torch.arange(1797.0).reshape(-1, 1, 1, 1), digits.labels, digits.classes, "numbers")
    split, again = shuffled_split(numbered, 0.25, 3), shuffled_split(numbered, 0.25, 3)
    both = torch.cat([split.train.values, split.test.values]).flatten()
    assert torch.equal(both.sort().values, torch.arange(1797.0))
    assert (len(split.test), torch.equal(split.test.values, again.test.values)) == (449, True)
    assert not torch.equal(split.test.values, shuffled_split(numbered, 0.25, 4).test.values)


def test_gestures_repeat_and_reversed_are_the_opposite_class() -> None:
    one, two, other = generate(60, 5), generate(60, 5), generate(60, 6)
    assert torch.equal(one.values, two.values)
    assert not torch.equal(one.values, other.values)
    assert torch.bincount(one.labels).tolist() == [10] * 6
    assert (one.values.dtype, one.timed) == (torch.uint8, True)
    many = generate(300, 5)  # more than one chunk
    assert len(many) == 300
    quiet = GestureSettings(noise=0.0)
    forward, backward = generate(48, 2, quiet), generate(48, 2, quiet, reversed_order=True)
    assert torch.equal(backward.values, forward.values.flip(1).flip(2))
    assert backward.labels.tolist() == [REVERSED[label] for label in forward.labels.tolist()]
    assert [REVERSED[REVERSED[i]] for i in range(6)] == list(range(6))
    assert {(CLASSES[i], CLASSES[REVERSED[i]]) for i in (0, 2, 4)} == {
        ("bar right", "bar left"),
        ("bar down", "bar up"),
        ("arm clockwise", "arm counter-clockwise"),
    }


def test_bars_move_the_way_their_class_says_and_one_frame_does_not_tell() -> None:
    scenes = generate(240, 1, GestureSettings(noise=0.0))
    activity = scenes.values.sum(2).double()  # (n, time, rows, columns)
    place = torch.arange(16, dtype=torch.float64)
    for name, axis, sign in (("bar right", 3, 1), ("bar left", 3, -1), ("bar down", 2, 1), ("bar up", 2, -1)):
        chosen = activity[scenes.labels == CLASSES.index(name)]
        profile = chosen.sum(5 - axis)
        centre = (profile * place).sum(2) / profile.sum(2)
        assert bool((sign * (centre[:, 5] - centre[:, 2]) > 0).all()), name
    # ON leads in bright scenes, OFF in dark ones: on average neither is ahead
    scenes = generate(600, 1, GestureSettings(noise=0.0))
    frame = scenes.values[scenes.labels == 0][:, 4].double()
    place = torch.arange(16, dtype=torch.float64)
    on, off = ((frame[:, c].sum(1) * place).sum(1) / frame[:, c].sum((1, 2)).clamp(min=1) for c in (0, 1))
    ahead = (on > off).double().mean().item()
    assert 0.35 < ahead < 0.65


def test_gesture_noise_and_batches() -> None:
    quiet, loud = (generate(60, 1, GestureSettings(noise=p)).values.double() for p in (0.0, 0.05))
    added = (loud - quiet).mean().item()
    assert added == pytest.approx(0.05, abs=4 * (0.05 * 0.95 / quiet.numel()) ** 0.5)
    frames, labels = generate(12, 0).batch(torch.tensor([3, 5]), 8)
    assert tuple(frames.shape) == (8, 2, 2, 16, 16)
    assert labels.shape == (2,)
    images = Samples(torch.rand(4, 3, 5, 5), torch.zeros(4, dtype=torch.long), ("a",), "images", scale=2.0)
    frames, _ = images.batch(torch.tensor([1]), 6)
    assert torch.equal(frames, 2 * images.values[1].expand(6, 1, 3, 5, 5))
    with pytest.raises(InputError, match="another number of time steps"):
        generate(12, 0).batch(torch.tensor([0]), 7)


def write_cifar(root: Path, per_batch: int = 3) -> dict[str, str]:
    """A folder in the published format (pickle protocol 2, byte keys) and its checksums."""
    folder = root / cifar10.FOLDER
    folder.mkdir()
    rng = np.random.default_rng(0)
    checksums = {}
    for name in (*cifar10.TRAINING, cifar10.TEST):
        data = rng.integers(0, 256, (per_batch, 3072), dtype=np.uint8)
        entries = {b"batch_label": name.encode(), b"labels": list(range(per_batch)), b"data": data, b"filenames": []}
        (folder / name).write_bytes(pickle.dumps(entries, protocol=2))
        checksums[name] = hashlib.md5((folder / name).read_bytes(), usedforsecurity=False).hexdigest()
    return checksums


def test_cifar_is_read_in_its_published_layout(tmp_path: Path) -> None:
    checksums = write_cifar(tmp_path)
    split = load_cifar10(tmp_path, checksums)
    assert (len(split.train), len(split.test)) == (15, 3)
    raw = np.random.default_rng(0).integers(0, 256, (3, 3072), dtype=np.uint8)
    assert np.array_equal(split.train.values[:3].numpy().reshape(3, -1), raw)  # red plane first, rows
    frames, labels = split.train.batch(torch.tensor([1]), 4)
    assert tuple(frames.shape) == (4, 1, 3, 32, 32)
    assert frames.max() <= 1
    assert labels.item() == 1
    assert len(load_cifar10(tmp_path / cifar10.FOLDER, checksums).test) == 3


def test_cifar_folder_or_files_missing_or_wrong_say_which_and_how(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere: no such folder. Get https://www.cs.toronto.edu"):
        load_cifar10(tmp_path / "nowhere")
    (tmp_path / "photos").mkdir()
    with pytest.raises(InputError, match=r"none of the folders cifar-10-batches-py.*tar xzf.*found 'photos'"):
        load_cifar10(tmp_path)
    checksums = write_cifar(tmp_path)
    with pytest.raises(InputError, match=r"data_batch_1: is not the published file .*interrupted download"):
        load_cifar10(tmp_path)  # not the real ones
    cut = tmp_path / cifar10.FOLDER / "data_batch_4"
    cut.write_bytes(cut.read_bytes()[:500])
    with pytest.raises(InputError, match=r"data_batch_4: is not the published file \(500 bytes, MD5"):
        load_cifar10(tmp_path, checksums)
    cut.unlink()
    (tmp_path / cifar10.FOLDER / "test_batch").unlink()
    with pytest.raises(InputError, match=r"missing data_batch_4, test_batch. Get"):
        load_cifar10(tmp_path, checksums)


class _Evil:
    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        import os

        return os.mkdir, ("pwned",)


def test_a_pickle_that_asks_for_other_objects_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "data_batch_1"
    path.write_bytes(pickle.dumps({b"data": _Evil()}, protocol=2))
    with pytest.raises(InputError, match=r"data_batch_1: .*asks for (posix|nt)\.mkdir"):
        cifar10.read_batch(path)
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(
    "entries",
    [
        [1, 2],
        {b"data": np.zeros((2, 3072), np.uint8), b"labels": [1]},
        {b"data": np.zeros((1, 3072), np.float64), b"labels": [1]},
        {b"data": np.zeros((1, 3072), np.uint8), b"labels": [10]},
    ],
)
def test_other_pickles_are_no_batches(tmp_path: Path, entries: object) -> None:
    path = tmp_path / "b"
    path.write_bytes(pickle.dumps(entries, protocol=2))
    with pytest.raises(InputError, match=r"b: (is not a CIFAR-10 batch|has values out of range)"):
        cifar10.read_batch(path)
    path.write_bytes(b"\x80\x02garbage")
    with pytest.raises(InputError, match="damaged"):
        cifar10.read_batch(path)


def test_augmentation_moves_and_mirrors_whole_samples() -> None:
    frames = torch.rand(2, 40, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    moved = crop_and_flip(frames, torch.Generator().manual_seed(1))
    assert moved.shape == frames.shape
    same = crop_and_flip(frames, torch.Generator().manual_seed(1))
    assert torch.equal(moved, same)
    padded = torch.nn.functional.pad(frames, (4, 4, 4, 4))
    for i in range(40):
        crops = [
            crop
            for r in range(9)
            for c in range(9)
            for crop in (padded[:, i, :, r : r + 32, c : c + 32], padded[:, i, :, r : r + 32, c : c + 32].flip(-1))
        ]
        assert sum(torch.equal(moved[:, i], crop) for crop in crops) == 1


def test_bad_input_is_named(tmp_path: Path) -> None:
    for make, message in [
        (lambda: generate(0, 1), "count"),
        (lambda: GestureSettings(noise=1.0), "noise"),
        (lambda: GestureSettings(steps=0), "steps"),
        (lambda: shuffled_split(generate(6, 0), 0.0, 1), "test_share"),
        (lambda: Samples(torch.zeros(2, 1, 3, 3), torch.zeros(1), ("a",), "s"), "do not make a set"),
        (lambda: Samples(torch.zeros(1, 1, 3, 3), torch.tensor([4]), ("a",), "s"), "has no class"),
    ]:
        with pytest.raises(InputError, match=message):
            make()
    (tmp_path / "set").mkdir()
    published = PublishedSet(("set",), "")
    assert published.find(tmp_path) == published.find(tmp_path / "set") == tmp_path / "set"
