# SPDX-License-Identifier: Apache-2.0
"""The mapper node: camera and IMU in, maps out. It declares, converts, calls mia_ros.runtime, publishes."""

from __future__ import annotations

import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

from mia_ros import camera_file
from mia_ros.errors import MiaError
from mia_ros.nodes import parameters
from mia_ros.nodes.convert import RosMessages, diagnostics_message
from mia_ros.nodes.inputs import SensorInputs, TransformInputs
from mia_ros.nodes.publishers import MapPublishers
from mia_ros.runtime.config import MapperConfig
from mia_ros.runtime.health import Level, Status
from mia_ros.runtime.live import LiveMapper
from mia_ros.runtime.step import MapperStep
from mia_ros.runtime.transforms import TransformBuffer

#: Seconds that a frame at hand may still take when the node is to end.
PATIENCE = 1.5
_TICK = 0.05


class MapperNode(LifecycleNode):
    """Configure loads the engine, activate subscribes. A configuration that is wrong raises ConfigError."""

    def __init__(self, name: str = "mapper", **options: Any) -> None:
        super().__init__(name, **options)
        self.config = parameters.given_config(self)
        parameters.declare(self, self.config)
        parameters.on_changes(self, lambda: self.config, self._change)
        self._messages = RosMessages()
        self._buffer = TransformBuffer(max_extrapolation=self.config.max_extrapolation)
        self._transforms = TransformInputs(self, self._buffer, self._notice)
        self._step: MapperStep | None = None
        self._outputs: MapPublishers | None = None
        self._live: LiveMapper | None = None
        self._inputs: SensorInputs | None = None
        self._failure = ""  # why the last transition failed
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        # Real time also where the rest is simulated: a clock that stands must be noticed.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(self.config.diagnostics_period, self._report, clock=steady)
        self.create_timer(_TICK, self._tick, clock=steady)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the engine; fails with the reason where it does not run."""
        try:
            self._step = MapperStep.load(self.config)
            self._outputs = MapPublishers(self, self._step, self._now)
        except MiaError as error:
            return self._failed(error)
        choice = self._step.choice
        for reason in choice.reasons:
            self.get_logger().info(f"skipped {reason}")
        self.get_logger().info(f"engine {self._step.manifest.name} runs on {choice.backend.description}")
        self._failure = ""
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Begin to map."""
        assert self._step is not None
        assert self._outputs is not None
        try:
            camera = self._given_camera()
            if camera is not None:
                self._step.prepare(camera)
        except MiaError as error:
            return self._failed(error)
        steady = self._now if self.get_parameter("use_sim_time").value else time.monotonic_ns
        self._live = LiveMapper(self._step, self._buffer, self._outputs, self._now, steady, camera)
        self._inputs = SensorInputs(self, self.config, self._live)
        self._failure = ""
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Take the last map back, and be silent."""
        self._stop()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let the engine go."""
        self._let_go()
        return super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """All of it."""
        self.finish()
        return super().on_shutdown(state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Back to unconfigured, whatever went wrong."""
        self.finish()
        return super().on_error(state)

    def finish(self) -> bool:
        """Stop and let everything go, in any state; False if a frame at hand did not end in time."""
        ended = self._stop()
        if ended:
            self._let_go()
        return ended

    def _given_camera(self) -> Any:
        path = self.config.camera_path()
        return (
            None
            if path is None
            else camera_file.read_camera(path, rectified=self.config.rectified, rotate=self.config.rotate)
        )

    def _stop(self) -> bool:
        inputs, self._inputs = self._inputs, None
        if inputs is not None:
            inputs.close()
        live, self._live = self._live, None
        return live is None or live.close(PATIENCE)

    def _let_go(self) -> None:
        publishers, self._outputs = self._outputs, None
        if publishers is not None:
            publishers.close()
        step, self._step = self._step, None
        if step is not None:
            step.close()

    def _change(self, config: MapperConfig) -> None:
        if self._live is not None:
            self._live.change(config)
        elif self._step is not None:
            self._step.reconfigure(config)
        self.config = config

    def _notice(self) -> None:
        if self._live is not None:
            self._live.notice()

    def _tick(self) -> None:
        if self._live is not None:
            self._live.tick()

    def _failed(self, error: MiaError) -> TransitionCallbackReturn:
        self._failure = str(error)
        self.get_logger().error(self._failure)
        return TransitionCallbackReturn.FAILURE

    def _report(self) -> None:
        statuses = [self._idle_status()] if self._live is None else self._live_statuses(self._live)
        message = diagnostics_message(self._messages, statuses, self._now(), self.get_name())
        self._diagnostics.publish(message)

    def _live_statuses(self, live: LiveMapper) -> list[Status]:
        live.health.problem("gravity.tf", Level.WARN, self._transforms.problem)
        if self._inputs is not None:
            self._inputs.report()
        return live.report()

    def _idle_status(self) -> Status:
        """What is to be said while no maps are wanted."""
        state = "unconfigured" if self._step is None else "inactive"
        level = Level.ERROR if self._failure else Level.OK
        return Status("engine", level, self._failure or state, [("state", state)])

    def _now(self) -> int:
        return int(self.get_clock().now().nanoseconds)
