# SPDX-License-Identifier: Apache-2.0
"""H.264 in MP4, through PyAV: parts, and parts joined without encoding them again."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import cv2

from mia_ros.arrays import UInt8Array
from mia_ros.errors import ReplayError
from offline_tools.errors import MissingPart

if TYPE_CHECKING:
    from typing_extensions import Self

#: Seconds between pictures that stand for themselves: so far a player must go back to jump.
_KEY_EVERY_S = 2
#: SMPTE 170M, and the range 16 to 235: what OpenCV's conversion makes, said in the file.
_BT601, _LIMITED = 6, 1


def load_av() -> Any:
    """PyAV; one line where it is not installed."""
    try:
        import av
    except ImportError as error:
        reason = " ".join(str(error).split())
        raise MissingPart(f"a video needs PyAV ({reason}): pip install 'mia_ros[view]', or --no-video") from error
    return av


class Part:
    """A piece of the video; the file is there when the block ends without an error."""

    def __init__(self, path: Path, size: tuple[int, int], fps: float, crf: int) -> None:
        self._path = path
        self._size = size
        self._fps = fps
        self._crf = crf
        self._next = 0

    def __enter__(self) -> Self:
        av = load_av()
        self._file = self._path.with_name(f"{self._path.name}.part")
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._container = av.open(str(self._file), "w", format="mp4")
        rate = Fraction(self._fps).limit_denominator(1000)
        try:
            stream = self._container.add_stream("libx264", rate=rate)
        except (ValueError, av.error.FFmpegError) as error:
            raise MissingPart(f"this PyAV has no libx264 ({error}): pip install av") from error
        stream.width, stream.height = self._size
        stream.pix_fmt = "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": str(self._crf), "g": str(round(_KEY_EVERY_S * self._fps))}
        context = stream.codec_context
        context.color_range, context.colorspace = _LIMITED, _BT601
        context.color_primaries, context.color_trc = _BT601, _BT601
        self._stream, self._time_base = stream, 1 / rate
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._container.mux(self._stream.encode(None))
        finally:
            self._container.close()
        if error is None:
            self._file.replace(self._path)
        else:
            self._file.unlink(missing_ok=True)

    def add(self, frame: UInt8Array) -> None:
        """(H, W, 3) BGR."""
        planes = cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420)
        picture = load_av().VideoFrame.from_ndarray(planes, format="yuv420p")
        picture.pts, picture.time_base = self._next, self._time_base
        self._next += 1
        self._container.mux(self._stream.encode(picture))


def join(parts: Sequence[Path], out: Path, fps: float) -> None:
    """One video of the parts, one after the other, with its index in front so that browsers start at once."""
    av = load_av()
    part = out.with_name(f"{out.name}.part")
    tick = 1 / Fraction(fps).limit_denominator(1000)
    try:
        with av.open(str(part), "w", format="mp4", options={"movflags": "+faststart"}) as joined:
            stream, begin = None, Fraction(0)
            for path in parts:
                with av.open(str(path)) as source:
                    given = source.streams.video[0]
                    if stream is None:
                        stream = joined.add_stream_from_template(given)
                    begin = _append(source, given, joined, stream, begin, tick)
        part.replace(out)
    except (OSError, ValueError, av.error.FFmpegError) as error:
        part.unlink(missing_ok=True)
        raise ReplayError(f"{out}: the video cannot be joined from its parts: {error}") from error


def _append(source: Any, given: Any, joined: Any, stream: Any, begin: Fraction, tick: Fraction) -> Fraction:
    """Copy the packets of a part behind what is there; gives where the next one begins, s."""
    offset, end = round(begin / given.time_base), begin
    for packet in source.demux(given):
        if packet.dts is None:
            continue
        end = max(end, begin + packet.pts * given.time_base + tick)
        packet.pts, packet.dts = packet.pts + offset, packet.dts + offset
        packet.stream = stream
        joined.mux(packet)
    return end
