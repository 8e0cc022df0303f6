"""Measures the plugin `selectors`: what it finds in written cases, and its speed.

    python bench/selectors_plugin.py [--quick] [--seed N]

Quality: generated cases (`plugins/selectors/tests/writing`), those that were looked at while the grammar was
made apart from those whose style or frame was held out. Speed: records a second of processor time, one
process, on the demo world and on adverts of 75 words; beside it the matcher of Google's `phonenumbers` over
the same texts, which finds plain telephone numbers only. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import phonenumbers

from accord.demo.world import WorldSettings, generate
from accord_sdk import Contact, Place, Price, Record, Result
from accord_sdk.runner import YOUNG_OBJECTS
from accord_sdk.testing import LocalCall
from accord_selectors.plugin import SelectorDetector

# Instead of this folder, whose plugins.py would hide the folder of that name.
sys.path[0] = str(Path(__file__).resolve().parents[1])
from plugins.selectors.tests.writing import Case, kinds, offers, phone_frames  # noqa: E402 - once the path is right
from plugins.selectors.tests.writing.phone_styles import OBSCURED  # noqa: E402 - once the path is right
from plugins.selectors.tests.writing.scoring import score  # noqa: E402 - once the path is right

SEED = 7
_WORDS = (
    "available today quiet location friendly service clean private parking welcome appointment only weekday"
    " evenings easy access close to the airport new in town limited time special please be polite and on time"
    " my studio is near downtown walk in or book ahead relaxing hour fresh towels music tea and smile always"
    " happy to answer questions no rush ask about packages weekend hours may vary thank you for reading"
).split()
_CITIES = ("Columbus, OH", "Austin, TX", "Phoenix, AZ", "Las Vegas, NV", "Miami, FL", "Chicago, IL")
_CALL = LocalCall(timeout_s=3600)


def written(seed: int) -> Iterator[tuple[str, list[Case]]]:
    """The cases of each kind."""
    positives = list(phone_frames.positives(Random(seed)))
    yield "phone, obscured", [case for case in positives if case.style in OBSCURED]
    yield "phone, plain", [case for case in positives if case.style not in OBSCURED]
    yield "phone, two at once", list(phone_frames.pairs(Random(seed)))
    yield "phone, other countries", list(phone_frames.abroad(Random(seed)))
    yield "phone, texts without one", list(phone_frames.negatives(Random(seed), each=3))
    for name, cases in (
        ("handle", kinds.handles),
        ("email", kinds.emails),
        ("url", kinds.urls),
        ("age", kinds.ages),
        ("price with time", offers.prices),
        ("wallet", offers.wallets),
        ("place", offers.places),
        ("date", offers.dates),
    ):
        yield name, list(cases(Random(seed)))


def quality(detector: SelectorDetector, seed: int) -> dict[str, dict[str, Any]]:
    """Print the table of qualities and return the held-out figures by kind."""

    def detect(records: Sequence[Record]) -> list[Result]:
        return list(detector.detect(records, _CALL))

    figures: dict[str, dict[str, Any]] = {}
    print(f"{'kind':26} {'cases':>6} {'P':>6} {'R':>6} {'F1':>6} {'wrong':>6}   (held out; F1 of the others)")
    for kind, cases in written(seed):
        held = score([case for case in cases if case.held_out], detect)
        seen = score([case for case in cases if not case.held_out], detect)
        print(
            f"{kind:26} {held.cases:6} {held.precision:6.3f} {held.recall:6.3f} {held.f1:6.3f} {held.wrong:6}"
            f"   ({seen.f1:.3f}, {seen.wrong} wrong of {seen.cases})"
        )
        figures[kind] = {"cases": held.cases, "f1": round(held.f1, 3), "wrong": held.wrong}
    return figures


def adverts(count: int, seed: int) -> list[Record]:
    """Adverts of 75 words with a telephone number each, in a way drawn from all plain and obscured ones."""
    chance = Random(seed)
    styles = [*phone_frames.PLAIN.values()] * 4 + [*OBSCURED.values()]
    records = []
    for i in range(count):
        words = [chance.choice(_WORDS) for _ in range(62)]
        words.insert(20, f"I am {chance.randrange(21, 40)}")
        words.insert(30, f"${chance.randrange(8, 30) * 10}/hr {chance.randrange(5, 15) * 10} hh")
        words.insert(40, f"call {chance.choice(styles)(phone_frames.reserved(chance), chance)}")
        words += [f"snapchat: sample_{i}"] * (i % 3 == 0) + [f"sample{i}@mail.example"] * (i % 4 == 0)
        words += ["✨💬 www.example.com/ads"] * (i % 5 == 0)
        city = chance.choice(_CITIES)
        body = " ".join(words).capitalize() + f" {city}."
        records.append(
            Record(title=f"New in town - {21 + i % 15}", body=body, place=Place(name=city, country="US"))
        )
    return records


def world(count: int) -> list[Record]:
    """Records of the demo world as the host sends them."""
    return [_record(one.record) for one in generate(WorldSettings(records=count, seed="bench"))]


def _record(line: Any) -> Record:
    place = line.get("place")
    return Record(
        title=line.get("title"),
        body=line.get("body"),
        url=line.get("url"),
        prices=tuple(Price(p["amount"], p.get("currency"), p.get("minutes")) for p in line.get("prices", ())),
        place=Place(**{k: place.get(k) for k in ("name", "country", "lat", "lon")}) if place else None,
        contacts=tuple(Contact(c["kind"], c["value"]) for c in line.get("contacts", ())),
    )


def speed(
    read: Callable[[Sequence[Record]], object],
    records: Sequence[Record],
    rounds: int,
    prepare: Callable[[], object] = list,
) -> float:
    """Records a second of processor time, the best of some rounds; `prepare` is called before each."""
    best = float("inf")
    for _ in range(rounds):
        prepare()
        started = time.process_time()
        read(records)
        best = min(best, time.process_time() - started)
    return len(records) / best


def googles_matcher(records: Sequence[Record]) -> int:
    """How many numbers `phonenumbers` finds."""
    texts = (text for record in records for _, text in record.texts())
    return sum(1 for text in texts for _ in phonenumbers.PhoneNumberMatcher(text, "US"))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="fewer records")
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    count, rounds = (1_500, 2) if options.quick else (10_000, 3)
    detector = SelectorDetector()
    started = time.process_time()
    detector.open()
    opened = time.process_time() - started
    gc.freeze()  # as the runner does, which is how a plugin works
    gc.set_threshold(YOUNG_OBJECTS)
    figures: dict[str, Any] = {"open_seconds": round(opened, 2), "quality": quality(detector, options.seed)}

    def read(records: Sequence[Record]) -> int:
        return sum(1 for _ in detector.detect(records, _CALL))

    for name, records in (("adverts", adverts(count, options.seed)), ("world", world(count))):
        read(records[:300])
        ours = speed(read, records, rounds, detector.open)  # opened anew, it remembers nothing
        googles = speed(googles_matcher, records[: count // 3], 1)
        print(
            f"{name}: {ours:.0f} records/s of CPU for the whole plugin; phonenumbers' matcher {googles:.0f}"
        )
        figures[f"{name}_per_cpu_second"] = round(ours)
        figures[f"{name}_matcher_per_cpu_second"] = round(googles)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
