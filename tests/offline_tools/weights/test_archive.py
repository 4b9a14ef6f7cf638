# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs torch")

from offline_tools.errors import WeightsError  # noqa: E402
from offline_tools.weights.archive import open_tensors  # noqa: E402
from tests.offline_tools.weights.checkpoints import saved, zipped_pickle  # noqa: E402


def read(path: Path) -> dict[str, Any]:
    with open_tensors(path) as found:
        return {name: lazy.load() for name, lazy in found.items()}


def refusal(path: Path) -> str:
    with pytest.raises(WeightsError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(f"weights {path}: ")
    assert "\n" not in message
    return message


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return saved(tmp_path / "sound.pth", {"a": torch.arange(1000.0)})


@pytest.mark.parametrize("kept", [0.02, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_short(sound: Path, kept: float) -> None:
    whole = sound.read_bytes()
    sound.write_bytes(whole[: int(len(whole) * kept)])
    assert "damaged or cut short" in refusal(sound)


def test_a_file_with_a_wrong_byte(sound: Path) -> None:
    data = bytearray(sound.read_bytes())
    at = data.index(torch.arange(1000.0).numpy().tobytes())
    data[at + 100] ^= 1
    sound.write_bytes(data)
    assert "damaged or cut short (Bad CRC-32" in refusal(sound)


def test_torchs_old_format(tmp_path: Path) -> None:
    path = tmp_path / "old.pth"
    torch.save({"a": torch.zeros(2)}, path, _use_new_zipfile_serialization=False)
    assert "save it anew with a current torch" in refusal(path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "neither a torch checkpoint nor"),
        (b"\n<!doctype html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        (b"\x80\x04N.", "neither a torch checkpoint nor"),
    ],
)
def test_files_that_are_no_weights(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "some.pth"
    path.write_bytes(content)
    assert problem in refusal(path)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in refusal(tmp_path / "none.pth")
    assert "cannot be read: Is a directory" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("name", "compression", "problem"),
    [
        ("archive/../../evil", zipfile.ZIP_STORED, "has a name that torch.save does not give"),
        ("/etc/passwd", zipfile.ZIP_STORED, "has a name that torch.save does not give"),
        ("other/data/0", zipfile.ZIP_STORED, "has a name that torch.save does not give"),
        ("archive/data/0", zipfile.ZIP_DEFLATED, "is compressed or encrypted"),
        ("second/data.pkl", zipfile.ZIP_STORED, "not one that torch.save wrote"),
    ],
)
def test_zip_entries_that_torch_does_not_write(tmp_path: Path, name: str, compression: int, problem: str) -> None:
    path = zipped_pickle(tmp_path / "odd.pth", b"}.")
    with zipfile.ZipFile(path, "a") as file:
        file.writestr(name, b"\0" * 4096, compression)
    assert problem in refusal(path)


def test_a_declared_size_beyond_the_file(sound: Path) -> None:
    """The sizes in the zip's directory are the file's own word; they are held against what is there."""
    data = sound.read_bytes()
    entry = data.rindex(b"PK\x01\x02", 0, data.rindex(b"/data/0"))
    sound.write_bytes(data[: entry + 20] + b"\xf0\xff\xff\x7f" * 2 + data[entry + 28 :])
    assert re.search("should have 2147483632 bytes|damaged", refusal(sound))


@pytest.mark.parametrize("content", [{}, {"state_dict": {}}, [1], {"state_dict": {"a": 1}}, {"epoch": 3}, {3: 4}])
def test_checkpoints_without_weights(tmp_path: Path, content: object) -> None:
    message = refusal(saved(tmp_path / "some.pth", content))
    assert "holds no state_dict" in message or "in its state_dict is no tensor" in message


def test_safetensors(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    path = tmp_path / "some.safetensors"
    save_file({"b": torch.ones(2, 3), "a": torch.zeros(1)}, path)
    with open_tensors(path) as found:
        assert [(name, lazy.shape) for name, lazy in found.items()] == [("a", (1,)), ("b", (2, 3))]
        assert torch.equal(found["b"].load(), torch.ones(2, 3))
    path.write_bytes(path.read_bytes()[:-8])
    assert "not a sound safetensors file" in refusal(path)


@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4))
def test_wrong_bytes_anywhere_are_read_or_refused(small: Path, changes: list[tuple[float, int]]) -> None:
    data = bytearray(small.read_bytes())
    for place, value in changes:
        data[int(place * len(data))] = value
    damaged = small.with_name("damaged.pth")
    damaged.write_bytes(data)
    with suppress(WeightsError):
        read(damaged)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("small") / "small.pth", torch.nn.Linear(2, 3).state_dict())
