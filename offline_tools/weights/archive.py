# SPDX-License-Identifier: Apache-2.0
"""Tensors in files, each read only when it is asked for: torch's zip checkpoints and safetensors."""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from offline_tools.errors import WeightsError
from offline_tools.weights.unpickle import TensorRecord, unpickle

if TYPE_CHECKING:
    import torch

#: The object tree of a checkpoint of 90 M parameters with its optimiser takes less than 1 MB.
_MAX_PICKLE = 64 << 20
_LEGACY = b"\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"

#: What zipfile raises when a byte is wrong.
_DAMAGE = (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, OverflowError, ValueError, struct.error)


@dataclass(frozen=True)
class LazyTensor:
    """A tensor in an open file: its shape and type are known, its values are read by `load`."""

    shape: tuple[int, ...]
    dtype: str
    load: Callable[[], torch.Tensor]


@contextmanager
def open_tensors(path: Path) -> Iterator[Mapping[str, LazyTensor]]:
    """The weights of a checkpoint by name, as they are named in the file."""
    with _refusing(path), path.open("rb") as stream:
        start = stream.read(64)
    with _refusing(path), _safetensors(path) if path.suffix == ".safetensors" else _checkpoint(path, start) as found:
        yield found


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise WeightsError(f"weights {path}: cannot be read: {error.strerror}") from error
    except WeightsError:
        raise
    except _DAMAGE as error:
        raise WeightsError(f"weights {path}: damaged or cut short ({error}); download it again") from error


@contextmanager
def _safetensors(path: Path) -> Iterator[Mapping[str, LazyTensor]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            yield {name: _slice(file, name) for name in sorted(file.keys())}
    except SafetensorError as error:
        raise WeightsError(f"weights {path}: not a sound safetensors file: {error}") from error


def _slice(file: Any, name: str) -> LazyTensor:
    part = file.get_slice(name)
    return LazyTensor(tuple(part.get_shape()), str(part.get_dtype()), lambda: file.get_tensor(name))


@contextmanager
def _checkpoint(path: Path, start: bytes) -> Iterator[Mapping[str, LazyTensor]]:
    if not start.startswith(b"PK"):
        raise WeightsError(f"weights {path}: {_what_it_is(start)}")
    with zipfile.ZipFile(path) as file:
        archive = _Archive(path, file)
        yield {name: archive.lazy(record) for name, record in _weights(archive.tree(), path).items()}


def _what_it_is(start: bytes) -> str:
    if start.startswith(_LEGACY):
        return "written in torch's format of before 1.6; save it anew with a current torch"
    if start.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer, not the weights; fetch the file that it points to"
    if start.lstrip().startswith(b"<"):
        return "a web page, not the weights; download the file itself"
    return "neither a torch checkpoint nor a .safetensors file"


def _weights(tree: Any, path: Path) -> dict[str, TensorRecord]:
    """The state_dict of a Lightning checkpoint, or a file that holds nothing else."""
    found = tree.get("state_dict", tree) if isinstance(tree, dict) else None
    if not isinstance(found, dict) or not found:
        raise WeightsError(f"weights {path}: holds no state_dict; want a checkpoint of a network")
    for name, record in found.items():
        if not isinstance(name, str) or not isinstance(record, TensorRecord):
            raise WeightsError(f"weights {path}: {str(name)[:80]!r} in its state_dict is no tensor")
    return found


class _Archive:
    """The zip file that torch.save writes: PREFIX/data.pkl and PREFIX/data/KEY, stored without compression."""

    def __init__(self, path: Path, file: zipfile.ZipFile) -> None:
        self._path = path
        self._file = file
        self._prefix = self._find_prefix()
        self._sizes = self._check_entries()

    def tree(self) -> Any:
        """All that was saved, tensors as records."""
        if self._sizes["data.pkl"] > _MAX_PICKLE:
            raise self._refusal(f"data.pkl has {self._sizes['data.pkl']} bytes, want at most {_MAX_PICKLE}")
        if "byteorder" in self._sizes and self._read("byteorder") != b"little":
            raise self._refusal("saved on a big-endian machine; save it anew on a little-endian one")
        storages = {name.removeprefix("data/"): size for name, size in self._sizes.items() if name.startswith("data/")}
        return unpickle(self._read("data.pkl"), storages, str(self._path))

    def lazy(self, record: TensorRecord) -> LazyTensor:
        return LazyTensor(record.shape, record.storage.dtype, lambda: self._tensor(record))

    def _tensor(self, record: TensorRecord) -> torch.Tensor:
        import torch

        if record.storage.length == 0:
            return torch.zeros(record.shape, dtype=getattr(torch, record.storage.dtype))
        data = bytearray(self._read(f"data/{record.storage.key}"))
        values = torch.frombuffer(data, dtype=getattr(torch, record.storage.dtype))
        return values.as_strided(record.shape, record.stride, record.offset).contiguous()

    def _read(self, name: str) -> bytes:
        return self._file.read(f"{self._prefix}/{name}")

    def _find_prefix(self) -> str:
        found = [name for name in self._file.namelist() if re.fullmatch(r"[^/\\]+/data\.pkl", name)]
        if len(found) != 1:
            raise self._refusal("a zip file, but not one that torch.save wrote")
        return found[0].removesuffix("/data.pkl")

    def _check_entries(self) -> dict[str, int]:
        sizes: dict[str, int] = {}
        total = self._path.stat().st_size
        for entry in self._file.infolist():
            name = entry.filename.removeprefix(f"{self._prefix}/")
            if name == entry.filename or name in sizes or not re.fullmatch(r"\.?\w+([./]\w+)*", name, re.ASCII):
                raise self._refusal(f"entry {entry.filename[:80]!r} has a name that torch.save does not give")
            if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1:
                raise self._refusal(
                    f"entry {entry.filename!r} is compressed or encrypted, which torch.save does not do"
                )
            if entry.header_offset + entry.file_size > total:
                raise self._refusal(
                    f"entry {entry.filename!r} should have {entry.file_size} bytes, the file is shorter"
                )
            sizes[name] = entry.file_size
        return sizes

    def _refusal(self, problem: str) -> WeightsError:
        return WeightsError(f"weights {self._path}: {problem}")
