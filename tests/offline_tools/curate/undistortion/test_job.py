# SPDX-License-Identifier: Apache-2.0
import os
from pathlib import Path

import numpy as np
import pytest

from mia_ros.camera import Camera
from offline_tools.curate.undistortion import OpensfmCamera, PhotoJob, undistort_photo, undistort_photos
from offline_tools.errors import DatasetError
from tests.offline_tools.curate.undistortion.photos import jpeg, street

CAMERA = OpensfmCamera("perspective", 0.75, -0.1, 0.03)


def job(folder: Path, name: str, data: bytes) -> PhotoJob:
    source = folder / f"{name}.jpg"
    source.write_bytes(data)
    return PhotoJob(source, CAMERA, (folder / f"{name}_undistorted.jpg",))


@pytest.mark.parametrize("workers", [1, 2])
def test_each_photo_is_written_or_its_problem_told_in_order(tmp_path: Path, workers: int) -> None:
    """More than a chunk, so that two processes have something to do."""
    good, cut = jpeg(street(160, 120)), jpeg(street(160, 120))[:900]
    jobs = [job(tmp_path, str(index), cut if index == 5 else good) for index in range(20)]
    results = list(undistort_photos(iter(jobs), workers))
    assert [result.job for result in results] == jobs
    assert [index for index, result in enumerate(results) if result.problem] == [5]
    assert "ends too early" in results[5].problem and not results[5].views
    assert len(list(tmp_path.glob("*_undistorted.jpg"))) == 19


def test_a_file_holds_the_picture_and_the_result_its_pinhole(tmp_path: Path) -> None:
    data = jpeg(street(1024, 768))
    (result,) = undistort_photos([job(tmp_path, "7", data)], 1)
    (view,) = result.views
    assert view.path.read_bytes() == jpeg(undistort_photo(data, CAMERA)[0].image, quality=95)
    assert view.camera == Camera(512, 384, 384, 384, 255.5, 191.5)
    np.testing.assert_array_equal(view.rotation, np.eye(3))


def test_the_number_of_processes_changes_no_byte(tmp_path: Path) -> None:
    written = []
    for workers in (1, 2):
        folder = tmp_path / str(workers)
        folder.mkdir()
        list(undistort_photos([job(folder, "7", jpeg(street(1600, 1200)))], workers))
        written.append((folder / "7_undistorted.jpg").read_bytes())
    assert written[0] == written[1]


def test_a_missing_photo_is_a_problem_of_its_own(tmp_path: Path) -> None:
    (result,) = undistort_photos([PhotoJob(tmp_path / "no.jpg", CAMERA, (tmp_path / "x.jpg",))], 1)
    assert result.problem == f"{tmp_path / 'no.jpg'}: cannot be read: No such file or directory"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_place_that_cannot_be_written_ends_the_work(tmp_path: Path, workers: int) -> None:
    photo = job(tmp_path, "7", jpeg(street(160, 120)))
    with pytest.raises(DatasetError, match="cannot be written: No such file or directory"):
        list(undistort_photos([PhotoJob(photo.source, CAMERA, (tmp_path / "absent" / "x.jpg",))], workers))


def test_a_full_disk_ends_the_work(tmp_path: Path) -> None:
    """/dev/full takes nothing; a link to it stands where the new file's bytes go."""
    photo = job(tmp_path, "7", jpeg(street(160, 120)))
    (tmp_path / f".7_undistorted.jpg.{os.getpid()}.part").symlink_to("/dev/full")
    with pytest.raises(DatasetError, match="No space left on device"):
        list(undistort_photos([photo], 1))


def test_a_spherical_photo_needs_four_files(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="1 files to write, want 4"):
        PhotoJob(tmp_path / "7.jpg", OpensfmCamera("spherical"), (tmp_path / "x.jpg",))


def test_no_processes_are_refused() -> None:
    with pytest.raises(DatasetError, match="^workers: 0"):
        list(undistort_photos([], 0))
