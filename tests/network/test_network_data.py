"""Data sets: embedded ones repeat and have their symmetries; loaders read the published formats, name what is wrong."""

import hashlib
import pickle
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from ipcircuit.errors import InputError, MissingDependencyError
from network.data import cifar10, event_sets
from network.data.cifar10 import crop_and_flip, load_cifar10
from network.data.event_sets import Events, frames_of, load_cifar10_dvs, load_dvs_gesture, read_aedat2, read_cifar10_dvs
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


def aedat2(events: Events) -> bytes:
    header = b"#!AER-DAT2.0\r\n# This is a raw AE data file - do not edit\r\n# Creation time: now\r\n"
    address = (events.y.astype(int) << 8) | (events.x.astype(int) << 1) | events.on.astype(int)
    return header + b"".join(struct.pack(">II", a, t) for a, t in zip(address.tolist(), events.time_us, strict=True))


def some_events(n: int = 200, seed: int = 0) -> Events:
    rng = np.random.default_rng(seed)
    time = np.sort(rng.integers(35, 100000, n))  # 35 is '#': events may look like header lines only at their start
    return Events(time, rng.integers(0, 128, n), rng.integers(0, 128, n), rng.integers(0, 2, n))


def test_aedat2_gives_the_events_back(tmp_path: Path) -> None:
    path, events = tmp_path / "a.aedat", some_events()
    path.write_bytes(aedat2(events))
    for found, written in zip(read_aedat2(path), events, strict=True):
        assert np.array_equal(found, written)
    path.write_bytes(aedat2(events)[:-3])
    with pytest.raises(InputError, match=r"a\.aedat: ends within an event"):
        read_aedat2(path)
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match="not an AEDAT 2"):
        read_aedat2(path)
    path.write_bytes(b"#!AER-DAT2.0")
    with pytest.raises(InputError, match="within its header"):
        read_aedat2(path)


def test_frames_count_every_event_once() -> None:
    events = some_events(1000)
    for by in ("time", "count"):
        frames = frames_of(events, 5, 128, 32, by=by)
        assert frames.shape == (5, 2, 32, 32)
        assert frames.sum() == 1000
        assert frames[:, 0].sum() == events.on.sum()
    assert frames.sum((1, 2, 3)).tolist() == [200] * 5
    one = Events(np.array([7]), np.array([127]), np.array([4]), np.array([0]))
    assert np.argwhere(frames_of(one, 3, 128, 64)).tolist() == [[0, 1, 2, 63]]  # OFF, row 2, column 63
    with pytest.raises(InputError, match="divisor of 128"):
        frames_of(events, 5, 128, 30)
    with pytest.raises(InputError, match="outside the sensor"):
        frames_of(one, 1, 64, 64)
    with pytest.raises(InputError, match="no events"):
        frames_of(Events(*(np.array([], int) for _ in range(4))), 1, 128, 64)


def write_cifar_dvs(root: Path, per_class: int = 10) -> Path:
    folder = root / "CIFAR10DVS"
    for label, name in enumerate(cifar10.CLASSES):
        (folder / name).mkdir(parents=True)
        for number in range(per_class):
            (folder / name / f"cifar10_{name}_{number}.aedat").write_bytes(
                aedat2(some_events(60, 100 * label + number))
            )
    return folder


def test_cifar10_dvs_is_read_and_split_by_class(tmp_path: Path) -> None:
    write_cifar_dvs(tmp_path)
    split = load_cifar10_dvs(tmp_path, steps=4, size=16, per_class=10)
    assert (len(split.train), len(split.test)) == (90, 10)
    assert split.test.labels.tolist() == list(range(10))
    expected = frames_of(some_events(60, 309), 4, 128, 16, by="count")  # class 3, last file
    assert np.array_equal(split.test.values[3].numpy(), expected)
    assert len(load_cifar10_dvs(tmp_path, 4, 16, per_class=10, first=5).train) == 40  # 4 of 5 (half to even) per class


def test_cifar10_dvs_missing_or_wrong_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none of the folders CIFAR10DVS.*figshare"):
        load_cifar10_dvs(tmp_path)
    folder = write_cifar_dvs(tmp_path, 2)
    with pytest.raises(InputError, match=r"airplane: has 2 of 1000 files: an incomplete download"):
        load_cifar10_dvs(tmp_path)
    damaged = folder / "cat" / "cifar10_cat_1.aedat"
    damaged.write_bytes(damaged.read_bytes()[:-5])
    with pytest.raises(InputError, match=r"cifar10_cat_1\.aedat: ends within an event"):
        load_cifar10_dvs(tmp_path, 4, 16, per_class=2)
    (folder / "frog" / "notes.txt").write_text("x")
    with pytest.raises(InputError, match=r"frog: unexpected files notes\.txt"):
        load_cifar10_dvs(tmp_path, per_class=2)
    for path in (folder / "truck").iterdir():
        path.unlink()
    (folder / "truck").rmdir()
    with pytest.raises(InputError, match="missing the folders truck"):
        load_cifar10_dvs(tmp_path, per_class=2)


def test_aedat4_goes_through_tonic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.aedat4"
    path.write_bytes(b"")
    monkeypatch.setitem(sys.modules, "tonic.io", None)  # not installed
    with pytest.raises(MissingDependencyError, match=r"ipcircuit\[events\]"):
        read_cifar10_dvs(path)
    fake = ModuleType("tonic.io")
    table = np.array([(5, 1, 2, True)], dtype=[("t", "u8"), ("x", "u2"), ("y", "u2"), ("on", "?")])
    fake.read_aedat4 = lambda name: table  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tonic", ModuleType("tonic"))
    monkeypatch.setitem(sys.modules, "tonic.io", fake)
    assert [part.tolist() for part in read_cifar10_dvs(path)] == [[5], [1], [2], [1]]

    def broken(name: str) -> None:
        raise Exception("there are no events in the AEDAT file")

    fake.read_aedat4 = broken  # type: ignore[attr-defined]
    with pytest.raises(InputError, match=r"a\.aedat4: is damaged: there are no events"):
        read_cifar10_dvs(path)


def write_gestures(root: Path) -> Path:
    folder = root / "DVSGesture"
    for part, users in (("ibmGestureTrain", (1, 2)), ("ibmGestureTest", (24,))):
        for user in users:
            place = folder / part / f"user{user:02d}_led"
            place.mkdir(parents=True)
            for label in (0, 3, 10):
                e = some_events(50, user + label)
                np.save(place / f"{label}.npy", np.stack([e.x, e.y, e.on, e.time_us // 1000], 1).astype(float))
    return folder


def test_dvs_gesture_is_read_with_milliseconds(tmp_path: Path) -> None:
    folder = write_gestures(tmp_path)
    split = load_dvs_gesture(tmp_path, steps=4, size=16, complete=False)
    assert (len(split.train), len(split.test)) == (6, 3)
    assert sorted(split.test.labels.tolist()) == [0, 3, 10]
    assert split.train.classes[3] == "right arm clockwise"
    times = event_sets.read_gesture(folder / "ibmGestureTest" / "user24_led" / "3.npy").time_us
    assert times.tolist() == (some_events(50, 27).time_us // 1000 * 1000).tolist()


def test_dvs_gesture_missing_or_wrong_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none of the folders DVSGesture.*1077 training and 264 test.*1176 and 288"):
        load_dvs_gesture(tmp_path)
    folder = write_gestures(tmp_path)
    with pytest.raises(InputError, match="ibmGestureTrain: has 6 of 1077 samples: an incomplete"):
        load_dvs_gesture(tmp_path)
    path = folder / "ibmGestureTrain" / "user01_led" / "3.npy"
    for content, message in ((b"\x93NUMPY", "damaged"), (pickle.dumps([1]), "damaged")):
        path.write_bytes(content)
        with pytest.raises(InputError, match=rf"3\.npy: is {message}"):
            load_dvs_gesture(tmp_path, complete=False)
    np.save(path, np.full((3, 4), np.nan))
    with pytest.raises(InputError, match=r"3\.npy: is damaged: holds what is no number"):
        load_dvs_gesture(tmp_path, complete=False)
    sound = path.with_name("0.npy").read_bytes()
    for content in (b"", sound[:-9], sound.replace(b"'shape'", b"'shape(", 1), sound.replace(b"(50, 4)", b"((50, 4")):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"3\.npy: is damaged"):
            load_dvs_gesture(tmp_path, complete=False)
    np.save(path, np.zeros((3, 5)))
    with pytest.raises(InputError, match=r"3\.npy: is not a gesture"):
        load_dvs_gesture(tmp_path, complete=False)
    path.rename(path.with_name("11.npy"))
    with pytest.raises(InputError, match=r"unexpected file; found '11\.npy'"):
        load_dvs_gesture(tmp_path, complete=False)


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
