"""Speed and memory of the detector on synthetic adverts of about 80 words, one process, one core.

The last line is one JSON object: records a second (by the clock, and of processor time), kilobytes
resident once open and at the end (the records of the benchmark included), seconds to open,
findings a record, and the seconds of the slowest hostile text of 1,000,000 characters.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import time
from pathlib import Path

from accord_sdk import Contact, Place, Price, Record
from accord_sdk.testing import LocalCall
from accord_selectors.plugin import SelectorDetector

_WORDS = (
    "available today quiet location friendly service clean private parking welcome appointment only weekday"
    " evenings easy access close to the airport new in town limited time special please be polite and on time"
    " my studio is near downtown walk in or book ahead relaxing hour fresh towels music tea and smile always"
    " happy to answer questions no rush ask about packages weekend hours may vary thank you for reading"
).split()
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_AREAS = ("614", "213", "312", "404", "512", "602", "702", "713", "786", "917")
_CITIES = ("Columbus, OH", "Austin, TX", "Phoenix, AZ", "Las Vegas, NV", "Miami, FL", "Chicago, IL")


def _phone(chance: random.Random) -> str:
    digits = f"{chance.choice(_AREAS)}555{chance.randrange(10000):04d}"
    plain = f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"
    style = chance.randrange(6)
    if style == 0:
        return " ".join(_DIGITS[int(d)] if chance.random() < 0.5 else d for d in digits)
    if style == 1:
        return f"({digits[:3]})*{digits[3:6]}*{digits[6:].replace('0', 'O')}"
    return plain if style < 5 else digits


def adverts(count: int, seed: int = 7) -> list[Record]:
    """Synthetic records: about 80 words, a telephone number in each body, other selectors in some."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    records = []
    for i in range(count):
        words = [chance.choice(_WORDS) for _ in range(62)]
        words.insert(20, f"I am {chance.randrange(21, 40)}")
        words.insert(30, f"${chance.randrange(8, 30) * 10}/hr {chance.randrange(5, 15) * 10} hh")
        words.insert(40, f"call {_phone(chance)}")
        if i % 3 == 0:
            words.append(f"snapchat: sample_{i}")
        if i % 4 == 0:
            words.append(f"sample{i}@mail.example")
        if i % 5 == 0:
            words.append("✨💬 www.example.com/ads")
        city = chance.choice(_CITIES)
        body = " ".join(words).capitalize() + f" {city}."
        contacts = (Contact("phone", _phone(chance)),) if i % 10 == 0 else ()
        prices = (Price(200.0, "USD", 60),) if i % 2 else ()
        place = Place(name=city, country="US")
        records.append(
            Record(
                title=f"New in town - {21 + i % 15}", body=body, place=place, contacts=contacts, prices=prices
            )
        )
    return records


def hostile(size: int = 1_000_000) -> dict[str, str]:
    """Texts made to be slow."""
    units = (
        "1 ",
        "six ",
        "a@",
        "a.",
        "@",
        "614-555-",
        "(at) ",
        "$1 ",
        "hr ",
        "snapchat ",
        "x dot ",
        "0x",
        "1a",
        "new york ",
    )
    units += (
        "é",
        "\u200b",
        "６",
        "bc1q",
        "!1",
        "to",
        "age ",
        "st ",
        "twenty ",
        "i am 2",
        "1/2 ",
        "http://",
        "a-",
        "12 years ",
    )
    return {unit: (unit * (size // len(unit) + 1))[:size] for unit in units}


def _resident_kb() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer records")
    count = 4_000 if parser.parse_args().quick else 30_000
    detector = SelectorDetector()
    started = time.perf_counter()
    detector.open()
    opened = time.perf_counter() - started
    resident = _resident_kb()
    records = adverts(count)
    call = LocalCall()
    for _ in detector.detect(adverts(300, seed=1), call):
        pass
    started, cpu = time.perf_counter(), time.process_time()
    found = sum(
        len(result.findings) for result in detector.detect(records, call) if hasattr(result, "findings")
    )
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    slowest = 0.0
    for text in hostile().values():
        started = time.perf_counter()
        list(detector.detect([Record(body=text)], call))
        slowest = max(slowest, time.perf_counter() - started)
    figures = {
        "records": count,
        "records_per_second": round(count / seconds),
        "records_per_cpu_second": round(count / cpu),
        "words_per_record": round(sum(len(r.body.split()) for r in records if r.body) / count, 1),
        "findings_per_record": round(found / count, 2),
        "open_seconds": round(opened, 2),
        "resident_kb_open": resident,
        "resident_kb_end": _resident_kb(),
        "slowest_hostile_seconds": round(slowest, 2),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
