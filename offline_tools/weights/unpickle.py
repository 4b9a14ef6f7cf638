# SPDX-License-Identifier: Apache-2.0
"""The object tree of a torch checkpoint, read without running anything that it names.

A pickle is a program. Here it can build dicts, lists, tuples, strings, numbers and tensor records. What a training
framework leaves beside the weights becomes inert placeholders, and every other global is refused by its name.
All that a pickle can reach is immutable (named tuples, sealed classes), because its BUILD instruction writes
attributes past a frozen dataclass.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import re
from collections.abc import Callable, Mapping
from math import prod
from typing import Any, NamedTuple, NoReturn

from offline_tools.errors import WeightsError

#: Bytes of one value, by torch's name of its type.
ITEM_SIZES = {
    "bool": 1,
    "uint8": 1,
    "int8": 1,
    "int16": 2,
    "int32": 4,
    "int64": 8,
    "float16": 2,
    "bfloat16": 2,
    "float32": 4,
    "float64": 8,
    "complex64": 8,
    "complex128": 16,
}
_STORAGES = {
    "BoolStorage": "bool",
    "ByteStorage": "uint8",
    "CharStorage": "int8",
    "ShortStorage": "int16",
    "IntStorage": "int32",
    "LongStorage": "int64",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "FloatStorage": "float32",
    "DoubleStorage": "float64",
    "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128",
}
#: Frameworks whose objects stand beside the weights: any of their globals becomes a placeholder.
_FRAMEWORKS = ("lightning", "lightning_fabric", "lightning_utilities", "omegaconf", "pytorch_lightning", "torchmetrics")
_PLAIN = "bool bytearray bytes complex dict float frozenset int list long object range set slice str tuple unicode"
_ARRAYS = "_reconstruct scalar"
_PATHS = "Path PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath"
#: Other globals that become placeholders, by module.
_HARMLESS = {
    "_codecs": "encode",
    "argparse": "Namespace",
    "builtins": _PLAIN,
    "collections": "Counter defaultdict deque",
    "copyreg": "_reconstructor",
    "numpy": "dtype ndarray",
    "numpy._core.multiarray": _ARRAYS,
    "numpy.core.multiarray": _ARRAYS,
    "pathlib": _PATHS,
    "pathlib._local": _PATHS,
    "torch": f"Size device memory_format strided {' '.join(ITEM_SIZES)}",
    "torch.serialization": "_get_layout",
    "typing": "Any Dict List Optional Tuple Union",
}
#: Protocol 2, which torch writes, names these modules as Python 2 did.
_RENAMED = {"__builtin__": "builtins", "copy_reg": "copyreg"}
_MALFORMED = (
    pickle.UnpicklingError,
    AttributeError,
    EOFError,
    ImportError,
    IndexError,
    KeyError,
    MemoryError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)


class Storage(NamedTuple):
    """Values that lie in the checkpoint as one run of bytes."""

    key: str
    dtype: str
    length: int


class TensorRecord(NamedTuple):
    """A tensor that has not been read: a view of a storage."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


def unpickle(data: bytes, sizes: Mapping[str, int], file: str) -> Any:
    """The object tree of `data`; `sizes` are the bytes of each storage that the file holds, by key."""
    try:
        _check_instructions(data)
        return _Reader(data, sizes, file).load()
    except WeightsError:
        raise
    except _MALFORMED as error:
        problem = " ".join(str(error).split()) or type(error).__name__
        raise WeightsError(f"weights {file}: not a sound checkpoint: {problem}") from error


def _check_instructions(data: bytes) -> None:
    """Every length fits the data, and no memo index makes the reader allocate a huge table."""
    for count, (code, argument, _) in enumerate(pickletools.genops(data)):
        if code.name in ("PUT", "BINPUT", "LONG_BINPUT") and int(argument or 0) > count:
            raise ValueError(f"memo index {argument} at instruction {count}")


class _Reader(pickle.Unpickler):
    def __init__(self, data: bytes, sizes: Mapping[str, int], file: str) -> None:
        super().__init__(io.BytesIO(data))
        self._sizes = sizes
        self._file = file

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        module = _RENAMED.get(module_name, module_name)
        if module == "torch" and global_name in _STORAGES:
            return _StorageType(_STORAGES[global_name])
        if (module, global_name) in _BUILDERS:
            return _BUILDERS[module, global_name]
        if _harmless(module, global_name):
            return _Sealed(global_name, (_Placeholder,), {"__slots__": ()})
        raise WeightsError(
            f"weights {self._file}: refuses global {module}.{global_name}: no part of network weights, and it could "
            "run code; ask who made the file for its state_dict alone"
        )

    def persistent_load(self, pid: Any, /) -> Storage:
        match pid:
            case ("storage", _StorageType(dtype=dtype), str(key), str(), int(length)):
                return self._storage(Storage(key, dtype, length))
        raise ValueError("a persistent id that is not a tensor's storage")

    def _storage(self, storage: Storage) -> Storage:
        if not re.fullmatch(r"\w{1,64}", storage.key):
            raise ValueError(f"storage {storage.key!r} has a name that no checkpoint has")
        wanted, found = storage.length * ITEM_SIZES[storage.dtype], self._sizes.get(storage.key)
        if found is None:
            raise ValueError(f"storage {storage.key} is not in the file")
        if wanted != found:
            raise ValueError(f"storage {storage.key} should have {wanted} bytes and has {found}")
        return storage


def _harmless(module: str, name: str) -> bool:
    return module.partition(".")[0] in _FRAMEWORKS or name in _HARMLESS.get(module, "").split()


class _Sealed(type):
    """Of classes that nobody can change."""

    def __setattr__(cls, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"{name}: placeholders do not change")


class _Placeholder(metaclass=_Sealed):
    """Stands for an object of another package: takes whatever it is given, keeps nothing, does nothing."""

    __slots__ = ()

    def __new__(cls, *_: Any, **__: Any) -> Any:
        return super().__new__(cls)

    def __setstate__(self, state: Any) -> None: ...

    def __setitem__(self, key: Any, value: Any) -> None: ...

    def append(self, item: Any) -> None: ...

    def extend(self, items: Any) -> None: ...

    def add(self, item: Any) -> None: ...


class _OrderedDict(dict[Any, Any], metaclass=_Sealed):
    """A dict that drops the attributes that torch hangs on a state_dict."""

    __slots__ = ()

    def __setstate__(self, state: Any) -> None: ...


class _StorageType(NamedTuple):
    dtype: str


class _Builder(NamedTuple):
    """One of our functions, as an object without attributes that could be written."""

    function: Callable[..., Any]

    def __call__(self, *arguments: Any) -> Any:
        return self.function(*arguments)


def _tensor(storage: Any, offset: Any, shape: Any, stride: Any, *_: Any) -> TensorRecord:
    if not isinstance(storage, Storage) or not _counts(shape) or not _counts(stride) or not _counts((offset,)):
        raise ValueError("a tensor whose storage, shape or stride is none")
    if len(shape) != len(stride):
        raise ValueError(f"a tensor of shape {shape} with stride {stride}")
    last = offset + sum((size - 1) * step for size, step in zip(shape, stride, strict=True))
    if prod(shape) and last >= storage.length:
        raise ValueError(f"a tensor of shape {shape} reaches past its storage of {storage.length} values")
    return TensorRecord(storage, offset, shape, stride)


def _counts(values: Any) -> bool:
    return isinstance(values, tuple) and all(type(value) is int and value >= 0 for value in values)


def _parameter(tensor: Any, *_: Any) -> TensorRecord:
    if not isinstance(tensor, TensorRecord):
        raise ValueError("a parameter that is no tensor")  # noqa: TRY004  (the file is wrong, not a caller)
    return tensor


_BUILDERS: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): _OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _Builder(_tensor),
    ("torch._utils", "_rebuild_parameter"): _Builder(_parameter),
    ("torch._utils", "_rebuild_parameter_with_state"): _Builder(_parameter),
}
