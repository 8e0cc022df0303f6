"""Handles, e-mail addresses, URLs and ages as people write them, and prose that only looks like them."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from plugins.selectors.tests.writing import Case

AROUND = (
    "{}",
    "Quiet studio. {}. Call 614-555-0134",
    "new here\n{}\nthanks",
    "{} ✨ $120 hr",
    "☎ 614-555-0134 {}",
    "friendly, clean, {}, downtown",
    "serious only! {} !!",
    "{} / no blocked calls",
    "✨{}✨",
    "I am 24 and new. {} for more",
    "hola, {} gracias",
    "available now - {}",
)

PLATFORMS: dict[str, tuple[str, ...]] = {
    "snapchat": ("Snapchat", "snap", "SC", "Snap Chat", "snapchat", "snpchat"),
    "instagram": ("Instagram", "IG", "insta", "ig", "INSTA", "Insta gram"),
    "twitter": ("Twitter", "twitter", "X (Twitter)", "TWITTER"),
    "telegram": ("Telegram", "TG", "tele gram", "telegram"),
    "kik": ("Kik", "KIK", "kik"),
    "facebook": ("Facebook", "FB", "fb"),
    "tiktok": ("TikTok", "tik tok", "tiktok"),
    "onlyfans": ("OnlyFans", "OF", "only fans"),
    "wechat": ("WeChat", "wechat", "Weixin"),
    "cashapp": ("CashApp", "Cash App", "cashapp"),
    "line": ("Line", "LINE"),
    "skype": ("Skype", "skype"),
    "discord": ("Discord", "discord"),
}
HANDLE_FORMS = (
    "{p}: {n}",
    "{p} @{n}",
    "{p}- {n}",
    "{p} - @{n}",
    "{p}:{n}",
    "{p} : {n}",
    "{p} = {n}",
    "{p} id: {n}",
    "{p} ID {n}",
    "my {p} is {n}",
    "my {p} name is {n}",
    "{p} username {n}",
    "{p} user: {n}",
    "add me on {p} {n}",
    "add me on {p}: {n}",
    "add my {p} {n}",
    "follow me on {p} @{n}",
    "follow me @{n} on {p}",
    "find me on {p} as {n}",
    "@{n} on {p}",
    "@{n} ({p})",
    "{n} on {p}",
    "{p} me at {n}",
    "{p} me @{n}",
    "hit my {p} {n}",
    "{p} >> {n}",
    "{p}~{n}",
    "{p} 👉 {n}",
    "{p}👻{n}",
    '{p} "{n}"',
    "{p} ({n})",
    "{p}/{n}",
    "{p} handle is {n}",
    "{p} acct {n}",
    "{p} account: @{n}",
    "mi {p} es {n}",
    "agrégame en {p} {n}",
    "sígueme en {p} @{n}",
    "{p} usuario {n}",
    "{p}\n{n}",
    "{p}... {n}",
    "{p}; {n}",
    "{p} | {n}",
    "{p} contact {n}",
    "message me on {p}, {n}",
    "dm {p} @{n}",
    "pics on {p} @{n}",
    "{p} -> {n}",
    "{p} add {n}",
    "check {p}: {n}",
    "[{p}] {n}",
)
LINK_FORMS = {
    "instagram": (
        "instagram.com/{n}",
        "https://www.instagram.com/{n}/",
        "https://instagram.com/{n}?igshid=1",
    ),
    "twitter": ("twitter.com/{n}", "https://x.com/{n}", "https://mobile.twitter.com/{n}"),
    "telegram": ("t.me/{n}", "https://t.me/{n}", "telegram.me/{n}"),
    "snapchat": ("snapchat.com/add/{n}", "https://www.snapchat.com/add/{n}"),
    "tiktok": ("https://www.tiktok.com/@{n}", "tiktok.com/@{n}"),
    "onlyfans": ("onlyfans.com/{n}", "https://onlyfans.com/{n}"),
    "cashapp": ("https://cash.app/${n}", "cash.app/${n}"),
    "facebook": ("https://www.facebook.com/{n}", "m.facebook.com/{n}"),
    "reddit": ("https://www.reddit.com/user/{n}", "reddit.com/u/{n}"),
}
_FIRST = (
    "sample demo test fictive made up quiet harbor maple river cedar autumn lantern pebble willow".split()
)
_SECOND = "one two person name account user studio garden street place corner walker".split()
HANDLE_NEGATIVES = (
    "no snapchat please",
    "I do not use instagram or twitter",
    "follow me on instagram for more",
    "add me on snapchat",
    "my kik is on my page",
    "snap, insta and more on request",
    "the line is long",
    "drop me a line anytime",
    "good signal in the room",
    "one session or two sessions",
    "each session is one hour",
    "cash app accepted",
    "CashApp, Venmo or cash",
    "venmo or zelle only",
    "no kik no skype",
    "facebook page coming soon",
    "instagram model look",
    "face time or skype available",
    "ask for my snap",
    "snap me",
    "twitter is down today",
    "telegram and whatsapp only",
    "whatsapp 614-555-0134",
    "verified on twitter and instagram",
    "of course",
    "out of town",
    "best of both",
    "IG available",
    "insta and snap upon request",
    "line up early",
    "signal when near",
    "reddit reviews welcome",
    "discord server closed",
    "wechat accepted here",
    "no facebook games",
)


def _name(chance: Random) -> str:
    first, second = chance.choice(_FIRST), chance.choice(_SECOND)
    n = chance.randrange(100)
    forms = (
        f"{first}_{second}",
        f"{first}{second}{n}",
        f"{first}.{second}",
        f"{first}{second}",
        f"{first}_{n}",
        f"x{first}{second}x",
    )
    return chance.choice(
        (*forms, f"{first.title()}{second.title()}", f"the{first}{second}", f"{first}-{second}{n}")
    )


def handles(chance: Random) -> Iterator[Case]:
    """Every form in six surroundings, links in three, prose about platforms."""
    for form in HANDLE_FORMS:
        for frame in chance.sample(AROUND, 6):
            platform = chance.choice(list(PLATFORMS))
            name = _name(chance)
            text = frame.format(form.format(p=chance.choice(PLATFORMS[platform]), n=name))
            yield Case("handle", form, frame, text, (f"{platform}:{name.lower()}",))
    for platform, forms in LINK_FORMS.items():
        for form in forms:
            for frame in chance.sample(AROUND[:8], 3):
                name = _name(chance).replace("-", "_")
                yield Case(
                    "handle", form, frame, frame.format(form.format(n=name)), (f"{platform}:{name.lower()}",)
                )
    for prose in HANDLE_NEGATIVES:
        yield Case("handle", prose, "", prose, ())


EMAIL_FORMS = (
    "{l}@{h}.{t}",
    "{l} @ {h}.{t}",
    "{l} at {h} dot {t}",
    "{l}(at){h}(dot){t}",
    "{l} [at] {h} [dot] {t}",
    "{l}[@]{h}.{t}",
    "{l} AT {h} DOT {T}",
    "{l} {{at}} {h}.{t}",
    "{l} (at) {h}.{t}",
    "{l} at {h}.{t}",
    "{l}@{h} dot {t}",
    "{l} arroba {h} punto {t}",
    "{l}-at-{h}-dot-{t}",
    "{l}_at_{h}_dot_{t}",
    "{l}@{h}(.){t}",
    "{l}@{h}[.]{t}",
    "{l} <at> {h} <dot> {t}",
    "{l} *at* {h}.{t}",
    "{l}＠{h}．{t}",
    "e-mail:{l}@{h}.{t}",
    "<{l}@{h}.{t}>",
    "mailto:{l}@{h}.{t}",
    "{l} (@) {h} (.) {t}",
    "{l} at {h} (dot) {t}",
    "{l}@{h}.co.{t}",
    "{L}@{H}.{t}",
    "{l}&#64;{h}.{t}",
    "{l} @ {h} . {t}",
    "{l}(arroba){h}(punto){t}",
    "{l}@\u200b{h}.{t}",
    "{l} at mail.{h} dot {t}",
    "{l} dot two at {h} dot {t}",
    "{l}+new@{h}.{t}",
)
EMAIL_NEGATIVES = (
    "meet me at example.com",
    "look at the dot com boom",
    "@sample",
    "be at home by ten",
    "at five dot",
    "@ 5 pm",
    "$80 @ hh",
    "room 4 @ the inn. Nice",
    "call at 5.30 pm",
    "see me at work.",
    "open at 10.00 a.m.",
    "I am at the dot",
    "3 @ $50.00",
    "at the corner dot com cafe",
)
_TOPS = ("example", "com", "net", "org")


def emails(chance: Random) -> Iterator[Case]:
    """Every form in eight surroundings; domains are example.* and *.example."""
    for form in EMAIL_FORMS:
        for frame in chance.sample(AROUND, 8):
            top = chance.choice(_TOPS)
            host = "mail" if top == "example" else "example"
            local = _name(chance).lower().replace("-", "")
            text = form.format(l=local, L=local.title(), h=host, H=host.title(), t=top, T=top.upper())
            value = {
                "dot two": f"{local}.two@{host}.{top}",
                "+new": f"{local}+new@{host}.{top}",
                ".co.": f"{local}@{host}.co.{top}",
                "mail.{h}": f"{local}@mail.{host}.{top}",
            }
            expected = next((v for key, v in value.items() if key in form), f"{local}@{host}.{top}")
            yield Case("email", form, frame, frame.format(text), (expected,))
    for prose in EMAIL_NEGATIVES:
        yield Case("email", prose, "", prose, ())


URL_FORMS = (
    ("https://{h}.example.com/a{n}", "{h}.example.com/a{n}"),
    ("http://www.{h}.example.org", "www.{h}.example.org"),
    ("www.{h}.example.net/x", "www.{h}.example.net/x"),
    ("{h}.example.com", "{h}.example.com"),
    ("HTTPS://{H}.EXAMPLE.COM/", "{h}.example.com"),
    ("{h}.example.com/p/{n}", "{h}.example.com/p/{n}"),
    ("{h}example dot com", "{h}example.com"),
    ("{h}example (dot) com", "{h}example.com"),
    ("{h}example[.]com", "{h}example.com"),
    ("hxxps://{h}.example.com/{n}", "{h}.example.com/{n}"),
    ("www . {h}example . com", "www.{h}example.com"),
    ("www dot {h}example dot com", "www.{h}example.com"),
    ("https://{h}.example.com/?q={n}#top", "{h}.example.com/?q={n}"),
    ("{h}-ads.example.org/", "{h}-ads.example.org"),
    ("https://{h}.example.com:8443/x", "{h}.example.com:8443/x"),
    ("{h}example punto com", "{h}example.com"),
    ("site: {h}.example.info", "{h}.example.info"),
    ("(https://{h}.example.com/a_(b))", "{h}.example.com/a_(b)"),
)
URL_NEGATIVES = (
    "call.me now",
    "so nice.I am here",
    "v2.0 or 3.5",
    "sample@ads.example.com",
    "ok.so be it",
    "no.1 in town",
    "e.g. this",
    "hours 9.00 to 5.00",
    "great rates.in call only",
    "dot your i",
    "a.m. and p.m.",
    "come.on in",
    "the.best.place",
    "dr.sample",
    "St.Louis area",
)


def urls(chance: Random) -> Iterator[Case]:
    """Every form in six surroundings."""
    for form, value in URL_FORMS:
        for frame in chance.sample([f for f in AROUND if "✨{}" not in f], 6):
            host, n = chance.choice(_FIRST), chance.randrange(10_000)
            text = frame.format(form.format(h=host, H=host.upper(), n=n))
            yield Case("url", form, frame, text, (value.format(h=host, n=n),))
    for prose in URL_NEGATIVES:
        yield Case("url", prose, "", prose, ())


AGE_FORMS = (
    "{n} years old",
    "{n} yrs old",
    "{n} yo",
    "{n}yo",
    "{n} y/o",
    "{n}y.o.",
    "{n} y.o",
    "{n}-year-old",
    "{n} year old",
    "age {n}",
    "Age: {n}",
    "AGE={n}",
    "age is {n}",
    "aged {n}",
    "I am {n}",
    "I'm {n}",
    "im {n}",
    "Im {n} and new",
    "just turned {n}",
    "she is {n}",
    "my name is Sam, {n}",
    "Sam, {n}, downtown",
    "tengo {n}",
    "tengo {n} años",
    "{n} añitos",
    "edad {n}",
    "edad: {n} años",
    "soy de {n} años",
    "{n} anos",
    "{n} yrs",
    "{n} years young",
    "{n} years of age",
    "{w} years old",
    "I am {w}",
    "{w} yo",
    "age: {w}",
    "{n}yrs",
    "{n} Yr Old",
    "{n}/f",
    "{n} F",
    "F/{n}",
    "f{n}",
    "({n})",
    "{n}, new in town",
    "my age - {n}",
    "age~{n}",
    "age({n})",
    "i m {n}",
    "i am a {n} year old student of music",
    "turned {n} in May",
    "only {n}",
    "{n} 5'4 120 lbs",
    "{n}, 5ft4, 120 lbs",
    "age {n}, height 165",
    "age/height: {n}/165",
    "{n} años de edad",
    "cumplí {n}",
    "we are {n} and {m}",
    "both {n} y/o",
    "{n} & {m} years old",
    "{n} or {m} yrs old",
    "ages {n} and {m}",
    "ages: {n}, {m}",
    "{n}yr old",
    "𝟐𝟑 years old",
    "2３ yrs",
)
AGE_NEGATIVES = (
    "I am {n}0 lbs",
    "I am {n} min away",
    "{n} years experience",
    "{n} years in business",
    "over {n} years of service",
    "{n} min from the airport",
    "open {n} hours",
    "{n} reviews",
    "room {n}",
    "exit {n}",
    "{n} photos",
    "34-24-{n}",
    "size {n}",
    "{n} kg",
    "weight {n}",
    "{n}% off",
    "${n}",
    "{n} roses",
    "{n} miles",
    "I-{n} north",
    "{n} days only",
    "est. {n} years ago",
    "no one under {n}",
    "must be over {n}",
    "gentlemen {n} and older",
    "{n}+ only",
    "{n} and up",
    "clients over {n}",
    "I am {n}/7",
    "I am 5'{n}",
    "at {n}:30 pm",
    "{n}th street",
    "{n} St",
    "since {n} years",
    "men {n} or older please",
    "from age {n} up",
    "{n} inch tv",
    "{n} dollars",
    "before {n} am",
    "{n} years of practice",
    "I am {n} minutes from you",
    "you must be {n} years or older",
    "serving for {n} years",
    "{n} weeks pregnant care course",
    "my {n} year career",
    "{n} year anniversary",
    "{n} year warranty",
    "last {n} years",
    "{n} cm",
    "{n} inches",
)
_WORDED = {
    21: "twenty one",
    22: "twenty-two",
    24: "twenty four",
    30: "thirty",
    35: "thirty five",
    28: "twenty-eight",
    19: "nineteen",
}
_STATED = {"𝟐𝟑 years old": "23", "2３ yrs": "23"}


def ages(chance: Random) -> Iterator[Case]:
    """Every form in six surroundings that state no other age."""
    frames = [f for f in AROUND if "I am" not in f]
    for form in AGE_FORMS:
        for frame in chance.sample(frames, 6):
            n = chance.choice(list(_WORDED))
            m = n + chance.randrange(1, 9)
            text = frame.format(form.format(n=n, m=m, w=_WORDED[n]))
            expected = (_STATED.get(form, str(n)), *((str(m),) if "{m}" in form else ()))
            yield Case("age", form, frame, text, expected)
    for form in AGE_NEGATIVES:
        for frame in chance.sample(frames, 2):
            yield Case("age", form, frame, frame.format(form.format(n=chance.randrange(18, 48))), ())
