# SPDX-License-Identifier: Apache-2.0
import pytest

from mia_ros.errors import ReplayError
from offline_tools.viewing.topics import choose_topics

RAW, JPEG = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"
INFO, MAP, GRID = "sensor_msgs/msg/CameraInfo", "mia_ros/msg/BevSemanticMap", "nav_msgs/msg/OccupancyGrid"


def test_a_camera_that_is_there_raw_and_compressed_is_one_and_is_shown_compressed():
    assert choose_topics({"/cam/image": RAW, "/cam/image/compressed": JPEG}).image == "/cam/image/compressed"


def test_maps_as_pictures_and_depth_are_no_cameras():
    types = {"/mia/bev_image": RAW, "/cam/depth/image": RAW, "/cam/image/compressedDepth": JPEG, "/cam/color": RAW}
    assert choose_topics(types).image == "/cam/color"


def test_of_two_cameras_the_user_says_which():
    types = {"/front/image": RAW, "/rear/image": RAW}
    with pytest.raises(ReplayError, match="2 cameras: /front/image, /rear/image; say which with --image"):
        choose_topics(types)
    assert choose_topics(types, image="/rear/image").image == "/rear/image"


def test_the_camera_info_beside_the_images_is_taken():
    types = {"/front/image/compressed": JPEG, "/front/camera_info": INFO, "/rear/camera_info": INFO}
    assert choose_topics(types).camera_info == "/front/camera_info"


def test_the_only_camera_info_is_taken_wherever_it_is():
    assert choose_topics({"/front/image": RAW, "/info": INFO}).camera_info == "/info"


def test_made_maps_come_before_true_ones():
    assert choose_topics({"/truth/semantic_map": MAP, "/mia/semantic_map": MAP}).semantic_map == "/mia/semantic_map"


def test_true_maps_are_shown_where_there_are_no_others():
    assert choose_topics({"/truth/semantic_map": MAP}).semantic_map == "/truth/semantic_map"


def test_of_two_maps_the_user_says_which():
    with pytest.raises(ReplayError, match="/a/map, /b/map; say which with --maps"):
        choose_topics({"/a/map": MAP, "/b/map": MAP})


def test_the_costs_beside_the_maps_are_taken():
    types = {"/r/semantic_map": MAP, "/r/occupancy": GRID, "/other/occupancy": GRID}
    assert choose_topics(types).occupancy == "/r/occupancy"


@pytest.mark.parametrize(
    ("wish", "line"),
    [("/no", "--image /no: there is no such topic; there is /cam/image"), ("/map", "--image /map: is of type mia_ros")],
)
def test_a_wish_that_cannot_be_is_refused(wish, line):
    with pytest.raises(ReplayError, match=line):
        choose_topics({"/cam/image": RAW, "/map": MAP}, image=wish)
