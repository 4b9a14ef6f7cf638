# SPDX-License-Identifier: Apache-2.0
"""The mapper node, and RViz if wanted.

ros2 launch mia_ros mapper.launch.py engine:=/opt/engines/NAME image:=/camera/image_raw \
    camera_info:=/camera/camera_info imu:=/imu/data

An argument that is left empty leaves its parameter as params_file says.
"""

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, EmitEvent, LogInfo, OpaqueFunction, RegisterEventHandler
from launch.conditions import IfCondition
from launch.event_handlers import OnProcessStart
from launch.events import matches_action
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import LifecycleNode, Node
from launch_ros.event_handlers import OnStateTransition
from launch_ros.events.lifecycle import ChangeState
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare
from lifecycle_msgs.msg import Transition

_CONFIG = PathJoinSubstitution([FindPackageShare("mia_ros"), "config"])
_ARGUMENTS = [
    DeclareLaunchArgument("engine", default_value="", description="Folder of the engine that makes the maps."),
    DeclareLaunchArgument("image", default_value="image", description="Topic of the images, as if they came raw."),
    DeclareLaunchArgument("camera_info", default_value="camera_info", description="Topic of the camera_info."),
    DeclareLaunchArgument("imu", default_value="imu", description="Topic of the IMU."),
    DeclareLaunchArgument(
        "image_transport",
        default_value="",
        choices=["", "raw", "compressed"],
        description="compressed: subscribe to the topic IMAGE/compressed.",
    ),
    DeclareLaunchArgument("profile", default_value="", description="Cost profile, by name or as a YAML file."),
    DeclareLaunchArgument(
        "params_file",
        default_value=PathJoinSubstitution([_CONFIG, "mapper.yaml"]),
        description="Parameters of the node; config/mapper.yaml shows all of them.",
    ),
    DeclareLaunchArgument("namespace", default_value="", description="Of the node and its topics."),
    DeclareLaunchArgument("use_sim_time", default_value="false", description="Take the time from /clock."),
    DeclareLaunchArgument(
        "autostart", default_value="true", description="Configure and activate the node; false: somebody else does."
    ),
    DeclareLaunchArgument("rviz", default_value="false", description="Show the maps in RViz."),
    DeclareLaunchArgument("log_level", default_value="info", description="debug, info, warn, error or fatal."),
]


def generate_launch_description() -> LaunchDescription:
    """Arguments, RViz, the node and what drives its lifecycle."""
    # Where RViz is missing, launch ends at once and leaves nothing running.
    return LaunchDescription([*_ARGUMENTS, _rviz(), OpaqueFunction(function=_mapper)])


def _mapper(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    image = LaunchConfiguration("image")
    node = LifecycleNode(
        package="mia_ros",
        executable="mapper",
        name="mapper",
        namespace=LaunchConfiguration("namespace"),
        output="screen",
        emulate_tty=True,
        parameters=[LaunchConfiguration("params_file"), _given(context), _clock()],
        remappings=[
            ("image", image),
            ("image/compressed", [image, "/compressed"]),  # a name of its own to ROS
            ("camera_info", LaunchConfiguration("camera_info")),
            ("imu", LaunchConfiguration("imu")),
        ],
        ros_arguments=["--log-level", LaunchConfiguration("log_level")],
    )
    # The handlers come first, so that no event is missed.
    return [*_lifecycle(node), node]


def _given(context: LaunchContext) -> dict[str, ParameterValue]:
    """Parameters from arguments that are not empty; as texts, where launch would make a number of "7"."""
    arguments = {
        "engine": LaunchConfiguration("engine"),
        "image_transport": LaunchConfiguration("image_transport"),
        "profile": LaunchConfiguration("profile"),
    }
    return {name: ParameterValue(value, value_type=str) for name, value in arguments.items() if value.perform(context)}


def _clock() -> dict[str, ParameterValue]:
    return {"use_sim_time": ParameterValue(LaunchConfiguration("use_sim_time"), value_type=bool)}


def _lifecycle(node: LifecycleNode) -> list[LaunchDescriptionEntity]:
    """Configure it when its process is there, activate it once it is configured; say so where it refuses."""
    autostart = IfCondition(LaunchConfiguration("autostart"))
    refused = LogInfo(
        msg="mapper cannot be configured, its own lines say why; after mending it: ros2 lifecycle set NODE configure"
    )
    return [
        RegisterEventHandler(
            OnProcessStart(target_action=node, on_start=[_change(node, Transition.TRANSITION_CONFIGURE)]),
            condition=autostart,
        ),
        RegisterEventHandler(
            OnStateTransition(
                target_lifecycle_node=node,
                start_state="configuring",
                goal_state="inactive",
                entities=[_change(node, Transition.TRANSITION_ACTIVATE)],
            ),
            condition=autostart,
        ),
        RegisterEventHandler(
            OnStateTransition(
                target_lifecycle_node=node, start_state="configuring", goal_state="unconfigured", entities=[refused]
            ),
            condition=autostart,
        ),
    ]


def _change(node: LifecycleNode, transition: int) -> EmitEvent:
    return EmitEvent(event=ChangeState(lifecycle_node_matcher=matches_action(node), transition_id=transition))


def _rviz() -> Node:
    return Node(
        package="rviz2",
        executable="rviz2",
        namespace=LaunchConfiguration("namespace"),  # its topics are relative
        arguments=["-d", PathJoinSubstitution([_CONFIG, "mia.rviz"])],
        parameters=[_clock()],
        condition=IfCondition(LaunchConfiguration("rviz")),
    )
