"""Write the transcripts of today's protocol from what they are to say; refuses to change those that exist."""

from pathlib import Path

import msgspec

from accord_sdk import wire

GOLDEN = Path(__file__).parent / "golden"

if __name__ == "__main__":
    for side, union in (("to-guest", wire.ToGuest), ("to-host", wire.ToHost)):
        path = GOLDEN / f"protocol-{wire.PROTOCOL}.{side}.json"
        frames = msgspec.json.Decoder(list[union]).decode(path.read_bytes())  # type: ignore[valid-type]  # a value
        with path.with_suffix(".bin").open("xb") as file:
            file.write(b"".join(map(wire.encode, frames)))
