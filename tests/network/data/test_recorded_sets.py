"""Published sets in their layouts: which recordings, labels and parts; folds; what is missing, wrong or damaged."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ipcircuit.errors import InputError
from ipcircuit.kept_array import kept_arrays
from network.data.events import framing
from network.data.events.binning import frames_of
from network.data.events.recorded import load_recorded, sets_in
from network.data.events.stream import Sensor, window
from network.data.samples import Split
from tests.network.data.recordings import (
    nmnist,
    some_events,
    write_cifar_dvs,
    write_dailydvs,
    write_distributed_gestures,
    write_gestures,
    write_nmnist,
)

DVS128, SMALL = Sensor(128, 128), Sensor(34, 34)
LABELS = [(1, 100, 30_000), (4, 30_000, 60_000), (11, 70_000, 99_000)]


def test_nmnist_is_read_in_its_layout(tmp_path: Path) -> None:
    folder = write_nmnist(tmp_path, {"Train": 3, "Test": 1})
    split = load_recorded("nmnist", tmp_path, steps=4, complete=False)
    assert (len(split.train), len(split.test)) == (30, 10)
    assert split.test.labels.tolist() == list(range(10))
    assert np.array_equal(split.train.values[7].numpy(), frames_of(some_events(40, 201, SMALL), 4, SMALL))  # digit 2
    assert split.train.source == "N-MNIST, published split, 30 recordings, 34 x 34, 4 frames of equal duration"
    small = load_recorded("nmnist", folder, steps=2, size=17, by="count", complete=False)
    assert np.array_equal(
        small.test.values[5].numpy(), frames_of(some_events(40, 500, SMALL), 2, SMALL, 17, by="count")
    )
    with pytest.raises(InputError, match=r"Train: has 30 of 60000 samples: an incomplete download.*mendeley"):
        load_recorded("nmnist", tmp_path, steps=4)
    (folder / "Train" / "3" / "notes.txt").write_text("x")
    with pytest.raises(InputError, match=r"3: unexpected files notes\.txt"):
        load_recorded("nmnist", tmp_path, steps=4, complete=False)
    (folder / "Train" / "3" / "notes.txt").unlink()
    for path in (folder / "Train" / "3").iterdir():
        path.unlink()
    (folder / "Train" / "3").rmdir()
    assert len(load_recorded("nmnist", tmp_path, steps=4, complete=False).train) == 27
    with pytest.raises(InputError, match="missing the folders 3"):
        load_recorded("nmnist", tmp_path, steps=4)
    (folder / "Test").rename(folder / "Other")
    with pytest.raises(InputError, match="missing the folder Test"):
        load_recorded("nmnist", tmp_path, steps=4, complete=False)


def test_folds_are_disjoint_cover_all_and_have_the_classes_shares(tmp_path: Path) -> None:
    write_nmnist(tmp_path, {"Train": 3, "Test": 2}, events=200)
    whole = load_recorded("nmnist", tmp_path, steps=1, complete=False)
    everything = sorted(frame.numpy().tobytes() for part in (whole.train, whole.test) for frame in part.values)
    tests = []
    for fold in range(5):
        split = load_recorded("nmnist", tmp_path, steps=1, fold=fold, complete=False)
        assert torch.bincount(split.test.labels).tolist() == [1] * 10
        both = [frame.numpy().tobytes() for part in (split.train, split.test) for frame in part.values]
        assert sorted(both) == everything
        assert f"fold {fold + 1} of 5" in split.test.source
        tests += [frame.numpy().tobytes() for frame in split.test.values]
    assert sorted(tests) == everything
    for fold, folds, says in ((5, 5, "no such fold"), (-1, 5, "no such fold"), (0, 1, "no such fold"), (0, 6, "fewer")):
        with pytest.raises(InputError, match=says):
            load_recorded("nmnist", tmp_path, steps=1, fold=fold, folds=folds, complete=False)


def test_damaged_recordings_are_refused_or_left_out_and_counted(tmp_path: Path) -> None:
    folder = write_nmnist(tmp_path, {"Train": 2, "Test": 1})
    for digit, content in ((3, b"1234"), (5, b"")):
        (folder / "Train" / str(digit) / "00001.bin").write_bytes(content)
    with pytest.raises(InputError, match=r"3/00001\.bin: ends within an event"):
        load_recorded("nmnist", tmp_path, steps=2, complete=False)
    split = load_recorded("nmnist", tmp_path, steps=2, complete=False, skip_damaged=True)
    assert (len(split.train), len(split.train.damaged), split.test.damaged) == (18, 2, ())
    assert "3/00001.bin: ends within" in split.train.damaged[0]
    assert "5/00001.bin: has no events" in split.train.damaged[1]
    assert split.train.source.endswith("18 recordings, 34 x 34, 2 frames of equal duration; 2 damaged ones left out")
    assert split.train.labels.tolist() == [0, 0, 1, 1, 2, 2, 3, 4, 4, 5, 6, 6, 7, 7, 8, 8, 9, 9]
    assert np.array_equal(split.train.values[7].numpy(), frames_of(some_events(40, 400, SMALL), 2, SMALL))
    for path in (folder / "Test").glob("*/*.bin"):
        path.write_bytes(b"")
    with pytest.raises(InputError, match=r"N-MNIST.*: has no sound recording"):
        load_recorded("nmnist", tmp_path, steps=2, complete=False, skip_damaged=True)


@pytest.mark.parametrize("fold", [None, 0, 1, 2])
def test_large_ones_are_kept_in_a_file_with_the_same_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fold: int | None
) -> None:
    monkeypatch.setenv("IPCIRCUIT_CACHE", str(tmp_path / "cache"))
    folder = write_nmnist(tmp_path, {"Train": 2, "Test": 1})
    (folder / "Train" / "3" / "00001.bin").write_bytes(b"1234")

    def load(skip: bool = True) -> Split:
        return load_recorded(
            "nmnist", tmp_path, steps=2, fold=fold, folds=3, complete=False, skip_damaged=skip, progress=count
        )

    read: list[tuple[int, int]] = []
    count = lambda done, total: read.append((done, total))  # noqa: E731
    small = load()
    assert read[-1] == (30, 30)
    monkeypatch.setattr(framing, "IN_MEMORY", 1000)
    for _ in range(2):
        large = load()
        for a, b in ((small.train, large.train), (small.test, large.test)):
            assert torch.equal(a.values, b.values)
            assert (a.labels.tolist(), a.source, a.damaged) == (b.labels.tolist(), b.source, b.damaged)
    assert len(read) == 2 * 30  # the third time, from the file
    assert len(large.train) + len(large.test) == 29
    rows = 29 if fold is None else 48  # the three folds and two of them again, the damaged one missing in both
    assert kept_arrays(tmp_path / "cache") == (1, rows * 2 * 2 * 34 * 34)
    with pytest.raises(InputError, match=r"3/00001\.bin: ends within an event"):
        load(skip=False)
    stream = some_events(40, 7, SMALL)
    (folder / "Train" / "3" / "00001.bin").write_bytes(nmnist(stream))  # repaired: another key
    assert len(load(skip=False).train.damaged) == 0


def test_cifar10_dvs_is_read_and_split_by_class(tmp_path: Path) -> None:
    write_cifar_dvs(tmp_path)
    split = load_recorded("cifar10_dvs", tmp_path, steps=4, size=16, by="count", complete=False)
    assert (len(split.train), len(split.test)) == (90, 10)
    assert split.test.labels.tolist() == list(range(10))
    expected = frames_of(some_events(60, 309), 4, DVS128, 16, by="count")  # class 3, last file
    assert np.array_equal(split.test.values[3].numpy(), expected)


def test_cifar10_dvs_missing_or_wrong_files(tmp_path: Path) -> None:
    def load(complete: bool = False) -> None:
        load_recorded("cifar10_dvs", tmp_path, steps=4, size=16, complete=complete)

    with pytest.raises(InputError, match=r"none of the folders CIFAR10DVS.*figshare"):
        load()
    folder = write_cifar_dvs(tmp_path, 2)
    with pytest.raises(InputError, match=r"airplane: has 2 of 1000 files: an incomplete download"):
        load(complete=True)
    damaged = folder / "cat" / "cifar10_cat_1.aedat"
    damaged.write_bytes(damaged.read_bytes()[:-5])
    with pytest.raises(InputError, match=r"cifar10_cat_1\.aedat: ends within an event"):
        load()
    (folder / "frog" / "notes.txt").write_text("x")
    with pytest.raises(InputError, match=r"frog: unexpected files notes\.txt"):
        load()
    for path in (folder / "truck").iterdir():
        path.unlink()
    (folder / "truck").rmdir()
    with pytest.raises(InputError, match="missing the folders truck"):
        load()


def test_gestures_in_tonics_cut(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none of the folders DVSGesture, DvsGesture.*1176 training.*1077 and 264"):
        load_recorded("dvs_gesture", tmp_path, steps=4, size=16)
    folder = write_gestures(tmp_path)
    split = load_recorded("dvs_gesture", tmp_path, steps=4, size=16, complete=False)
    assert (len(split.train), len(split.test)) == (6, 3)
    assert sorted(split.test.labels.tolist()) == [0, 3, 10]
    assert split.train.classes[3] == "right arm clockwise"
    assert split.train.source.startswith("DVS128 Gesture, tonic's cut, published split by users, 6 recordings")
    with pytest.raises(InputError, match="ibmGestureTrain: has 6 of 1077 samples: an incomplete"):
        load_recorded("dvs_gesture", tmp_path, steps=4, size=16)
    path = folder / "ibmGestureTrain" / "user01_led" / "3.npy"
    path.rename(path.with_name("11.npy"))
    with pytest.raises(InputError, match=r"unexpected file; found '11\.npy'"):
        load_recorded("dvs_gesture", tmp_path, steps=4, size=16, complete=False)


def test_gestures_as_distributed_are_cut_at_their_labels(tmp_path: Path) -> None:
    folder = write_distributed_gestures(tmp_path, LABELS)
    split = load_recorded("dvs_gesture", tmp_path, steps=4, size=16, complete=False)
    assert split.train.labels.tolist() == [0, 3, 10, 0, 3, 10]
    assert len(split.test) == 3
    expected = frames_of(window(some_events(300, 1), 30_000, 60_000), 4, DVS128, 16)  # second recording
    assert np.array_equal(split.train.values[4].numpy(), expected)
    assert "as distributed, all labels (SpikingJelly's cut)" in split.train.source
    with pytest.raises(InputError, match=r"trials_to_train\.txt: has 6 of 1176 samples"):
        load_recorded("dvs_gesture", tmp_path, steps=4, size=16)
    path = folder / "user02_lab.aedat"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match=r"user02_lab\.aedat: ends within the packet"):
        load_recorded("dvs_gesture", tmp_path, steps=4, size=16, complete=False)
    split = load_recorded("dvs_gesture", tmp_path, steps=4, size=16, complete=False, skip_damaged=True)
    assert (len(split.train), len(split.train.damaged)) == (3, 3)
    path.unlink()
    with pytest.raises(InputError, match=r"missing the recording user02_lab\.aedat"):
        load_recorded("dvs_gesture", tmp_path, steps=4, size=16, complete=False)


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ("", r"user01_led_labels\.csv: is no table of labels"),
        ("class,start\n1,2\n", "is no table of labels; found"),
        ("class,startTime_usec,endTime_usec\n", "has no labels"),
        (
            "class,startTime_usec,endTime_usec\n12,1,2\n",
            r"labels\.csv:2: is no label; found '12,1,2'; allowed: class 1",
        ),
        ("class,startTime_usec,endTime_usec\n1,1,2\n0,1,2\n", r"labels\.csv:3: is no label"),
        ("class,startTime_usec,endTime_usec\n1,2,2\n", "start below end"),
        ("class,startTime_usec,endTime_usec\n1,-2,2\n", "whole numbers"),
        ("class,startTime_usec,endTime_usec\n1,0,9999999999999999\n", "whole numbers"),
        ("class,startTime_usec,endTime_usec\n1,2\n", "whole numbers"),
        (
            "class,startTime_usec,endTime_usec\n2,200000,300000\n",
            r"user01_led\.aedat \(200000 … 300000 µs\): .*no events",
        ),
    ],
)
def test_labels_that_are_none(tmp_path: Path, labels: str, says: str) -> None:
    folder = write_distributed_gestures(tmp_path, LABELS)
    (folder / "user01_led_labels.csv").write_text(labels)
    with pytest.raises(InputError, match=says):
        load_recorded("dvs_gesture", tmp_path, steps=4, size=16, complete=False)


@pytest.mark.parametrize("line", ["../other.aedat", "/etc/passwd", "a/../../b.aedat", "user01\0.aedat"])
def test_a_list_stays_in_its_folder(tmp_path: Path, line: str) -> None:
    folder = write_distributed_gestures(tmp_path, LABELS)
    (folder / "trials_to_test.txt").write_text(f"{line}\n")
    with pytest.raises(InputError, match=r"trials_to_test\.txt: is no path within the folder"):
        load_recorded("dvs_gesture", tmp_path, steps=4, size=16, complete=False)


def test_dailydvs_by_its_lists_or_its_subjects(tmp_path: Path) -> None:
    pytest.importorskip("aedat")
    folder, wide = write_dailydvs(tmp_path, (0, 3, 4)), Sensor(240, 320)
    split = load_recorded("dailydvs200", tmp_path, steps=3, size=24, complete=False)
    assert (split.train.labels.tolist(), split.test.labels.tolist()) == ([0, 49], [0, 49])  # 0 trains, 4 tests
    assert np.array_equal(split.train.values[1].numpy(), frames_of(some_events(400, 4900, wide), 3, wide, 24))
    assert "no lists found" in split.train.source
    assert "24 x 24 (central square of 320 x 240)" in split.train.source
    assert (len(split.train.classes), split.train.classes[49]) == (200, "action 49")
    folds = [load_recorded("dailydvs200", tmp_path, steps=1, size=1, fold=k, folds=3, complete=False) for k in range(3)]
    assert [len(fold.test) for fold in folds] == [2, 2, 2]  # the validation part too

    for name, subject in (("train", 4), ("val", 3), ("test", 0)):
        lines = [f"action_{a + 1}/C{a}P{subject}M0S1_20231111_09_11_23.aedat4 {a}" for a in (0, 49)]
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n")
    split = load_recorded("dailydvs200", tmp_path, steps=3, size=24, complete=False)
    assert np.array_equal(split.train.values[0].numpy(), frames_of(some_events(400, 4, wide), 3, wide, 24))
    assert "the authors' lists" in split.train.source
    with pytest.raises(InputError, match=r"has 6 of 22046 samples.*huggingface"):
        load_recorded("dailydvs200", tmp_path, steps=3, size=24)
    lines = (folder / "test.txt").read_text()
    for content, says in (
        (lines + "action_3/C2P0M0S1_x.aedat4\n", r"test\.txt:3: is no recording with its label"),
        ("a/C2P0M0S1_x.aedat4 200\n", r"test\.txt:1: is no recording with its label"),
        ("../C2P0M0S1_x.aedat4 3\n", r"is no path within the folder"),
        ("a/absent.aedat4 3\n", r"has no recordings of the test part"),
    ):
        (folder / "test.txt").write_text(content)
        with pytest.raises(InputError, match=says):
            load_recorded("dailydvs200", tmp_path, steps=3, size=24, complete=False)
    (folder / "test.txt").unlink()
    with pytest.raises(InputError, match=r"missing test\.txt"):
        load_recorded("dailydvs200", tmp_path, steps=3, size=24, complete=False)
    (folder / "train.txt").unlink()
    next(folder.rglob("C0P0*")).rename(folder / "C200P0M0S1_x.aedat4")
    with pytest.raises(InputError, match=r"C200P0M0S1_x\.aedat4: is no name of a recording"):
        load_recorded("dailydvs200", tmp_path, steps=3, size=24, complete=False)


def test_sets_in_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none of the known data sets.*figshare.*found 'nothing'.*NMNIST"):
        sets_in(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        sets_in(tmp_path / "NMNIST")
    for name in ("NMNIST", "DvsGesture", "cifar-10-batches-py"):
        (tmp_path / name).mkdir()
    assert sets_in(tmp_path) == ["nmnist", "dvs_gesture"]
    assert sets_in(tmp_path / "NMNIST") == ["nmnist"]
    with pytest.raises(InputError, match="unknown set of recordings; found 'mnist'"):
        load_recorded("mnist", tmp_path, steps=1)
