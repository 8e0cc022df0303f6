"""Texts around telephone numbers, and texts full of digits without one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from plugins.selectors.tests.writing import Case
from plugins.selectors.tests.writing.phone_styles import OBSCURED, PLAIN

FRAMES = (
    "{}",
    "call {}",
    "Text {} only",
    "call me at {} thanks",
    "Quiet studio, {} today",
    "reach me: {}!",
    "☎ {}",
    "📱{}📱",
    "New in town until Sunday. {} ask for Sam",
    "Rates 200/hr 120 hh. Call {} now",
    "I am 24, 5'6, 125 lbs. {}",
    "available 24/7 {} no blocked calls",
    "$80 hh $120 hr {}",
    "{} $200 hour $120 half",
    "10am to 10pm, {}, 7 days",
    "TEXT ME NOW {} NO EMAILS",
    "Llámame al {} gracias",
    "mi número es {} escríbeme",
    "WhatsApp {} solo mensajes",
    "cel: {} zona centro",
    "Sam *** {} *** downtown",
    "tel{}",
    "ph# {}.",
    "cell: {}, ask for details",
    "((({})))",
    "Two rooms, three guests, {} to book",
    "22 yrs old\n{}\n100% real",
    "first line\nsecond line {}\nthird",
    "Posted 05/12/2026 10:30 pm. {}",
    "dial {} before 9 pm",
    "{} (leave a message)",
    "hit me up {} or drop by",
    "friendly and clean ~ {} ~",
    "only serious callers >> {} <<",
    "call or text {} anytime, room 204",
    "my number: {} (no private numbers)",
    "Zip 43215. {}",
    "for bookings, {}; walk-ins welcome",
    "100 roses {} 60 qv",
    "massage licence 12-3456 {}",
    "open till 2am {} off I-70 exit 103",
    "two locations, one number: {}",
)

PAIR_FRAMES = (
    "{} or {}",
    "call {} / {}",
    "{}, {}",
    "text {} and if busy {}",
    "{}\n{}",
    "A: {} B: {}",
    "{} | {}",
)

AREAS = "201 212 213 303 305 312 404 415 469 502 512 602 614 617 702 713 718 786 808 917 949 971".split()

Draw = Callable[[Random], tuple[str, ...]]


def reserved(chance: Random) -> tuple[str, ...]:
    """Groups of a number that is kept for fiction: area code, 555, 0100-0199."""
    return chance.choice(AREAS), "555", f"01{chance.randrange(100):02d}"


_ABROAD: tuple[tuple[str, str, str, str], ...] = (
    ("GB", "+447700900{:03d}", "07700 900{:03d}", "GB mobile national"),
    ("GB", "+442079460{:03d}", "020 7946 0{:03d}", "GB London national"),
    ("GB", "+441632960{:03d}", "(01632) 960{:03d}", "GB parentheses"),
    ("US", "+447700900{:03d}", "+44 7700 900{:03d}", "GB from US"),
    ("US", "+447700900{:03d}", "+44 (0)7700 900 {:03d}", "GB with optional nought"),
    ("US", "+442079460{:03d}", "0044 20 7946 0{:03d}", "GB exit code"),
    ("GB", "+447700900{:03d}", "oh double seven double oh nine double oh {:03d}", "GB spoken"),
    ("GB", "+447700900{:03d}", "zero seven seven zero zero nine zero zero {:03d}", "GB words"),
    ("GB", "+447700900{:03d}", "O77OO 9OO {:03d}", "GB letters"),
    ("GB", "+447700900{:03d}", "0.7.7.0.0.9.0.0.{:03d}", "GB dotted"),
    ("AU", "+61255501{:03d}", "02 5550 1{:03d}", "AU national"),
    ("AU", "+61255501{:03d}", "(02) 5550 1{:03d}", "AU parentheses"),
    ("US", "+61255501{:03d}", "+61 2 5550 1{:03d}", "AU international"),
    ("AU", "+61255501{:03d}", "zero two 5550 1{:03d}", "AU words"),
    ("FR", "+33199001{:03d}", "01 99 00 1{:03d}", "FR national"),
    ("US", "+33199001{:03d}", "+33 1 99 00 1{:03d}", "FR international"),
    ("CA", "+16135550{:03d}", "613 555 0{:03d}", "CA national"),
    ("GB", "+16145550{:03d}", "+1 614 555 0{:03d}", "US from GB"),
)


def abroad(chance: Random) -> Iterator[Case]:
    """Numbers of other countries, each way of writing in every frame that is no North American one."""
    for country, value, written, style in _ABROAD:
        for frame in FRAMES[:12]:
            n = chance.randrange(100, 200)
            yield Case("phone", style, frame, frame.format(written.format(n)), (value.format(n),), country)


def positives(chance: Random, draw: Draw = reserved) -> Iterator[Case]:
    """Every style in every frame."""
    for name, style in (*OBSCURED.items(), *PLAIN.items()):
        for frame in FRAMES:
            groups = draw(chance)
            text = frame.format(style(groups, chance))
            yield Case("phone", name, frame, text, ("+1" + "".join(groups),))


def pairs(chance: Random, draw: Draw = reserved) -> Iterator[Case]:
    """Two numbers beside each other, each style."""
    for name, style in (*OBSCURED.items(), *PLAIN.items()):
        frame = chance.choice(PAIR_FRAMES)
        first, second = draw(chance), draw(chance)
        text = frame.format(style(first, chance), style(second, chance))
        values = ("+1" + "".join(first), "+1" + "".join(second))
        yield Case("phone", f"two, {name}", frame, text, values)


NEGATIVE_FRAMES = (
    "{p} roses {t} min, {p} roses {u} min",
    "{t}min ${p}, {u}min ${q}",
    "rates {p} {q} {r} {s}",
    "{p}/{q}/{r}/{s} specials",
    "hh {p} hr {q} 2hr {r} 3hr {s}",
    "{p} 4 half, {q} 4 hour, {r} 4 two",
    "${p}.00 ${q}.00 ${r}.00",
    "from ${p} to ${q} to ${r}",
    "{p}-{q}-{r} roses",
    "15min/{p} 30min/{q} 60min/{r} 90min/{s}",
    "£{p} €{q} ${r} ₹{s}000",
    "{p} {q} {r} {s} pesos",
    "{p}usd {q}usd {r}usd",
    "qv {p} | hh {q} | fh {r}",
    "1h {p} 2h {q} 3h {r} 12h 1{s} 24h 2{s}",
    "por hora {p}, media hora {q}",
    "bust {m} waist {w} hips {m}, {h} cm, {w} kg",
    "{m}-{w}-{m} {h} {w}",
    "5'{f} {l} lbs {m}-{w}-{m}",
    "height {h} weight {w} age {a}",
    "{m}C {w} {m}, {f} shoe, {h}cm {w}kg",
    "{a} y/o 5 ft {f} in {l} pounds",
    "medidas {m} {w} {m} estatura 1.{w} peso {w}",
    "{a} / {h} / {w} / {m}",
    "size {f}, dress {f}, {m}dd",
    "W {l} H {h} A {a} B {m} C {w}",
    "posted {Y}-{M}-{D} {H}:{I}:{I}",
    "{M}/{D}/{Y} {H}:{I} to {M}/{D}/{Y} {H}:{I}",
    "{D}.{M}.{Y} {H}.{I}",
    "{Y}/{M}/{D} until {Y}/{M}/{D}",
    "in town {M}/{D} - {M}/{D} then {M}/{D}-{M}/{D}",
    "updated {Y}{M}{D}{H}{I}",
    "open {H}:{I}-{H}:{I} mon {H}:{I}-{H}:{I} tue",
    "{D}-{M}-{Y} {D}-{M}-{Y}",
    "mon 9-5 tue 10-6 wed 11-7 thu 9-5 sat {f}-2",
    "{Y} {Y} {Y} {Y}",
    "since {Y}, {Y} model, {Y} sq ft",
    "post id: {N}",
    "Post ID {N}",
    "listing id {N} views {p}",
    "ad #{N}",
    "ad number {N}",
    "reference {N}",
    "ref: {N}",
    "ref no {N}",
    "anuncio numero {N}",
    "folio {N}",
    "order #{N}",
    "invoice no. {N}",
    "booking code {N}",
    "confirmation {N}",
    "case number {N}",
    "license {N}",
    "Lic# {N}",
    "licence no {N}",
    "license number: MT{N}",
    "massage establishment license mm{N}",
    "permit {N}",
    "CAMTC {N}",
    "registration {N}",
    "reg. no. {N}",
    "tax id {E}",
    "EIN: {E}",
    "ABN {N}1",
    "NPI {N}",
    "DEA {N}",
    "cert # {N}",
    "isbn 978-0-{p}-{E2}",
    "UPC 0{N}1",
    "imei 35{N}{p}",
    "vin 1HGCM{N}",
    "serial {N}",
    "tracking 1Z{N}",
    "sku {N}",
    "member {N} #",
    "account no {N}",
    "acct {N}",
    "card 4111 1111 1111 {Y}",
    "card number 4111111111111111",
    "routing {N}",
    "iban GB29 NWBK {Y} {Y} {Y}",
    "zip {Z}-{Y}",
    "{Y} N Main St, suite {p}, zip {Z}",
    "{l} {h}th ave apt {p} floor {f}",
    "exit {p} off route {q} mile {r}",
    "lat {w}.{N} lon -{m}.{N}",
    "{w}.{N}, -{m}.{N}",
    "https://ads.example.com/post/{N}",
    "https://ads.example.com/view?id={N}",
    "http://ads.example.org/a/{N}.html",
    "ads.example.com/{Y}/{M}/{D}/{N}/",
    "img_{N}.jpg",
    "photo-{N}-large",
    "192.168.{p}.{q} port {Y}",
    "user{N}",
    "ig sample{N}",
    "snap: sample_{N}",
    "wickr sample{N}",
    "@sample{N}",
    "sample{N}@mail.example",
    "code ab{N}",
    "color #{Z}ff #{Z}0a",
    "{p},{q}00 {r},{s}00 sq ft",
    "${p},{q},{r}",
    "{a} years, {f} kids, {p} miles, {q} reviews",
    "score {f}-{f} {f}-2 1-{f} 0-0 {f}-3",
    "{f} for {f} {f} for {f}",
    "1 2 3 4 5 6 7 8 9 10",
    "10 9 8 7 6 5 4 3 2 1",
    "one two three four five six seven eight nine ten",
    "uno dos tres cuatro cinco seis siete ocho nueve diez",
    "one day two days three days four days five days six days seven days eight",
    "room for two or three, four at most, five to nine",
    "nine to five six days a week, seven on request, one for free",
    "two girls, one house, four rooms, eight to nine, six to seven",
    "twenty dollars for thirty minutes, forty for an hour, ninety for two",
    "ninety nine percent, one hundred for two, eighty for one",
    "800 {p} {q} {r}",
    "{p} ml {q} ml {r} oz {s} g",
    "{p}% {q}% {r}% off",
    "{p} x {q} x {r} cm",
    "{p}x{q} {r}x{s} px",
    "bus {p} train {q} line {r} platform {f}",
    "flight {Y} gate {w} seat {f}a",
    "channel {p}.{f} and {q}.{f} fm",
    "{N}{N}",
    "{N}{p}",
    "1234567890",
    "0123456789",
    "9876543210",
    "1111111111",
    "0000000000",
    "123-456-7890",
    "555-01{w}",
    "call 555-01{w}",
    "911 or 311 or 411",
    "text 46{f}7{f}",
    "pin {Y} code {Z}",
    "ext {Y}",
    "{p} likes {q} views {r} followers {Y}",
    "seen {N} times",
    "visitor number {N}",
    "timestamp 17{N}",
    "{E} {E}",
    "SSN {p}-{w}-{Y}",
    "dni {N}x",
    "cedula {N}",
    "curp no {N}",
    "passport {N}",
)
"""Texts without a telephone number: prices, measures, dates, times, identifiers, addresses, prose."""


def negatives(chance: Random, each: int = 1) -> Iterator[Case]:
    """`each` texts of every negative frame. {N} is ten digits with the shape of an assigned number."""
    for frame in NEGATIVE_FRAMES:
        for _ in range(each):
            text = frame
            for name, draw in _FILLS.items():
                while "{" + name + "}" in text:
                    text = text.replace("{" + name + "}", draw(chance), 1)
            yield Case("phone", "", frame, text, ())


_FILLS: dict[str, Callable[[Random], str]] = {
    **{name: lambda chance: str(chance.randrange(4, 50) * 10) for name in "pqrs"},
    "t": lambda chance: str(chance.choice((15, 20, 30, 45))),
    "u": lambda chance: str(chance.choice((60, 90, 120))),
    "m": lambda chance: str(chance.randrange(32, 44)),
    "w": lambda chance: str(chance.randrange(22, 60)),
    "h": lambda chance: str(chance.randrange(150, 185)),
    "l": lambda chance: str(chance.randrange(95, 190)),
    "f": lambda chance: str(chance.randrange(2, 10)),
    "a": lambda chance: str(chance.randrange(21, 50)),
    "Y": lambda chance: str(chance.randrange(1990, 2027)),
    "M": lambda chance: f"{chance.randrange(1, 13):02d}",
    "D": lambda chance: f"{chance.randrange(1, 29):02d}",
    "H": lambda chance: f"{chance.randrange(0, 24):02d}",
    "I": lambda chance: f"{chance.randrange(0, 60):02d}",
    "Z": lambda chance: f"{chance.randrange(10000, 99999)}",
    "N": lambda chance: "".join(reserved(chance)),
    "E2": lambda chance: f"{chance.randrange(10000, 99999)}-{chance.randrange(1, 10)}",
    "E": lambda chance: f"{chance.randrange(10, 99)}-{chance.randrange(1000000, 9999999)}",
}
