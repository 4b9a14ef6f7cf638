# SPDX-License-Identifier: Apache-2.0
"""A recording through the mapper node, with RViz if wanted.

ros2 launch mia_ros demo.launch.py bag:=drive engine:=/opt/engines/NAME rviz:=true

The topics are those of `mia simulate drive`; image:=, camera_info:= and imu:= name those of another recording. The
other arguments of mapper.launch.py may be given too.
"""

from launch import LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    ExecuteProcess,
    IncludeLaunchDescription,
    RegisterEventHandler,
)
from launch.conditions import UnlessCondition
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution, PythonExpression
from launch_ros.substitutions import ExecutableInPackage, FindPackageShare

_ARGUMENTS = [
    DeclareLaunchArgument("bag", description="rosbag2 folder, .mcap, .db3, or ROS 1 .bag."),
    DeclareLaunchArgument("rate", default_value="1.0", description="1.0: real time; 0.5: half as fast."),
    DeclareLaunchArgument("start", default_value="0.0", description="Seconds from the bag's start."),
    DeclareLaunchArgument(
        "image", default_value="/camera/image_raw", description="Topic of the images, without /compressed."
    ),
    DeclareLaunchArgument("camera_info", default_value="/camera/camera_info", description="Topic of the camera_info."),
    DeclareLaunchArgument("imu", default_value="/imu/data", description="Topic of the IMU."),
    DeclareLaunchArgument(
        "image_transport",
        default_value="compressed",
        choices=["raw", "compressed"],
        description="How the recording holds its images.",
    ),
    DeclareLaunchArgument("rviz", default_value="false", description="Show the maps in RViz, also after the end."),
]


def generate_launch_description() -> LaunchDescription:
    """Arguments, mapper.launch.py in the bag's time, the player, and the end of it all."""
    player = _player()
    the_end = EmitEvent(event=Shutdown(reason="the recording has ended"))
    return LaunchDescription(
        [
            *_ARGUMENTS,
            _mapper(),
            RegisterEventHandler(
                OnProcessExit(target_action=player, on_exit=[the_end]),
                condition=UnlessCondition(LaunchConfiguration("rviz")),
            ),
            player,
        ]
    )


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


def _player() -> ExecuteProcess:
    """`mia play`, which waits for the mapper; not as a Node, whose ROS arguments it would not know."""
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
    """The topic that the mapper subscribes to when it is active."""
    image, transport = LaunchConfiguration("image"), LaunchConfiguration("image_transport")
    return PythonExpression(["'", image, "' + ('/compressed' if '", transport, "' == 'compressed' else '')"])
