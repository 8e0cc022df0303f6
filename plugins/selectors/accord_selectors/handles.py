"""Names on platforms: "snapchat: x", "IG @x", "kik me at x", "@x on twitter", instagram.com/x."""

from __future__ import annotations

import re
from collections.abc import Iterator

from accord_selectors.addresses import CLEAR_DOMAINS
from accord_selectors.folding import Folded
from accord_selectors.handles_ahead import ahead
from accord_selectors.mentions import Attributes, Mention
from accord_selectors.platforms import LEET_SIGNS, LEET_WHOLE, PLATFORM_OF, SITES, SPLIT_NAMES
from accord_selectors.triggers import (
    ADDING,
    LEET_NAME,
    LETTERED,
    NAME_LETTER,
    PLATFORM,
    SPLIT,
    SPLIT_END,
    any_of,
    either,
)

_EVERYDAY = frozenset({"line", "session", "signal", "sc", "snap", "of", "threads"})
"""Platforms whose names are everyday words: taken only with an @, or with "id", "name" and a colon."""

_ROLES = PLATFORM | SPLIT_END | ADDING | LEET_NAME | NAME_LETTER
"""A text without any of these words, an @ and a / holds no handle."""
_SITE_ENDS = tuple(SITES)
_SITE_LAST = frozenset(site[-1] for site in SITES)
_LONGEST_SITE = max(map(len, SITES))
_words = "|".join(sorted([*PLATFORM_OF, *SPLIT_NAMES], key=len, reverse=True)).replace(" ", "[ \\-]")
_name, _half, _other_half = any_of(PLATFORM), any_of(SPLIT), any_of(SPLIT_END)
_STARTS = re.compile(
    either(_name, _half) + b"(?:(?<=%b)|(?<=%b)(?=.%b))" % (_name, _half, _other_half), re.DOTALL
)
_NAME = r"[a-z0-9][a-z0-9._\-]{1,38}[a-z0-9_]"
_AFTER = re.compile(
    rf"(?<![a-z0-9@.])(?P<platform>{_words})(?![a-z0-9]|\.(?!\.)|@)"
    r"(?P<link>(?:[\s:;=~>\-–*|/.,_()\[\]!\"'#👻📷📸💬➡👉]{1,6}(?:name|id|user|username|usrname|usuario|nombre|handle|account|acct|is|s|at|as|como|me|es|mi"
    r"|add|addme|contact|page|profile|only|screenname|messenger|channel|@)(?![a-z0-9])){0,4}"
    rf"(?:\.{{2,4}}|…)?[\s:;=~>\-–*|/,_()\[\]\"'#👻📷📸💬➡👉]{{0,6}})(?P<sign>[@$]?)\s?(?P<name>{_NAME})",
)
_BEFORE = re.compile(
    rf"@(?P<name>{_NAME})[\s,:\-(]{{1,3}}(?:(?:on|in|en|at)\s{{1,2}}|\()?(?P<platform>{_words})(?![a-z0-9])"
)
_ADDED = re.compile(
    rf"(?<![a-z])(?:add|follow|find|agregame|sigueme)\s(?:me\s)?(?:as\s|at\s)?(?P<name>{_NAME})\s(?:on|in|en)\s(?P<platform>{_words})(?![a-z0-9])"
)
_LINK = re.compile(rf"(?P<site>{'|'.join(re.escape(s) for s in SITES)})/[@$]?(?P<name>{_NAME})(?![a-z0-9_])")
_ON_X = re.compile(rf"(?P<platform>x)(?<![a-z0-9].)\s?[:=\-]?\s?@(?P<name>{_NAME})")
_ON_REDDIT = re.compile(rf"(?<![a-z])(?P<platform>reddit)[\s:=\-–]{{1,3}}/?u/(?P<name>{_NAME})")
_LETTERS = re.compile(r"(?<![a-z0-9])[a-z]([ .\-_*])[a-z](?:\1[a-z]){1,8}(?![a-z0-9])")
_LEET = re.compile(
    "(?<![a-z0-9])(?:{})(?![a-z0-9])".format(
        "|".join(
            "".join(f"[{letter}{LEET_SIGNS[letter]}]" if letter in LEET_SIGNS else letter for letter in name)
            for name in sorted(LEET_WHOLE, key=len, reverse=True)
        )
    )
)
_LETTER_OF = str.maketrans({sign: letter for letter, signs in LEET_SIGNS.items() for sign in signs})
_JOINING = ("&", "+", "/", " and", " y")
_TOGETHER = re.compile(
    rf"(?<![a-z0-9@.])({'|'.join(sorted(PLATFORM_OF.keys() - {'of', 'line'}, key=len, reverse=True))})"
    r"(?:\s?(?:&|\+|and|y)\s?|/)\Z"
)
_DISCRIMINATOR = re.compile("#[0-9]{4}(?![0-9])")
_SPELT_REST = re.compile(
    r"\s(dot|punto|underscore|guion bajo)\s(?P<rest>[a-z0-9_]{2,30})(?![a-z0-9@]| at | dot )"
)
_LIVE = re.compile(r":([a-z0-9][a-z0-9._\-]{2,38})")
"""Behind the "live" with which newer names on Skype begin."""
_SITE_FORM = re.compile(r"(?<![a-z0-9\-])(?:www|m|mobile|web|old|l)\.\Z")
_NAMED = re.compile(
    r"(?<![a-z])(?:name|id|user|username|usrname|usuario|nombre|handle|acct|account|screenname)(?![a-z])"
)
_MARKED = re.compile(r"[:=]|->|[~>\-–]\s?$|👻|➡|👉|\.\.|…")
_SAID = re.compile(r"(?<![a-z])(?:me at|add me|is|es)\b")
_OWNED = re.compile(r"(?<![a-z])(?:my|mi|her|our)\s$")
_ANNOUNCED = re.compile(
    r"(?<![a-z])(?:add|hit|follow|find|message|dm|check|see|agregame|sigueme|buscame)\s"
    r"(?:up\s)?(?:my|mi|me\s(?:on|in|at)|en|me\sen|our)\s$"
)
_DIRECT = re.compile(r"\s?(?:[:=~>|]|->|-|👻|👉|\n|\.\.)")
_QUOTES = {'"': '"', "'": "'", "(": ")", "[": "]"}
_SITE_PAGES = frozenset(
    """p reel reels explore stories share hashtag search intent home login add user watch channel joinchat
    groups pages events profile marketplace""".split()
)
_PROSE = frozenset(
    """
    me my mine and or text txt call for the a an to too on in at is it its im i you your yours us we
    he she they only not no yes add follow name id user username handle account page profile also
    available here now new with from of by as all any more info pics photos videos video cash app if
    when while before after ask hit dm message msg please pls just see below above email phone
    number cell contact available booking book payment payments accepted accept verification verify
    verified preferred tambien como y o en mi para con por mas solo info twitter instagram snapchat snap
    telegram kik whatsapp facebook insta ig fb tiktok wechat onlyfans line skype signal discord
    venmo zelle paypal cashapp premium content love best good great first today tonight soon later
    will can do does was are be been has have had that this there then than
    """.split()
)


def handles(folded: Folded) -> Iterator[Mention]:
    """The handles of a text. WhatsApp, Viber and the like are telephone numbers and read as such."""
    low = folded.low
    if not (folded.roles & _ROLES or "/" in low or "@" in low or "👻" in low):
        return
    folded = _spelled_plainly(folded)
    low = folded.low
    seen: set[tuple[str, int]] = set()
    for match in _matches(folded, low):
        mention = _mention(folded, match)
        if mention is not None and (mention.value, mention.start) not in seen:
            seen.add((mention.value, mention.start))
            yield mention
            if also := _also(match, mention):
                yield also
    begun = {start for _, start in seen}
    for mention in ahead(folded):
        if mention.start not in begun:
            yield mention


def _spelled_plainly(folded: Folded) -> Folded:
    """The same with names of platforms written plainly: "s n a p", "k1k"; no character moves."""
    low = folded.low
    if folded.roles & NAME_LETTER and LETTERED.search(folded.codes):
        low = _LETTERS.sub(_joined, low)
    if folded.roles & LEET_NAME:
        low = _LEET.sub(lambda match: match[0].translate(_LETTER_OF), low)
    return folded if low == folded.low else Folded(folded.text, low, folded.origin, folded.table)


def _joined(match: re.Match[str]) -> str:
    """The name that letters make, spaces before it in place of what parted them."""
    name = match[0].replace(match[1], "")
    return name.rjust(len(match[0])) if name in PLATFORM_OF else match[0]


def _also(match: re.Match[str], mention: Mention) -> Mention | None:
    """The same name on another platform that is named with it: "insta & snap: x"."""
    if match.re is not _AFTER:
        return None
    before = match.string[max(0, match.start() - 4) : match.start()].rstrip()
    if not before.endswith(_JOINING):
        return None
    other = _TOGETHER.search(match.string, max(0, match.start() - 24), match.start())
    if other is None or PLATFORM_OF[other[1]] == mention.attributes["platform"]:
        return None
    platform, name = PLATFORM_OF[other[1]], str(mention.attributes["name"])
    attributes: Attributes = {"platform": platform, "name": name}
    return Mention("handle", f"{platform}:{name}", mention.start, mention.end, 0.75, attributes)


def _matches(folded: Folded, low: str) -> Iterator[re.Match[str]]:
    """Everything that has the shape of a handle, each way of writing in turn."""
    if folded.roles & (PLATFORM | SPLIT_END):
        tokens = folded.tokens
        for start in _STARTS.finditer(folded.codes):
            i = start.start()
            end = folded.ends[i]
            if tokens[i] == "of" and folded.original(end - 2, end) != "OF":
                continue
            if match := _AFTER.match(low, end - len(tokens[i])):
                yield match
    if "@" in low:
        yield from _BEFORE.finditer(low)
        yield from _ON_X.finditer(low)
    if "u/" in low:
        yield from _ON_REDDIT.finditer(low)
    if folded.roles & ADDING:
        yield from _ADDED.finditer(low)
    at = low.find("/")
    while at >= 0:
        if low[at - 1] in _SITE_LAST and low.endswith(_SITE_ENDS, max(0, at - _LONGEST_SITE), at):
            yield from _LINK.finditer(low, max(0, at - _LONGEST_SITE), at + 64)
            at += 1
        at = low.find("/", at + 1)


def _mention(folded: Folded, match: re.Match[str]) -> Mention | None:
    groups = match.groupdict()
    name = groups["name"].rstrip(".-")
    if "site" in groups:
        platform, confidence = SITES[groups["site"]], 0.95
        before = match.string[max(0, match.start() - 8) : match.start()]
        part_of_another = before[-1:].isalnum() or before[-1:] in {".", "-"}
        if name in _SITE_PAGES or (part_of_another and not _SITE_FORM.search(before)):
            return None
    else:
        word = groups["platform"]
        platform = "twitter" if word == "x" else PLATFORM_OF.get(word) or SPLIT_NAMES[word.replace("-", " ")]
        if word == "of" and folded.original(*match.span("platform")) != "OF":
            return None
        confidence = _confidence(word, name, groups, match, folded)
    if not confidence or (len(name) < 3 and not any(c.isdigit() for c in name)):
        return None
    if name == "live" and platform == "skype" and (rest := _LIVE.match(folded.low, match.end("name"))):
        name += rest[0]
    start, end = match.start("name"), match.start("name") + len(name)
    if platform == "discord" and (tag := _DISCRIMINATOR.match(folded.low, end)):
        name, end = name + tag[0], tag.end()
    elif "link" in groups and (rest := _SPELT_REST.match(folded.low, end)) and rest[2] not in CLEAR_DOMAINS:
        name += ("." if rest[1] in {"dot", "punto"} else "_") + rest["rest"]
        end = rest.end()
    attributes: dict[str, str | int | float] = {"platform": platform, "name": name}
    return Mention("handle", f"{platform}:{name}", start, end, confidence, attributes)


def _confidence(word: str, name: str, groups: dict[str, str], match: re.Match[str], folded: Folded) -> float:
    """How sure a name after (or before) a platform is one: 0 where it is prose."""
    if "link" not in groups:
        return 0.0 if name in _PROSE else 0.6 if match.re is _ADDED else 0.9
    link, signed = groups["link"], bool(groups["sign"]) or "@" in groups["link"]
    if name in _PROSE or (not link and not signed):
        return 0.0
    named, marked = _NAMED.search(link), _MARKED.search(link)
    odd = _is_odd(folded.original(*match.span("name")))
    if name.isdigit() and not (named or signed):
        return 0.0
    if (
        word in _EVERYDAY
        and word not in {"sc", "snap"}
        and not _is_platform(match, folded, named, signed, odd)
    ):
        return 0.0
    if signed or (named and marked):
        return 0.95
    if ":" in link or "=" in link:
        return 0.9
    if odd or named:
        return 0.8
    quoted = link[-1:] in _QUOTES and match.string[match.end() : match.end() + 1] == _QUOTES[link[-1]]
    return 0.7 if marked or quoted or _is_announced(match) else 0.0


def _is_odd(written: str) -> bool:
    """Whether a word looks like a name that somebody chose: digits, signs or capitals within it."""
    return not written[1:].isalpha() or not (written[1:].islower() or written.isupper())


def _is_platform(
    match: re.Match[str], folded: Folded, named: re.Match[str] | None, signed: bool, odd: bool
) -> bool:
    """Whether an everyday word (line, signal) is the platform: an @, "id:", or written large with a mark."""
    link = match["link"]
    if signed or (named and (_MARKED.search(link) or odd)):
        return True
    if match["platform"] in {"signal", "line"} and match["link"].strip() in {":", "="} and odd:
        return match["platform"] == "signal" or match["name"][0].isalpha()
    large = folded.original(match.start("platform"), match.start("platform") + 1).isupper()
    return large and bool(_DIRECT.match(link)) and (odd or link in {":", "="})


def _is_announced(match: re.Match[str]) -> bool:
    """Whether "my", "add me on" or a verb to the reader says that a name follows."""
    before = match.string[max(0, match.start() - 24) : match.start()]
    link = match["link"]
    if _ANNOUNCED.search(before):
        return True
    return bool(_SAID.search(link)) and (bool(_OWNED.search(before)) or "me" in link)
