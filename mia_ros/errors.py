# SPDX-License-Identifier: Apache-2.0
"""What mia_ros raises when its input is wrong.

MiaError (a ValueError)
    CameraError      intrinsics, lens model, ROI, binning, a camera file
    GravityError     a vector, angle, quaternion or rotation that gives no gravity
      GravityUnavailable  there is no IMU sample near the image's stamp, or none that shows gravity
    FrameError       an image that is not what the camera delivers
    TiltError        the camera is tilted so far that too little picture is left for a map
    MapError         probabilities, masks or grids that do not fit together
    ProfileError     a cost profile that is unknown or misspelt
    EngineError      an engine whose manifest, hashes or graph do not fit, or that does not run
      BackendUnavailable  what would run it is not on this machine
    BagError         a recording that cannot be read or written
    PlayError        a recording that cannot be played on ROS topics as asked
    ReplayError      a recording that cannot be replayed as asked, or a replay that cannot be compared or shown
    DemoError        the demonstration cannot go on
    MessageError     a ROS message whose fields contradict each other, or that holds what is not known here
    ConfigError      parameters of a node that are unknown, of a wrong type, out of range, or read-only
    TransformUnavailable  no chain of transforms connects two frames, or none near the stamp

Every message names the field, the value that was found, and what to do.
"""


class MiaError(ValueError):
    """Anything that mia_ros refuses."""


class CameraError(MiaError):
    """The camera's description is wrong."""


class GravityError(MiaError):
    """A gravity direction cannot be made from this."""


class GravityUnavailable(GravityError):
    """Gravity at this stamp is not known."""


class FrameError(MiaError):
    """The frame is not an image of this camera."""


class TiltError(MiaError):
    """Too little of the levelled frame is picture."""


class MapError(MiaError):
    """The parts of a map do not fit together."""


class ProfileError(MiaError):
    """A cost profile cannot be used."""


class EngineError(MiaError):
    """An engine cannot be used."""


class BackendUnavailable(EngineError):
    """What runs engines is missing: a package, a provider, a kind of processor."""


class BagError(MiaError):
    """A recording cannot be read or written."""


class PlayError(MiaError):
    """A recording cannot be played as asked."""


class ReplayError(MiaError):
    """A recording cannot be replayed as asked."""


class DemoError(MiaError):
    """The demonstration cannot go on."""


class MessageError(MiaError):
    """A ROS message cannot be taken at its word."""


class ConfigError(MiaError):
    """Parameters cannot be taken."""


class TransformUnavailable(MiaError):
    """Where a frame is in another is not known at this stamp."""
