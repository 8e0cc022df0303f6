"""Prices with the time they are for, wallets, places and dates as people write them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from random import Random

import base58
from plugins.selectors.tests.writing import Case
from plugins.selectors.tests.writing.kinds import AROUND

PRICE_FORMS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("${a}/hr", ("{a} USD/60",)),
    ("${a} hour", ("{a} USD/60",)),
    ("${a} per hour", ("{a} USD/60",)),
    ("${a} an hour", ("{a} USD/60",)),
    ("{a}/hr", ("{a}/60",)),
    ("{a}/hour", ("{a}/60",)),
    ("{a} hr", ("{a}/60",)),
    ("{a} an hour", ("{a}/60",)),
    ("${a} hh", ("{a} USD/30",)),
    ("{a} hh {b} hr", ("{a}/30", "{b}/60")),
    ("hh {a} hr {b}", ("{a}/30", "{b}/60")),
    ("hh {a}, fh {b}", ("{a}/30", "{b}/60")),
    ("30min ${a} 60min ${b}", ("{a} USD/30", "{b} USD/60")),
    ("${a} 30min ${b} 60min", ("{a} USD/30", "{b} USD/60")),
    ("half hour ${a}, full hour ${b}", ("{a} USD/30", "{b} USD/60")),
    ("half {a} full {b}", ("{a}/30", "{b}/60")),
    ("{a} half / {b} hour", ("{a}/30", "{b}/60")),
    ("{a} 1/2 hr {b} 1 hr", ("{a}/30", "{b}/60")),
    ("15 min {a} | 30 min {b}", ("{a}/15", "{b}/30")),
    ("{a} roses hr", ("{a}/60",)),
    ("{a} roses for half an hour", ("{a}/30",)),
    ("{a} kisses 1 hour, {b} kisses 2 hours", ("{a}/60", "{b}/120")),
    ("1 hour = {a}; 2 hours = {b}", ("{a}/60", "{b}/120")),
    ("1hr-{a} 2hr-{b}", ("{a}/60", "{b}/120")),
    ("1h {a}€ 2h {b}€", ("{a} EUR/60", "{b} EUR/120")),
    ("£{a} half hour £{b} hour", ("{a} GBP/30", "{b} GBP/60")),
    ("{a} gbp per hour", ("{a} GBP/60",)),
    ("€{a}/h", ("{a} EUR/60",)),
    ("{a} dollars for an hour", ("{a} USD/60",)),
    ("{a} bucks half hour", ("{a} USD/30",)),
    ("${a} for 90 minutes", ("{a} USD/90",)),
    ("${a} overnight", ("{a} USD/480",)),
    ("{a} por hora", ("{a}/60",)),
    ("media hora {a}, una hora {b}", ("{a}/30", "{b}/60")),
    ("{a} media hora {b} hora", ("{a}/30", "{b}/60")),
    ("{a} pesos la hora", ("{a} USD/60",)),
    ("$ {a} / hour", ("{a} USD/60",)),
    ("{a}$ hour", ("{a} USD/60",)),
    ("${a}hr", ("{a} USD/60",)),
    ("{a}hr", ("{a}/60",)),
    ("{a}hh {b}hr", ("{a}/30", "{b}/60")),
    ("qv ${a} hh ${b}", ("{a} USD/15", "{b} USD/30")),
    ("quick visit ${a}", ("{a} USD/15",)),
    ("${a}-hh ${b}-hr", ("{a} USD/30", "{b} USD/60")),
    ("${a} (30 min) ${b} (60 min)", ("{a} USD/30", "{b} USD/60")),
    ("30 minutes: ${a}\n60 minutes: ${b}", ("{a} USD/30", "{b} USD/60")),
    ("Half hour........{a}\nHour..........{b}", ("{a}/30", "{b}/60")),
    ("30 mins {a} roses\n1 hour {b} roses", ("{a}/30", "{b}/60")),
    ("${a}", ("{a} USD",)),
    ("only ${a} today", ("{a} USD",)),
    ("from ${a}", ("{a} USD",)),
    ("{a} roses", ("{a}",)),
    ("USD {a} per hour", ("{a} USD/60",)),
    ("US${a} hour", ("{a} USD/60",)),
    ("{a}usd/h", ("{a} USD/60",)),
    ("hour {a} dollars", ("{a} USD/60",)),
    ("two hours ${a}", ("{a} USD/120",)),
    ("2 hrs for ${a}", ("{a} USD/120",)),
    ("1.5 hr ${a}", ("{a} USD/90",)),
    ("hour and a half ${a}", ("{a} USD/90",)),
    ("${a} x hour", ("{a} USD/60",)),
    ("{a} for 30, {b} for 60", ("{a}/30", "{b}/60")),
    ("${a}/30min, ${b}/60min", ("{a} USD/30", "{b} USD/60")),
    ("${a}/half, ${b}/hour", ("{a} USD/30", "{b} USD/60")),
    ("{a} full hour", ("{a}/60",)),
    ("45 min ${a}", ("{a} USD/45",)),
    ("${a} 4 hr", ("{a} USD/60",)),
    ("hr: {a}", ("{a}/60",)),
    ("1 hora {a}€", ("{a} EUR/60",)),
)
PRICE_NEGATIVES = (
    "open 24 hours",
    "5 min from the airport",
    "10am to 10pm",
    "5'4 120 lbs",
    "1 hour away",
    "room 120",
    "exit 200",
    "120 photos",
    "call 614-555-0134",
    "I am 25",
    "120 reviews",
    "200 Main St",
    "24/7",
    "in 30 minutes",
    "30 min notice please",
    "one hour notice",
    "30 minutes away",
    "a 2 hour drive",
    "available 12 hours a day",
    "since 2019",
    "1 hr minimum",
    "30 or 60 min sessions",
    "size 36",
    "164 cm 54 kg",
    "less than an hour",
    "half price",
    "free half hour parking",
)


def prices(chance: Random) -> Iterator[Case]:
    """Every form in six surroundings without a price of their own."""
    frames = [f for f in AROUND if "$" not in f]
    for form, values in PRICE_FORMS:
        for frame in chance.sample(frames, 6):
            a = chance.randrange(6, 18) * 10
            b = a + chance.randrange(4, 15) * 10
            expected = tuple(value.format(a=a, b=b) for value in values)
            yield Case("price", form, frame, frame.format(form.format(a=a, b=b)), expected)
    for prose in PRICE_NEGATIVES:
        yield Case("price", prose, "", prose, ())


def wallets(chance: Random) -> Iterator[Case]:
    """Base58Check addresses made of random bytes, right and with one letter changed."""
    for chain, version in (("bitcoin", 0x00), ("bitcoin", 0x05), ("litecoin", 0x30), ("tron", 0x41)):
        for frame in AROUND[:8]:
            body = hashlib.sha256(str(chance.random()).encode()).digest()[:20]
            address = base58.b58encode_check(bytes([version]) + body).decode()
            wrong = address[:-1] + ("2" if address[-1] != "2" else "3")
            yield Case("wallet", chain, frame, frame.format(address), (f"{chain}:{address}",))
            yield Case("wallet", f"{chain}, wrong", frame, frame.format(wrong), ())


PLACE_FORMS = (
    "in {n}",
    "{n}, {s}",
    "{n} {s}",
    "visiting {n}",
    "now in {n}!",
    "{n} area",
    "located in {n}",
    "near {n}",
    "downtown {n}",
    "{n} - incall",
    "from {n}",
    "just landed in {n}",
    "{N} {s}",
    "{N}",
    "in {l}",
    "{l}, {S}",
    "{n}, {S}",
    "{n} ({s})",
    "based in {n}",
    "en {n}",
    "{n}/{o}",
    "{n} & {o}",
    "between {n} and {o}",
    "{n} to {o} this week",
    "new to {n}",
    "traveling to {n}",
    "greater {n}",
    "north {n}",
    "all of {n}",
    "close to {n} airport",
)
CITIES = (
    ("Columbus", "OH", "Ohio", "Columbus, OH, US"),
    ("Houston", "TX", "Texas", "Houston, TX, US"),
    ("Las Vegas", "NV", "Nevada", "Las Vegas, NV, US"),
    ("San Diego", "CA", "California", "San Diego, CA, US"),
    ("Portland", "OR", "Oregon", "Portland, OR, US"),
    ("Tampa", "FL", "Florida", "Tampa, FL, US"),
    ("Kansas City", "MO", "Missouri", "Kansas City, MO, US"),
    ("Fort Worth", "TX", "Texas", "Fort Worth, TX, US"),
    ("Ft Worth", "TX", "Texas", "Fort Worth, TX, US"),
    ("Saint Louis", "MO", "Missouri", "St. Louis, MO, US"),
    ("St Paul", "MN", "Minnesota", "Saint Paul, MN, US"),
    ("San José", "CA", "California", "San Jose, CA, US"),
    ("Nashville", "TN", "Tennessee", "Nashville, TN, US"),
    ("Miami", "FL", "Florida", "Miami, FL, US"),
    ("Seattle", "WA", "Washington", "Seattle, WA, US"),
)
SPELLINGS = (
    ("in Vegas", "Las Vegas, NV, US"),
    ("in Philly", "Philadelphia, PA, US"),
    ("visiting NYC", "New York City, NY, US"),
    ("in New York", "New York City, NY, US"),
    ("in L.A.", "Los Angeles, CA, US"),
    ("in Los Angeles", "Los Angeles, CA, US"),
    ("Washington DC", "Washington, DC, US"),
    ("Washington, D.C.", "Washington, DC, US"),
    ("in Indy", "Indianapolis, IN, US"),
    ("in Pittsburg PA", "Pittsburgh, PA, US"),
    ("in Cincinatti", "Cincinnati, OH, US"),
    ("in Philadephia", "Philadelphia, PA, US"),
    ("in Alburquerque", "Albuquerque, NM, US"),
    ("in Minneapolis/St Paul", "Minneapolis, MN, US|Saint Paul, MN, US"),
    ("in SanAntonio", "San Antonio, TX, US"),
    ("in Ft. Lauderdale", "Fort Lauderdale, FL, US"),
    ("staying in Brooklyn", "Brooklyn, NY, US"),
    ("in Queens NY", "Queens, NY, US"),
    ("in the Bronx", "The Bronx, NY, US"),
    ("in Manhattan", "Manhattan, NY, US"),
    ("Hollywood, CA", "Hollywood, CA, US"),
    ("in ATL", "Atlanta, GA, US"),
    ("in H-Town", "Houston, TX, US"),
    ("in Chi-town", "Chicago, IL, US"),
)
PLACE_NEGATIVES = (
    "call my mobile",
    "reading books",
    "so nice today",
    "Austin is my name",
    "ask for Paris",
    "Surprise visit",
    "orange door",
    "Hope to see you",
    "my name is Charlotte",
    "Best in town",
    "Independence and joy",
    "Madison here",
    "Summit room",
    "Pearl necklace",
    "University student discount",
    "call me Savannah",
    "Victoria, 24",
    "Jackson here now",
    "A Normal day",
    "Most welcome",
)


def places(chance: Random) -> Iterator[Case]:
    """Every form with six cities, other spellings, and words and names that are cities too."""
    for form in PLACE_FORMS:
        for name, state, full, label in chance.sample(CITIES, 6):
            other = chance.choice([c for c in CITIES if c[3] != label])
            text = form.format(n=name, N=name.upper(), l=name.lower(), s=state, S=full, o=other[0])
            expected = (label, *((other[3],) if "{o}" in form else ()))
            yield Case(
                "place", form, "", f"Quiet studio. {text}. Call me" if form != "{N}" else text, expected
            )
    for text, labels in SPELLINGS:
        yield Case("place", text, "", f"Now {text}, call me", tuple(labels.split("|")))
    for text in PLACE_NEGATIVES:
        yield Case("place", text, "", text, ())


POSTED = date(2026, 5, 6)
"""The day from which the relative dates of `dates` are counted: a Wednesday."""
DATE_FORMS: tuple[tuple[str, str], ...] = (
    ("in town until Friday", "2026-05-08"),
    ("here till sunday", "2026-05-10"),
    ("leaving tomorrow", "2026-05-07"),
    ("this Saturday only", "2026-05-09"),
    ("next Monday", "2026-05-11"),
    ("starting May 9", "2026-05-09"),
    ("May 9th to May 12th", "2026-05-09/2026-05-12"),
    ("May 9-12", "2026-05-09/2026-05-12"),
    ("9-12 May", "2026-05-09/2026-05-12"),
    ("from 5/9 to 5/12", "2026-05-09/2026-05-12"),
    ("until 05/12/2026", "2026-05-12"),
    ("2026-05-12", "2026-05-12"),
    ("hasta el viernes", "2026-05-08"),
    ("mañana", "2026-05-07"),
    ("12 de mayo", "2026-05-12"),
    ("del 9 al 12 de mayo", "2026-05-09/2026-05-12"),
    ("posted 2 days ago", "2026-05-04"),
    ("3 weeks ago", "2026-04-15"),
    ("since yesterday", "2026-05-05"),
    ("this weekend", "2026-05-09/2026-05-10"),
    ("next week", "2026-05-11/2026-05-17"),
    ("only until the 12th", "2026-05-12"),
    ("Fri - Sun", "2026-05-08/2026-05-10"),
    ("arriving on Thursday", "2026-05-07"),
    ("12 May 2026", "2026-05-12"),
    ("May 12, 2026", "2026-05-12"),
    ("12th of May", "2026-05-12"),
    ("in 3 days", "2026-05-09"),
    ("back Dec 28", "2026-12-28"),
    ("back on january 3rd", "2027-01-03"),
    ("el 3 de enero de 2027", "2027-01-03"),
    ("until 12.05.2026", "2026-05-12"),
    ("pasado mañana", "2026-05-08"),
)
DATE_NEGATIVES = (
    "may I help",
    "march in",
    "10am to 10pm",
    "34-24-36",
    "open mon-fri 9-5",
    "5/5 stars",
    "1/2 hr 80",
    "24/7",
    "I am 24",
    "614-555-0134",
    "30 days notice",
    "weekend rates",
    "monday to sunday 10-10",
    "may be available",
    "sun and sea",
    "sat down",
    "the second floor",
    "1st class",
    "3 days a week",
    "a week away from home",
    "closed sundays",
)


def dates(chance: Random) -> Iterator[Case]:
    """Every form in four surroundings; the record was posted on `POSTED`."""
    for form, value in DATE_FORMS:
        for frame in chance.sample(AROUND, 4):
            yield Case("date", form, frame, frame.format(form), (value,))
    for prose in DATE_NEGATIVES:
        yield Case("date", prose, "", prose, ())
