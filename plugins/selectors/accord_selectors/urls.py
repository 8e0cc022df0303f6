"""Addresses of pages, with and without a scheme, and the canonical form they are compared in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from accord_selectors.addresses import CLEAR_DOMAINS, WORDY_DOMAINS
from accord_selectors.folding import Folded
from accord_selectors.mentions import Mention
from accord_selectors.triggers import DOT_WORD, SPELT_DOT

_SCHEME = re.compile(r"h(?:tt|xx)ps?(?:://|\[:\]//)")
_WITH_SCHEME = re.compile(
    r"[hw](?:(?<=h)(?:tt|xx)ps?(?:://|\[:\]//)|(?<![a-z0-9@.\-]w)(?<=w)ww\.)[^\s<>\"'\[\]{}|\\^`]{3,2000}"
)
_DOTTED = re.compile(r"\.([a-z]{2,24})(?![a-z0-9@\-_])(?!\.[a-z0-9])")
_TOP_DOMAINS = CLEAR_DOMAINS | WORDY_DOMAINS
_PATH = re.compile(r"(?::[0-9]{2,5})?/[^\s<>\"'\[\]{}|\\^`]{0,2000}")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9_\-]{0,62})\.){1,8}[a-z]{2,24}(?::[0-9]{2,5})?(?=$|[/?#])")
_DOT = r"(?:\s?[(\[{<]\s?(?:dot|punto|\.)\s?[)\]}>]\s?|\s(?:dot|punto)\s)"
_SPELLED = re.compile(
    rf"(?<![a-z0-9.@])(?:www(?:{_DOT}|\s?\.\s?))?[a-z0-9][a-z0-9\-]{{1,62}}(?:{_DOT}[a-z0-9\-]{{2,63}}){{0,2}}"
    rf"(?:{_DOT})(?P<top>[a-z]{{2,24}})(?![a-z0-9])"
    rf"|(?<![a-z0-9.@])www\s?\.\s?[a-z0-9\-]{{2,63}}\s?\.\s?(?P<end>[a-z]{{2,24}})(?!\.?[a-z0-9])"
)
_SPELLED_DOT = re.compile(rf"{_DOT}|\s")
_APART_END = re.compile(r" \. (com|net|org)(?![a-z0-9])")
_APART_HOST = re.compile(r"(?<![a-z0-9.@\-])(?<![.@] )(?!www\b)[a-z0-9\-]{3,63}\Z")
_SPELLED_PATH = re.compile(r"(?:\s(?:slash|diagonal|barra)\s[a-z0-9_\-]{2,40}){1,3}(?![a-z0-9])")
_SPELLED_SLASH = re.compile(r"\s(?:slash|diagonal|barra)\s", re.IGNORECASE)
_ANY_DOT = re.compile(rf"{_DOT}|\s?\.\s?")
_HOST_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.-_"
_TRAILING = ".,;:!?)*'\"~-_…"


def urls(folded: Folded) -> Iterator[Mention]:
    """The addresses of a text; those of e-mail are left out."""
    low = folded.low
    if "//" in low or "www." in low:
        for match in _WITH_SCHEME.finditer(low):
            mention = _mention(folded, match.start(), match.end(), 0.98)
            if mention:
                yield mention
    if "." in low:
        yield from _bare(folded)
    if folded.roles & (DOT_WORD | SPELT_DOT) or "www " in low:
        for match in _SPELLED.finditer(low):
            top, after = match["top"] or match["end"], low[match.end() :][:1]
            if top in CLEAR_DOMAINS and after != "@" and _SPELLED_DOT.search(match[0]):
                yield _spelled(folded, match)
    if " . " in low:
        yield from _apart(folded)


def _apart(folded: Folded) -> Iterator[Mention]:
    """Names whose dot stands between spaces: "name . com"."""
    for end in _APART_END.finditer(folded.low):
        if host := _APART_HOST.search(folded.low, max(0, end.start() - 64), end.start()):
            value = f"{host[0]}.{end[1]}"
            yield Mention("url", value, host.start(), end.end(), 0.7)


def _spelled(folded: Folded, match: re.Match[str]) -> Mention:
    """An address whose dots are written around, with its path: "example [.] com/x", "... slash x"."""
    low, end = folded.low, match.end()
    host, rest = _ANY_DOT.sub(".", match[0]), ""
    if path := _PATH.match(low, end) or _SPELLED_PATH.match(low, end):
        end += len(path[0].rstrip(_TRAILING))
        rest = _SPELLED_SLASH.sub("/", folded.original(match.end(), end))
    return Mention("url", (host + rest).rstrip("/"), match.start(), end, 0.7)


def _bare(folded: Folded) -> Iterator[Mention]:
    low = folded.low
    for match in _DOTTED.finditer(low):
        if match[1] not in _TOP_DOMAINS:
            continue
        base = max(0, match.start() - 100)
        before = low[base : match.start()]
        host = before[len(before.rstrip(_HOST_LETTERS)) :].lstrip(".-_")
        start = match.start() - len(host)
        if not host or (low[start - 1 : start] in {"@", "/", ":"} and start) or host.startswith("www."):
            continue
        path = _PATH.match(low, match.end())
        if (path is None and match[1] in WORDY_DOMAINS) or not re.search(r"[a-z]", host):
            continue
        mention = _mention(folded, start, path.end() if path else match.end(), 0.9)
        if mention:
            yield mention


def _mention(folded: Folded, start: int, end: int, confidence: float) -> Mention | None:
    written = folded.original(start, end)
    if folded.origin is None:
        bare = written.rstrip(_TRAILING)
        if written[len(bare) : len(bare) + 1] == ")" and bare.count("(") > bare.count(")"):
            bare += ")"  # a bracket that the address itself opened
        end -= len(written) - len(bare)
    value = canonical_url(folded.original(start, end), folded.low[start:end])
    return Mention("url", value, start, end, confidence) if value else None


def canonical_url(written: str, low: str | None = None) -> str | None:
    """Scheme and fragment removed, host in lower case, no trailing slash; None when there is no host.

    `low` is the folded form, from which the host is taken.
    """
    low = written.lower() if low is None else low
    scheme = _SCHEME.match(low)
    skip = scheme.end() if scheme else 0
    host = _HOST.match(low, skip)
    if host is None:
        return None
    rest = written[skip + len(host[0]) :].partition("#")[0] if len(written) == len(low) else low[host.end() :]
    return (host[0] + rest).rstrip("/?") or None
