"""Selectors as STIX cyber-observables (SCOs), whose identifiers the standard derives from their values.

So the same phone number gets the same identifier in every bundle, whoever made it. Nothing of a
share other than its markings goes into an observable.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import stix2

from accord_sdk import SelectorKind, SharedRecord
from accord_stix.identifiers import extension

_PARTS = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?(?P<authority>[^/?#]*)(?P<path>[^?#]*)"
    r"(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?",
    re.DOTALL,
)
_AUTHORITY = re.compile(r"(?:(?P<user>.*)@)?(?P<host>\[[0-9A-Fa-f:]+\]|[^@]*?)(?P<port>:[0-9]*)?", re.DOTALL)
_EMAIL = re.compile(r"[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]+")
"""What stix2-validator takes for an address, narrower than RFC 5322; others stay properties."""
_SUB_DELIMITERS = "!$&'()*+,;=-._~%"


def observable(kind: str, value: str, markings: list[str]) -> Any | None:
    """The observable for a selector, or None where STIX has none that would be right."""
    make = _MAKERS.get(kind)
    return make(value, markings) if make and value.strip() else None


def text_artifact(record: SharedRecord, markings: list[str]) -> Any:
    """The record's own text as an artifact, for a record that gives no other observable."""
    text = "\n\n".join(part for part in (record.title, record.body) if part) or record.key or "(no text)"
    payload = base64.b64encode(text.encode()).decode()
    return stix2.v21.Artifact(mime_type="text/plain", payload_bin=payload, object_marking_refs=markings)


def uri(value: str) -> str:
    """A URL as an RFC 3986 URI: `https` where it names no scheme, forbidden characters quoted."""
    parts = _PARTS.fullmatch(value.strip())
    if parts is None:
        raise AssertionError("the pattern matches every text")
    result = f"{parts['scheme'] or 'https'}://{_authority(parts['authority'])}"
    result += _quoted(parts["path"], _SUB_DELIMITERS + "/:@")
    for mark, part in (("?", parts["query"]), ("#", parts["fragment"])):
        if part is not None:
            result += mark + _quoted(part, _SUB_DELIMITERS + "/:@?")
    return result


def _authority(text: str) -> str:
    match = _AUTHORITY.fullmatch(text)
    if match is None:
        return _quoted(text, _SUB_DELIMITERS)
    user = "" if match["user"] is None else _quoted(match["user"], _SUB_DELIMITERS + ":") + "@"
    host = match["host"]
    literal = host.startswith("[") and host.endswith("]")
    return user + (host if literal else _quoted(host, _SUB_DELIMITERS)) + (match["port"] or "")


def _quoted(text: str, safe: str) -> str:
    return re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", quote(text, safe=safe))


def _url(value: str, markings: list[str]) -> Any:
    return stix2.v21.URL(value=uri(value), object_marking_refs=markings)


def _email(value: str, markings: list[str]) -> Any | None:
    if not _EMAIL.fullmatch(value):
        return None
    return stix2.v21.EmailAddress(value=value, object_marking_refs=markings)


def _account(kind: str, value: str, markings: list[str], **properties: str) -> Any:
    return stix2.v21.UserAccount(
        **{name: text for name, text in properties.items() if text},
        extensions=extension(selector_kind=kind, selector_value=value),
        object_marking_refs=markings,
    )


def _phone(value: str, markings: list[str]) -> Any:
    return _account("phone", value, markings, user_id=value, account_type="phone")


def _handle(value: str, markings: list[str]) -> Any:
    platform, colon, login = value.partition(":")
    if not (colon and login):
        return _account("handle", value, markings, account_login=value)
    return _account("handle", value, markings, account_login=login, account_type=platform)


def _wallet(value: str, markings: list[str]) -> Any:
    chain, colon, address = value.partition(":")
    if not (colon and address):
        return _account("wallet", value, markings, user_id=value)
    return _account("wallet", value, markings, user_id=address, account_type=chain)


def _image(value: str, markings: list[str]) -> Any:
    # PDQ is none of the algorithms that `hashes` knows, and equality of bytes is not what it says.
    return stix2.v21.File(
        name=f"pdq-{value}",
        extensions=extension(selector_kind="image", selector_value=value),
        object_marking_refs=markings,
    )


_MAKERS: dict[str, Callable[[str, list[str]], Any | None]] = {
    SelectorKind.PHONE: _phone,
    SelectorKind.EMAIL: _email,
    SelectorKind.HANDLE: _handle,
    SelectorKind.URL: _url,
    SelectorKind.WALLET: _wallet,
    SelectorKind.IMAGE: _image,
}
