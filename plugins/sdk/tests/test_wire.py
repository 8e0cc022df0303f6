"""The wire: every frame comes back as it went, anything else is refused, and old transcripts are read."""

import contextlib
import io
import re
from datetime import UTC
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from accord_sdk import Page, Place, Record, wire

GOLDEN = Path(__file__).parent / "golden"


def golden(side: str) -> bytes:
    return (GOLDEN / f"protocol-{wire.PROTOCOL}.{side}.json").read_bytes()


TO_GUEST: tuple[wire.ToGuest, ...] = msgspec.json.decode(golden("to-guest"), type=tuple[wire.ToGuest, ...])
TO_HOST: tuple[wire.ToHost, ...] = msgspec.json.decode(golden("to-host"), type=tuple[wire.ToHost, ...])
TASKS = [frame.task for frame in TO_GUEST if isinstance(frame, wire.Batch)]
WANTS = [frame.want for frame in TO_HOST if isinstance(frame, wire.Need)]
GIFTS = [frame.gift for frame in TO_GUEST if isinstance(frame, wire.Given) and frame.gift is not None]
ITEMS = [item for frame in TO_HOST if isinstance(frame, wire.Results) for item in frame.items]


def body(frame: wire.ToGuest | wire.ToHost) -> bytes:
    data = wire.encode(frame)
    assert wire.decode_length(data[:4]) == len(data) - 4
    return data[4:]


@pytest.mark.parametrize("frame", TO_GUEST, ids=lambda frame: type(frame).__name__)
def test_frames_for_the_runner_come_back(frame):
    assert wire.decode_for_guest(body(frame)) == frame


@pytest.mark.parametrize("frame", TO_HOST, ids=lambda frame: type(frame).__name__)
def test_frames_for_the_host_come_back(frame):
    assert wire.decode_for_host(body(frame)) == frame


@pytest.mark.parametrize(
    ("union", "samples"),
    [
        (wire.ToGuest, TO_GUEST),
        (wire.ToHost, TO_HOST),
        (wire.Task, TASKS),
        (wire.Item, ITEMS),
        (wire.Want, WANTS),
        (wire.Gift, GIFTS),
    ],
)
def test_there_is_a_sample_of_everything_that_crosses(union, samples):
    assert {type(sample) for sample in samples} == set(get_args(union))


def test_frames_for_one_side_are_refused_by_the_other():
    for frame in TO_HOST:
        with pytest.raises(wire.WireError):
            wire.decode_for_guest(body(frame))
    for other in TO_GUEST:
        with pytest.raises(wire.WireError):
            wire.decode_for_host(body(other))


def test_a_length_beyond_the_cap_is_refused_before_the_body_is_read():
    stream = io.BytesIO((wire.FRAME_CAP + 1).to_bytes(4, "big") + b"rest")
    with pytest.raises(wire.FrameTooLarge, match=str(wire.FRAME_CAP + 1)):
        wire.read_body(stream)
    assert stream.read() == b"rest"
    assert wire.decode_length(wire.FRAME_CAP.to_bytes(4, "big")) == wire.FRAME_CAP


def test_a_frame_beyond_the_cap_is_not_sent():
    with pytest.raises(wire.FrameTooLarge):
        wire.encode(wire.Log("info", "x" * wire.FRAME_CAP))


def test_frames_are_read_one_after_another_until_the_end():
    stream = io.BytesIO(b"".join(map(wire.encode, TO_GUEST)))
    frames = []
    while (data := wire.read_body(stream)) is not None:
        frames.append(wire.decode_for_guest(data))
    assert tuple(frames) == TO_GUEST


@pytest.mark.parametrize("kept", range(1, len(wire.encode(wire.Cancel("call-1")))))
def test_a_stream_that_ends_within_a_frame_is_refused(kept):
    with pytest.raises(wire.WireError, match="ended"):
        wire.read_body(io.BytesIO(wire.encode(wire.Cancel("call-1"))[:kept]))


class Trickle(io.RawIOBase):
    """A pipe that gives one byte at a time."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._data.read(min(1, size))


def test_a_pipe_that_gives_little_at_a_time_is_read_whole():
    assert wire.read_body(Trickle(wire.encode(TO_GUEST[0]))) == body(TO_GUEST[0])


def page_with(value: bytes) -> bytes:
    """A page whose only record holds these MessagePack bytes."""
    plain = body(wire.Results("c", (Page(({"a": 7777},), b"", more=False),)))
    marker = msgspec.msgpack.encode(7777)
    assert plain.count(marker) == 1
    return plain.replace(marker, value)


@given(st.binary(max_size=200))
@example(b"")
@example(b"\xc1")
@example(body(TO_HOST[0])[:-1])
@example(body(TO_HOST[0]) + b"\x00")
@example(page_with(b"\xa1\xff"))
@example(page_with(b"\x91" * 100_000 + b"\xc0"))
@example(page_with(b"\x81\x80\x01"))
@example(page_with(b"\xdd\xff\xff\xff\xff"))
def test_garbage_is_refused_by_both_sides_with_one_error(data):
    for decode in (wire.decode_for_guest, wire.decode_for_host):
        with pytest.raises(wire.WireError):
            decode(data)


@given(st.sampled_from([*TO_GUEST, *TO_HOST]), st.data())
def test_damaged_frames_decode_or_are_refused_and_raise_nothing_else(frame, data):
    damaged = bytearray(body(frame))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    for decode in (wire.decode_for_guest, wire.decode_for_host):
        with contextlib.suppress(wire.WireError):
            assert isinstance(decode(bytes(damaged)), msgspec.Struct)


optional_texts = st.none() | st.text()
numbers = st.none() | st.floats(allow_nan=False)
records = st.builds(
    Record,
    title=optional_texts,
    body=optional_texts,
    observed_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    place=st.none() | st.builds(Place, name=optional_texts, lat=numbers, lon=numbers),
    extra=st.dictionaries(
        st.text(), st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text()
    ),
)


@given(st.lists(records, max_size=3))
def test_any_records_come_back(batch):
    frame = wire.Batch("c", wire.Detect("d", tuple(batch)), 1.0)
    assert wire.decode_for_guest(body(frame)) == frame


def test_a_field_of_a_newer_protocol_is_passed_over():
    newer = msgspec.msgpack.decode(body(wire.Cancel("call-1"))) | {"why": "a field of protocol 9"}
    assert wire.decode_for_guest(msgspec.msgpack.encode(newer)) == wire.Cancel("call-1")


def transcripts() -> list[Path]:
    return sorted(GOLDEN.glob("protocol-*.bin"))


@pytest.mark.parametrize("path", transcripts(), ids=lambda path: path.stem)
def test_transcripts_of_every_protocol_so_far_are_still_read(path):
    decode = wire.decode_for_guest if "to-guest" in path.name else wire.decode_for_host
    with path.open("rb") as stream:
        frames = []
        while (data := wire.read_body(stream)) is not None:
            frames.append(decode(data))
    expected = msgspec.json.decode(path.with_suffix(".json").read_bytes())
    shown = msgspec.json.decode(msgspec.json.encode(frames))
    assert len(shown) == len(expected)
    for seen, golden in zip(shown, expected, strict=True):
        assert_holds(seen, golden)


def assert_holds(seen: object, golden: object) -> None:
    """All that the transcript says is still understood; newer fields may stand beside it."""
    if isinstance(golden, dict):
        assert isinstance(seen, dict)
        for key, value in golden.items():
            assert_holds(seen.get(key), value)
    elif isinstance(golden, list):
        assert isinstance(seen, list)
        assert len(seen) == len(golden)
        for left, right in zip(seen, golden, strict=True):
            assert_holds(left, right)
    else:
        assert seen == golden


def test_the_protocol_of_today_has_its_transcripts():
    names = {path.name for path in transcripts()}
    assert {f"protocol-{wire.PROTOCOL}.to-guest.bin", f"protocol-{wire.PROTOCOL}.to-host.bin"} <= names


def test_no_transcript_is_of_a_protocol_to_come():
    for path in transcripts():
        match = re.match(r"protocol-(\d+)\.", path.name)
        assert match
        assert int(match[1]) <= wire.PROTOCOL
