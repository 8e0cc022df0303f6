"""Names ahead of their platform, or behind its sign: "lena_1 on snap", "lena_1 is my kik", "👻 lena_1"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from accord_selectors.addresses import CLEAR_DOMAINS
from accord_selectors.folding import Folded
from accord_selectors.mentions import Attributes, Mention
from accord_selectors.platforms import PLATFORM_OF
from accord_selectors.triggers import PLATFORM, where

_NAME = r"[a-z0-9][a-z0-9._\-]{1,38}[a-z0-9_]"
_AHEAD = re.compile(
    rf"(?<![a-z0-9@$._\-/])({_NAME})\s(?:(?:on|in|en)\s(?:my\s|mi\s)?|is\smy\s|es\smi\s|\()\Z"
    rf"|(?<![a-z0-9])\$({_NAME})\s(?:on\s)?\Z"
)
_REACH = 52
_BETWEEN = frozenset({"on", "in", "en", "my", "mi"})
_GHOST = re.compile(rf"👻[\s:➡👉\-]{{0,4}}({_NAME})")
_ODD = re.compile("[0-9_.]")
_PLATFORMS = where(PLATFORM)


def ahead(folded: Folded) -> Iterator[Mention]:
    """The names of a text that something within them shows to be chosen: a digit, a dot, an underscore."""
    low = folded.low
    if folded.roles & PLATFORM:
        for begin in _PLATFORMS.finditer(folded.codes):
            i = begin.start()
            word = folded.tokens[i]
            start = folded.ends[i] - len(word)
            if word == "of" or not (_may_precede(folded.tokens, i) or word == "cashapp"):
                continue
            match = _AHEAD.search(low, max(0, start - _REACH), start)
            if match and (_is_name(match[1]) if match[1] else not match[2].isdigit()):
                yield _mention(PLATFORM_OF[word], match, 2 if match[2] else 1)
    if "👻" in low:
        for match in _GHOST.finditer(low):
            if _is_name(match[1]):
                yield _mention("snapchat", match, 1)


def _may_precede(tokens: list[str], i: int) -> bool:
    """Whether a name can stand ahead of the platform at token `i`: "x on snap", "x (snap)"."""
    return i > 1 and (tokens[i - 1][-1] == "(" or (tokens[i - 1] == " " and tokens[i - 2] in _BETWEEN))


def _is_name(written: str) -> bool:
    odd = _ODD.search(written) is not None and written[0].isalpha()
    return odd and written.rpartition(".")[2] not in CLEAR_DOMAINS


def _mention(platform: str, match: re.Match[str], group: int) -> Mention:
    name = match[group]
    attributes: Attributes = {"platform": platform, "name": name}
    return Mention("handle", f"{platform}:{name}", *match.span(group), 0.7, attributes)
