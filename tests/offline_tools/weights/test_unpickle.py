# SPDX-License-Identifier: Apache-2.0
"""Files from outside run nothing here, whatever they say."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs torch")

from offline_tools.errors import WeightsError  # noqa: E402
from offline_tools.weights.archive import open_tensors  # noqa: E402
from offline_tools.weights.unpickle import unpickle  # noqa: E402
from tests.offline_tools.weights.checkpoints import foreign_class, saved, zipped_pickle  # noqa: E402


@pytest.fixture(autouse=True)
def _modules() -> Iterator[None]:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.split(".")[0] in ("omegaconf", "lightning", "pytorch_lightning", "somewhere"):
            del sys.modules[name]


def text(value: str) -> bytes:
    return b"X" + len(value).to_bytes(4, "little") + value.encode()


def short(value: str) -> bytes:
    return b"\x8c" + len(value).to_bytes(1, "little") + value.encode()


def programs(command: str) -> dict[str, tuple[bytes, str]]:
    """Each way of a pickle to call something, and what must be refused by name."""
    return {
        "GLOBAL, REDUCE": (b"cos\nsystem\n(" + text(command) + b"tR.", "os.system"),
        "posix": (b"cposix\nsystem\n(" + text(command) + b"tR.", "posix.system"),
        "STACK_GLOBAL": (
            b"\x80\x04" + short("os") + short("system") + b"\x93(" + text(command) + b"tR.",
            "os.system",
        ),
        "INST": (b"(" + text(command) + b"ios\nsystem\n.", "os.system"),
        "OBJ": (b"(cos\nsystem\n" + text(command) + b"o.", "os.system"),
        "NEWOBJ": (b"\x80\x02csubprocess\nPopen\n(" + text(command) + b"t\x81.", "subprocess.Popen"),
        "NEWOBJ_EX": (
            b"\x80\x04" + short("subprocess") + short("Popen") + b"\x93(" + text(command) + b"t}\x92.",
            "subprocess.Popen",
        ),
        "eval": (b"cbuiltins\neval\n(" + text(f"__import__('os').system({command!r})") + b"tR.", "builtins.eval"),
        "eval of Python 2": (b"c__builtin__\neval\n(" + text("1") + b"tR.", "builtins.eval"),
        "getattr": (b"cbuiltins\ngetattr\n(cos\nsystem\n" + text("x") + b"tR.", "builtins.getattr"),
        "a dotted name": (
            b"\x80\x04" + short("collections") + short("abc.sys.modules") + b"\x93.",
            "collections.abc.sys.modules",
        ),
        "torch itself": (b"ctorch\nload\n(" + text("x") + b"tR.", "torch.load"),
        "torch, deeper": (b"ctorch.hub\nload\n(" + text("x") + b"tR.", "torch.hub.load"),
        "an import": (b"cantigravity\nfly\n.", "antigravity.fly"),
    }


@pytest.mark.parametrize("way", programs(""))
def test_no_program_runs_and_what_it_wanted_is_named(tmp_path: Path, way: str) -> None:
    ran = tmp_path / "ran"
    program, refused = programs(f"touch {ran}")[way]
    path = zipped_pickle(tmp_path / "evil.ckpt", program)
    with pytest.raises(WeightsError, match=f"^weights {path}: refuses global {refused}:"), open_tensors(path):
        pass
    assert not ran.exists()
    assert "antigravity" not in sys.modules


def test_one_that_pickle_itself_made(tmp_path: Path) -> None:
    ran = tmp_path / "ran"

    class Evil:
        def __reduce__(self) -> Any:
            return exec, (f"open({str(ran)!r}, 'w').close()",)

    path = saved(tmp_path / "evil.ckpt", {"state_dict": {"a": torch.zeros(1)}, "callbacks": Evil()})
    with pytest.raises(WeightsError, match="refuses global builtins.exec"), open_tensors(path):
        pass
    assert not ran.exists()


@pytest.mark.parametrize(
    "program",
    [
        b"comegaconf\nos.system\n(" + text("touch ran") + b"tR.",
        b"comegaconf\nDictConfig\n)\x81}" + text("a") + b"K\x01sb.",
        b"\x80\x02cpytorch_lightning.callbacks\nModelCheckpoint\n)\x81(" + text("a") + text("b") + b"e.",
        b"\x80\x02clightning.pytorch\nX\n)\x81(" + text("a") + text("b") + b"u.",
        b"comegaconf\nDictConfig\n(" + text("a") + b"tR.",
    ],
)
def test_placeholders_take_everything_and_do_nothing(program: bytes) -> None:
    found = unpickle(program, {}, "x.ckpt")
    assert not hasattr(found, "__dict__")
    with pytest.raises(AttributeError):
        type(found).append = print


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        (b"", "pickle exhausted"),
        (b"\x80\x02.", "stack"),
        (b"\x80\x02\x82\x01.", "extension"),
        (b"\x80\x02]r\xff\xff\xff\x7f.", "memo index 2147483647"),
        (b"\x80\x02X\xff\xff\xff\x7fa.", "expected 2147483647 bytes"),
        (b"ctorch._utils\n_rebuild_tensor_v2\n}" + text("function") + b"K\x01sb.", "attribute"),
        (b"ctorch._utils\n_rebuild_tensor_v2\n(N}" + text("function") + b"K\x01stb.", "attribute"),
        (b"comegaconf\nDictConfig\n(N}" + text("append") + b"K\x01stb.", ""),
        (b"ctorch\nFloatStorage\n}" + text("dtype") + b"K\x01sb.", "attribute"),
        (b"ctorch._utils\n_rebuild_tensor_v2\n(K\x01K\x01))tR.", "a tensor whose storage"),
        (b"ctorch._utils\n_rebuild_parameter\n(K\x01\x88NtR.", "a parameter that is no tensor"),
        (b"comegaconf\nDictConfig\n)\x81(tR.", "not callable"),
        (b"K\x01Q.", "a persistent id that is not a tensor's storage"),
    ],
)
def test_broken_programs_are_refused(program: bytes, problem: str) -> None:
    with pytest.raises(WeightsError, match=f"^weights x.ckpt: not a sound checkpoint: .*{problem}"):
        unpickle(program, {}, "x.ckpt")


def storage_program(key: str, length: int, shape: tuple[int, ...], stride: tuple[int, ...], offset: int = 0) -> bytes:
    """A tensor, as torch.save writes it."""
    persistent = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(key) + text("cpu") + number(length) + b"tQ"
    arguments = persistent + number(offset) + numbers(shape) + numbers(stride) + b"\x89}"
    return b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(" + arguments + b"tR."


def number(value: int) -> bytes:
    return pickle.dumps(value, 2)[2:-1]


def numbers(values: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(number(value) for value in values) + b"t"


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        (storage_program("../../etc/passwd", 2, (2,), (1,)), "storage '../../etc/passwd' has a name"),
        (storage_program("1", 2, (2,), (1,)), "storage 1 is not in the file"),
        (storage_program("0", 3, (3,), (1,)), "storage 0 should have 12 bytes and has 8"),
        (storage_program("0", 1 << 60, (1,), (1,)), "storage 0 should have 4611686018427387904 bytes and has 8"),
        (storage_program("0", 2, (3,), (1,)), r"a tensor of shape \(3,\) reaches past its storage of 2 values"),
        (storage_program("0", 2, (1,), (1,), 2), "reaches past"),
        (storage_program("0", 2, (2,), (-1,), 1), "whose storage, shape or stride is none"),
        (storage_program("0", 2, (2, 1), (1,)), "with stride"),
    ],
)
def test_tensors_that_do_not_fit_their_bytes(program: bytes, problem: str) -> None:
    with pytest.raises(WeightsError, match=problem):
        unpickle(program, {"0": 8}, "x.ckpt")


def test_what_a_framework_leaves_beside_the_weights(tmp_path: Path) -> None:
    """hyper_parameters of omegaconf, callbacks and loops of lightning, an optimiser, a scheduler, numbers of NumPy."""
    import numpy as np

    config = foreign_class("omegaconf.dictconfig", "DictConfig")()
    config.__dict__.update(_content={"lr": 1e-3, "nested": config}, _metadata={"ref_type": Any, "object_type": dict})
    sequence = foreign_class("omegaconf.listconfig", "ListConfig", list)([1, 2])
    attributes = foreign_class("lightning.fabric.utilities.data", "AttributeDict", dict)(seed=1)
    parameter = torch.nn.Parameter(torch.ones(3))
    optimiser = torch.optim.Adam([parameter])
    parameter.sum().backward()
    optimiser.step()
    module = torch.nn.Linear(2, 3)
    path = saved(
        tmp_path / "last.ckpt",
        {
            "epoch": 3,
            "pytorch-lightning_version": "2.2.0",
            "state_dict": module.state_dict(),
            "hyper_parameters": {"cfg": config, "scenes": sequence, "attributes": attributes, "at": tmp_path},
            "callbacks": {"ModelCheckpoint{'monitor': 'loss'}": {"best_model_score": torch.tensor(0.5)}},
            "optimizer_states": [optimiser.state_dict()],
            "lr_schedulers": [{"base_lrs": [1e-3], "last": np.float64(3), "seen": {1, 2}}],
            "shape": torch.Size([1]),
            "type": torch.float16,
            "device": torch.device("cpu"),
            "parameter": parameter,
        },
    )
    with open_tensors(path) as found:
        assert {name: lazy.shape for name, lazy in found.items()} == {"weight": (3, 2), "bias": (3,)}
        assert torch.equal(found["weight"].load(), module.weight)


def test_views_types_and_empty_tensors_are_read_as_they_were(tmp_path: Path) -> None:
    base = torch.arange(24).reshape(4, 6)
    tensors = {
        "transposed": base.float().T[1:4],
        "counter": torch.tensor(7),
        "half": torch.rand(3).to(torch.bfloat16),
        "empty": torch.zeros(0, 2),
        "one": torch.tensor(1.5, dtype=torch.float64),
    }
    path = saved(tmp_path / "some.pth", tensors)
    with open_tensors(path) as found:
        read = {name: lazy.load() for name, lazy in found.items()}
    assert all(torch.equal(read[name], tensor) and read[name].dtype == tensor.dtype for name, tensor in tensors.items())


PLAIN = pickle.dumps({"state_dict": {"a": [1, 2.5, "b", (None, True)]}, "n": {3: b"x", "y": {4}}}, 2)


@given(st.lists(st.tuples(st.integers(0, len(PLAIN) - 1), st.integers(0, 255)), max_size=6), st.integers(0, len(PLAIN)))
def test_no_damage_raises_anything_else(changes: list[tuple[int, int]], kept: int) -> None:
    data = bytearray(PLAIN)
    for place, value in changes:
        data[place] = value
    with suppress(WeightsError):
        unpickle(bytes(data[:kept]) if len(changes) < 3 else bytes(data), {"0": 8}, "x.ckpt")


@given(st.binary(max_size=40))
def test_no_program_of_random_bytes_raises_anything_else(program: bytes) -> None:
    with suppress(WeightsError):
        unpickle(program + b".", {}, "x.ckpt")
