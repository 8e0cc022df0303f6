"""Network addresses as settings write them."""

from __future__ import annotations

import re
from ipaddress import ip_address

_ADDRESS = re.compile(r"\[(.+)\](?::(\d{1,5}))?|([0-9.]+)(?::(\d{1,5}))?|([0-9a-fA-F:.]+)")


def address_and_port(text: str, *, port: int) -> tuple[str, int]:
    """An IP address and its port, or the given one: `192.0.2.53`, `192.0.2.53:5353`, `[2001:db8::53]:5353`.

    :raises ValueError: when it is none.
    """
    found = _ADDRESS.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no address such as 192.0.2.53 or [2001:db8::53]:5353")
    address = ip_address(found[1] or found[3] or found[5])
    given = int(found[2] or found[4] or port)
    if not 0 < given < 65_536:
        raise ValueError(f"{given} is no port")
    return str(address), given
