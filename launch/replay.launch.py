# SPDX-License-Identifier: Apache-2.0
"""Any recording through the mapper node in its own time: a bag player, the mapper, and RViz if wanted.

ros2 launch mia_ros replay.launch.py bag:=my_robot engine:=/opt/engines/NAME image:=/camera/image_raw \
    camera_info:=/camera/camera_info imu:=/imu/data rviz:=true

`ros2 bag play` plays it where it is installed, and begins when the mapper is active; else `mia play` does, which also
reads ROS 1 bags. The other arguments of mapper.launch.py may be given too. Nothing dropped, numbers and a report:
that is `mia replay`.
"""

from importlib.util import find_spec

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    ExecuteProcess,
    IncludeLaunchDescription,
    OpaqueFunction,
    RegisterEventHandler,
)
from launch.conditions import UnlessCondition
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution, PythonExpression
from launch_ros.event_handlers import OnStateTransition
from launch_ros.substitutions import ExecutableInPackage, FindPackageShare

_ARGUMENTS = [
    DeclareLaunchArgument("bag", description="rosbag2 folder, .mcap, .db3, or ROS 1 .bag."),
    DeclareLaunchArgument(
        "player",
        default_value="auto",
        choices=["auto", "ros2", "mia"],
        description="ros2: `ros2 bag play`; mia: `mia play`; auto: the former where it is installed and reads the bag.",
    ),
    DeclareLaunchArgument("rate", default_value="1.0", description="1.0: real time; 0.5: half as fast."),
    DeclareLaunchArgument("start", default_value="0.0", description="Seconds from the bag's start."),
    DeclareLaunchArgument("image", default_value="image", description="Topic of the images, without /compressed."),
    DeclareLaunchArgument("camera_info", default_value="camera_info", description="Topic of the camera_info."),
    DeclareLaunchArgument("imu", default_value="imu", description="Topic of the IMU."),
    DeclareLaunchArgument(
        "image_transport",
        default_value="raw",
        choices=["raw", "compressed"],
        description="How the recording holds its images.",
    ),
    DeclareLaunchArgument("rviz", default_value="false", description="Show the maps in RViz, also after the end."),
]


def generate_launch_description() -> LaunchDescription:
    """Arguments, what plays, and mapper.launch.py in the bag's time."""
    # The handlers come before the mapper, so that they miss nothing of it.
    return LaunchDescription([*_ARGUMENTS, OpaqueFunction(function=_playing), _mapper()])


def _mapper() -> IncludeLaunchDescription:
    path = PathJoinSubstitution([FindPackageShare("mia_ros"), "launch", "mapper.launch.py"])
    arguments = {
        "image": LaunchConfiguration("image"),
        "camera_info": LaunchConfiguration("camera_info"),
        "imu": LaunchConfiguration("imu"),
        "image_transport": LaunchConfiguration("image_transport"),
        "rviz": LaunchConfiguration("rviz"),
        "use_sim_time": "true",
    }
    return IncludeLaunchDescription(PythonLaunchDescriptionSource(path), launch_arguments=arguments.items())


def _playing(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """The player, in time, and the end of it all."""
    of_ros = _is_ros_player(context)
    player = _ros_player() if of_ros else _own_player()
    the_end = RegisterEventHandler(
        OnProcessExit(target_action=player, on_exit=[EmitEvent(event=Shutdown(reason="the recording has ended"))]),
        condition=UnlessCondition(LaunchConfiguration("rviz")),
    )
    # There is no other node with a lifecycle here.
    begin = (
        RegisterEventHandler(OnStateTransition(goal_state="active", entities=[player], handle_once=True))
        if of_ros
        else player
    )
    return [the_end, begin]


def _is_ros_player(context: LaunchContext) -> bool:
    player, bag = LaunchConfiguration("player").perform(context), LaunchConfiguration("bag").perform(context)
    if player != "auto":
        return player == "ros2"
    return find_spec("ros2bag") is not None and not bag.endswith(".bag")


def _ros_player() -> ExecuteProcess:
    """`ros2 bag play`, begun when the mapper is active."""
    return ExecuteProcess(
        name="player",
        cmd=[
            *("ros2", "bag", "play", LaunchConfiguration("bag"), "--clock", "100", "--disable-keyboard-controls"),
            *("--rate", LaunchConfiguration("rate"), "--start-offset", LaunchConfiguration("start")),
        ],
        output="screen",
    )


def _own_player() -> ExecuteProcess:
    """`mia play`, which waits for the mapper itself; not as a Node, whose ROS arguments it would not know."""
    return ExecuteProcess(
        name="player",
        cmd=[
            *(ExecutableInPackage(package="mia_ros", executable="mia"), "play", LaunchConfiguration("bag")),
            *("--rate", LaunchConfiguration("rate"), "--start", LaunchConfiguration("start")),
            *("--wait-for", _images(), "--wait-s", "600"),  # an engine may be built first
        ],
        output="screen",
    )


def _images() -> PythonExpression:
    """The topic that the mapper subscribes to when it is active, with the slash of a bag's topics."""
    image, transport = LaunchConfiguration("image"), LaunchConfiguration("image_transport")
    return PythonExpression(
        ["'/' + '", image, "'.lstrip('/') + ('/compressed' if '", transport, "' == 'compressed' else '')"]
    )
