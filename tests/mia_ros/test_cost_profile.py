# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from mia_ros.cost_profile import load_profile, parse_profile, profile_names
from mia_ros.errors import ProfileError

GOOD = "road: 80\ncrossing: 10\nsidewalk: 0\nbuilding: 100\nterrain: unknown\nparking: 50\n"


def test_shipped_profiles() -> None:
    assert profile_names() == ("car", "sidewalk_robot", "wheelchair")
    wheelchair, car = load_profile("wheelchair"), load_profile("car")
    assert wheelchair.sidewalk == 0 < wheelchair.crossing < wheelchair.road  # type: ignore[operator]
    assert car.road == 0
    for name in profile_names():
        profile = load_profile(name)
        assert profile.building == 100
        assert profile.no_class == "unknown"


def test_a_user_s_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD)
    profile = load_profile(path)
    assert profile.class_costs() == (80, 10, 0, 100, "unknown", 50)
    assert profile.no_class == "unknown"
    assert load_profile(profile) is profile


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD + "sidewalks: 3\n", "unknown key 'sidewalks'; known are .*sidewalk"),
        (GOOD.replace("road: 80\n", ""), "'road' is missing"),
        (GOOD.replace("80", "101"), "'road' is 101, want a whole number from 0 to 100, or unknown"),
        (GOOD.replace("80", "-1"), "'road' is -1"),
        (GOOD.replace("80", "12.5"), "'road' is 12.5"),
        (GOOD.replace("80", "true"), "'road' is True"),
        (GOOD.replace("80", "lethal"), "'road' is 'lethal'"),
        (GOOD + "no_class: free\n", "'no_class' is 'free'"),
        ("- 1\n- 2\n", "must hold a mapping"),
        ("", "must hold a mapping"),
        ("road: [", "not valid YAML"),
    ],
)
def test_bad_profiles_are_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(ProfileError, match=f"^profile mine.yaml: .*{message}") as caught:
        parse_profile(text, "mine.yaml")
    assert "\n" not in str(caught.value)


def test_unknown_names_and_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="no profile 'tank'; there are car, sidewalk_robot, wheelchair"):
        load_profile("tank")
    with pytest.raises(ProfileError, match="cannot be read"):
        load_profile(tmp_path / "none.yaml")
