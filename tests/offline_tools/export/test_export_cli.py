# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path

import cv2
import pytest

torch = pytest.importorskip("torch", reason="needs torch")

from offline_tools.export.frames import drawn_frames  # noqa: E402
from offline_tools.network import build  # noqa: E402
from offline_tools.weights import WeightsManifest, write_folder  # noqa: E402
from tests.commands import mia, python  # noqa: E402

PEAK_MB = 300


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with weights and the engine that the command makes of them."""
    folder = tmp_path_factory.mktemp("cli")
    torch.manual_seed(0)

    def describe(sha256: str) -> WeightsManifest:
        return WeightsManifest(
            preset="mapper_edge", kind="complete", source="random", source_sha256=sha256, weights_sha256=sha256
        )

    write_folder(folder / "weights", build("mapper_edge").state_dict(), describe)
    answer = mia("export", "weights", "--out", "edge", "--height", "288", "--json", cwd=folder)
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["verification"]["probability_error_max"] < 1e-4
    assert "comparing 288 rows with torch on 4 drawn frames" in answer.stderr
    return folder


RUN = """
import hashlib, re, sys
from pathlib import Path
import numpy as np
from mia_ros import Camera, Gravity, Mapper

mapper = Mapper.load("edge", "onnx-cpu", threads=int(sys.argv[1]), camera_height=1.0)
frame = np.random.default_rng(0).integers(0, 255, (720, 1280, 3), dtype=np.uint8)
camera = Camera(1280, 720, 900, 900, 639.5, 359.5)
for step in range(int(sys.argv[2])):
    mapper(frame[:, ::-1], camera, Gravity.from_roll_pitch(0.01 * step, 0.02))
bev = mapper(frame, camera, Gravity.from_roll_pitch(0.05, 0.02))
np.save(sys.argv[3], bev.probabilities)
heavy = {"torch", "onnx", "offline_tools"} & {name.split(".")[0] for name in sys.modules}
# Not getrusage: its peak counts the process that started this one.
peak_mb = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024
print(hashlib.sha256(bev.probabilities.tobytes()).hexdigest(), peak_mb)
assert not heavy, heavy
"""


def run(home: Path, threads: int, before: int) -> tuple[str, int, Path]:
    saved = home / f"{threads}_{before}.npy"
    answer = python("-c", RUN, str(threads), str(before), str(saved), cwd=home)
    assert answer.returncode == 0, answer.stderr
    digest, peak = answer.stdout.split()
    return digest, int(peak), saved


def test_equal_bits_in_another_process_whatever_ran_before(home: Path) -> None:
    assert run(home, 2, 0)[0] == run(home, 2, 7)[0]


def test_thread_counts_agree(home: Path) -> None:
    import numpy as np

    one, two = (np.load(run(home, threads, 0)[2]) for threads in (1, 2))
    assert np.abs(one - two).max() < 1e-5


def test_the_robot_s_half_stays_small(home: Path) -> None:
    """The whole process, 1280 x 720 frames, torch never imported."""
    assert run(home, 2, 20)[1] <= PEAK_MB


def test_a_photo_becomes_a_map(home: Path) -> None:
    photo, _ = drawn_frames(288, 1)[0]
    cv2.imwrite(str(home / "street.png"), cv2.resize(photo, (1280, 720)))
    arguments = ("map", "street.png", "--hfov-deg", "80", "--engine", "edge", "--out", "map.png", "--npz", "map.npz")
    answer = mia(*arguments, cwd=home)
    assert answer.returncode == 0, answer.stderr
    assert (home / "map.png").exists() and (home / "map.npz").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none", "--out", "x"), "no such folder"),
        (("weights", "--out", "weights"), "exists and is not an engine"),
        (("weights", "--out", "x", "--precision", "int4"), "precision: 'int4' is none of"),
        (("weights", "--out", "x", "--height", "100"), "height: 100 rows"),
        (("weights", "--out", "x", "--frames", "none"), "no photo"),
    ],
)
def test_mistakes_get_one_line(home: Path, arguments: tuple[str, ...], message: str) -> None:
    answer = mia("export", *arguments, cwd=home)
    assert answer.returncode == 2
    last = answer.stderr.strip().splitlines()[-1]
    assert last.startswith("mia: ") and message in last
    assert "Traceback" not in answer.stderr
    assert not (home / "x").exists()
    assert sorted(path.name for path in (home / "weights").iterdir()) == ["manifest.json", "weights.safetensors"]
