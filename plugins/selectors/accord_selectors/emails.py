"""E-mail addresses, plain and written around: "name at mail dot example", "name(at)mail[.]example"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from accord_selectors.addresses import CLEAR_DOMAINS, MAIL_PROVIDERS, WORDY_DOMAINS
from accord_selectors.folding import Folded
from accord_selectors.mentions import Mention
from accord_selectors.triggers import AT_WORD, DOT_WORD, LONE_A, OPENING, PROVIDER, SPELT_DOT, any_of

_LOCAL_REACH = 80
_DOT = (
    r"(?:\.|\s{0,2}[(\[{<]\s?(?:dot|punto|\.)\s?[)\]}>]\s{0,2}|[ _-]{1,3}(?:dot|punto|d0t)[ _-]{1,3}|\s\.\s)"
)
_JOINT = r"[ _-](?:dash|hyphen|guion|underscore|guion bajo)[ _-]"
_JOINTS = {"dash": "-", "hyphen": "-", "guion": "-", "underscore": "_", "guion bajo": "_"}
_AT = re.compile(
    r"\s{0,2}[(\[{<*]\s?(?:at|@|arroba|a)\s?[)\]}>*]\s{0,2}|\s{0,2}@\s{0,2}|[ _-]{1,3}(?:at|arroba)[ _-]{1,3}"
)
_LOCAL = re.compile(
    rf"(?<![a-z0-9._%+\-])[a-z0-9][a-z0-9_%+\-]{{0,62}}(?:(?:{_DOT}|{_JOINT})[a-z0-9_%+\-]{{1,62}}){{0,5}}$"
)
_DOMAIN = re.compile(rf"(?:[a-z0-9][a-z0-9\-]{{0,62}}{_DOT}){{1,5}}[a-z]{{2,24}}(?![a-z0-9@])")
_PLAIN_LOCAL = "abcdefghijklmnopqrstuvwxyz0123456789._%+-"
_PLAIN_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,24}(?![a-z0-9])")
_ANY_DOT, _ANY_JOINT = re.compile(_DOT), re.compile(_JOINT)
_AT_SIGN = re.compile(
    any_of(OPENING) + any_of(AT_WORD | LONE_A) + b"|" + any_of(AT_WORD) + b"." + any_of(PROVIDER), re.DOTALL
)
_DOTCOM = frozenset("gmail googlemail yahoo ymail hotmail outlook icloud aol protonmail rocketmail".split())
"""Providers that mean their .com where nothing follows, and that nobody writes in two words otherwise."""
_PROVIDER_PARTS = ("mail", "hoo", "look", "cloud", "aol")
"""One of these stands in each of their names, also where it is parted."""
_one = "|".join(sorted(_DOTCOM, key=len, reverse=True))
_halves = "|".join(
    rf"{name[:i]}[ \-]{name[i:]}" for name in sorted(_DOTCOM) for i in (1, 2, 3, 6) if i < len(name) - 2
)
_BEGUN = r"(?<![a-z0-9._%+\-])(?P<name>[a-z0-9][a-z0-9._%+\-]{1,62}?)"
_OF_PROVIDER = re.compile(
    rf"{_BEGUN}(?P<sign>\s?@\s?|\sat\s)(?P<provider>{_one}|{_halves})"
    rf"(?:(?:{_DOT}|\s?,\s?|dot)(?P<top>com|net|org|es|mx|fr|co\.uk))?(?![a-z0-9\-]|\.[a-z0-9])"
)
"""A known provider: without its domain, in two words, with a comma for the dot, or glued."""
_GLUED = re.compile(rf"{_BEGUN}at(?P<provider>{_one})dot(?P<top>com|net)(?![a-z0-9])")
_MAIL_WORD = re.compile(r"(?<![a-z])(?:e-?mail|mail|correo|write)(?![a-z])")
_LETTER_BY_LETTER = re.compile(r"(?<![a-z0-9])(?:[a-z0-9_.\-] ){3,64}@(?: [a-z0-9.\-]){4,64}(?![a-z0-9])")
_NO_LOCAL = frozenset("me us is am are be or and it at by the a an my our look meet see find visit".split())


def emails(folded: Folded) -> Iterator[Mention]:
    """The e-mail addresses of a text."""
    low = folded.low
    at = low.find("@")
    taken: set[int] = set()
    odd = False
    while at >= 0:
        plain = _plain(folded, at)
        if plain:
            taken.add(at)
            yield plain
        odd = odd or plain is None
        at = low.find("@", at + 1)
    if odd or _may_be_written_around(folded):
        found = list(_written_around(folded, taken))
        yield from found
        if any(map(low.__contains__, _PROVIDER_PARTS)):
            spans = [(mention.start, mention.end) for mention in found]
            yield from _of_providers(low, taken, spans)
        if " @ " in low:
            yield from _letter_by_letter(low)


def _may_be_written_around(folded: Folded) -> bool:
    """Whether a text has a dot in words or brackets, a known provider behind "at", or "at" in brackets."""
    roles = folded.roles
    if roles & (DOT_WORD | SPELT_DOT):
        return True
    bracketed = roles & OPENING and roles & (AT_WORD | LONE_A)
    if (bracketed or (roles & AT_WORD and roles & PROVIDER)) and _AT_SIGN.search(folded.codes):
        return True
    return "dotcom" in folded.low or (bool(roles & AT_WORD) and (" . " in folded.low or "d0t" in folded.low))


def _plain(folded: Folded, at: int) -> Mention | None:
    low = folded.low
    before = low[max(0, at - 65) : at]
    local = before[len(before.rstrip(_PLAIN_LOCAL)) :].lstrip("._%+-")
    match = _PLAIN_DOMAIN.match(low, at + 1, at + 255)
    if not local or local[-1] == "." or len(local) > 64 or match is None:
        return None
    end = _before_next_sentence(folded, at + 1, match.end())
    start = at - len(local)
    return Mention("email", low[start:end], start, end, 0.98)


def _before_next_sentence(folded: Folded, start: int, end: int) -> int:
    """Cut "mail.example.Call" before "Call": a capital after a small letter starts a sentence."""
    domain = folded.low[start:end]
    last = end - len(domain.rpartition(".")[2])
    if (
        domain.count(".") >= 2
        and folded.original(last, end).istitle()
        and not folded.original(start, last).istitle()
    ):
        return last - 1
    return end


def _written_around(folded: Folded, taken: set[int]) -> Iterator[Mention]:
    low = folded.low
    for sign in _AT.finditer(low):
        if taken & set(range(*sign.span())):
            continue
        base = max(0, sign.start() - _LOCAL_REACH)
        local = _LOCAL.search(low[base : sign.start()])
        domain = _DOMAIN.match(low, sign.end(), sign.end() + 200)
        if local is None or domain is None or local[0] in _NO_LOCAL:
            continue
        labels = _ANY_DOT.sub(".", domain[0]).split(".")
        if (plain := labels[0].replace("-", "")) in _DOTCOM:
            labels[0] = plain  # g-mail
        if labels[0] in _NO_LOCAL or not _is_meant(sign[0], domain[0], labels):
            continue
        name = _ANY_JOINT.sub(lambda joint: _JOINTS[joint[0].strip(" _-")], _ANY_DOT.sub(".", local[0]))
        yield Mention("email", f"{name}@{'.'.join(labels)}", base + local.start(), domain.end(), 0.85)


def _letter_by_letter(low: str) -> Iterator[Mention]:
    for match in _LETTER_BY_LETTER.finditer(low):
        address = match[0].replace(" ", "")
        if _PLAIN_DOMAIN.fullmatch(address.partition("@")[2]):
            yield Mention("email", address, *match.span(), 0.8)


def _of_providers(low: str, taken: set[int], spans: list[tuple[int, int]]) -> Iterator[Mention]:
    """Addresses at providers so well known that their domain is left out or misspelt."""
    for match in (*_OF_PROVIDER.finditer(low), *_GLUED.finditer(low)):
        start, end = match.span()
        if not taken.isdisjoint(range(start, end)) or any(a < end and start < b for a, b in spans):
            continue
        name, top = match["name"].rstrip("._-"), match["top"]
        if name in _NO_LOCAL:
            continue
        if match.re is _OF_PROVIDER and "@" not in match["sign"] and not top:
            before = low[max(0, start - 24) : start]
            if name.isalpha() and not _MAIL_WORD.search(before):
                continue
        provider = match["provider"].replace(" ", "").replace("-", "")
        yield Mention("email", f"{name}@{provider}.{top or 'com'}", start, end, 0.8)


def _is_meant(sign: str, domain: str, labels: list[str]) -> bool:
    """Whether an "at" is the sign of an address: the dot is written around too, or the provider is known."""
    spelled = domain.count(".") < len(labels) - 1 or " . " in domain or bool(re.search(r"[(\[{<]", domain))
    known = labels[-1] in CLEAR_DOMAINS or (labels[-1] in WORDY_DOMAINS and labels[0] in MAIL_PROVIDERS)
    if re.search(r"[(\[{<*_]", sign):
        return spelled or known
    if "@" in sign:
        return known
    return (spelled and (known or "dot" in domain or "punto" in domain)) or (
        known and labels[0] in MAIL_PROVIDERS
    )
