"""Prints the one table of how well Accord finds, joins and ranks, with its aims and simple methods beside it.

    python bench/quality.py [--quick] [--parts NAME ...]

Each part is a script of its own that prints its figures as JSON; this one runs them one after the other, with
`--quick` two at a time, and lays their figures out. What they say meanwhile goes to standard error. The last
line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

BENCH = Path(__file__).parent
ROOT = BENCH.parent
TEMPLATES = ROOT / "plugins" / "templates" / "bench_templates.py"
Found = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """A figure beside its aim: `most` and `least` over several worlds, `beside` what else was measured."""

    what: str
    aim: str
    mean: float
    least: float | None = None
    most: float | None = None
    beside: str = ""
    digits: int = 3

    def cells(self) -> Iterator[str]:
        """As the table shows it."""
        ends = [] if self.least is None or self.most is None else [self.least, self.most]
        yield from (self.what, self.aim, plain(self.mean, self.digits))
        yield "-".join(plain(end, self.digits) for end in ends)
        yield self.beside


def plain(figure: float, digits: int) -> str:
    """With so many digits behind the point; of one digit, none where it says nothing."""
    return f"{figure:,.{0 if digits == 1 and figure == int(figure) else digits}f}"


def selectors(found: Found) -> Iterator[Row]:
    """What the plugin finds in written cases that were held out."""
    kinds, without = found["quality"], found["quality"]["phone, texts without one"]
    for kind, aim in (
        ("phone, plain", "≥ .95"),
        ("phone, obscured", "≥ .93"),
        ("phone, two at once", "≥ .93"),
        ("phone, other countries", "≥ .95"),
        ("handle", "≥ .90"),
        ("age", "≥ .90"),
        ("price with time", "≥ .80"),
        ("email", ""),
        ("url", ""),
        ("wallet", ""),
        ("place", ""),
        ("date", ""),
    ):
        yield Row(f"{kind}, F1", aim, kinds[kind]["f1"])
    wrong = round(100 * without["wrong"] / without["cases"], 1)
    yield Row("phones seen in 100 texts without one", "≤ 3", wrong, digits=1)
    for name in ("adverts", "world"):
        beside = f"Google's matcher, plain numbers only: {found[f'{name}_matcher_per_cpu_second']:,}"
        what = f"records a second of processor time, {name}"
        yield Row(what, "≥ 5,000", found[f"{name}_per_cpu_second"], beside=beside, digits=0)


PUBLISHED = {
    "6%": "published: InfoShield .003, MinHash .98",
    "20%": "published: InfoShield .000, MinHash .38",
}


def templates(found: Found) -> Iterator[Row]:
    """How well texts of one pattern are told from others, and what it costs."""
    for words in (1_500, 400):
        rows = found[f"vocabulary_{words}"]
        for edits, aim in (("0%", ""), ("6%", "≥ .98"), ("20%", "≥ .95")):
            what = f"{words:,} different words, {edits} edited: ARI"
            yield Row(what, aim, rows[edits]["ari"], beside=PUBLISHED.get(edits, ""))
        precisions = [row["precision"] for row in rows.values()]
        mean = sum(precisions) / len(precisions)
        what = f"{words:,} different words, stock phrases shared: pairwise precision"
        yield Row(what, "≥ .99", mean, min(precisions), max(precisions))
    for name, seconds in found.items():
        if name.startswith("seconds_for_"):
            texts = int(name.rpartition("_")[2])
            aim = "< 10" if texts == 20_000 else ""
            yield Row(f"seconds of one core for {texts:,} texts", aim, seconds, digits=1)


def stored(found: Found) -> Iterator[Row]:
    """How fast a batch of texts finds its templates among stored ones."""
    for leaders, figures in found["ms"].items():
        what = f"ms for {found['batch']} texts against {int(leaders):,} stored"
        aim = "< 1,000" if int(leaders) >= 1_000_000 else ""
        beside = f"reading all of them first {figures['all read, wall']:,.0f}"
        yield Row(what, aim, figures["wall"], beside=beside, digits=0)
        yield Row(f"copies found among {int(leaders):,} stored", "", figures["found"])


def images(found: Found) -> Iterator[Row]:
    """How many images are found again after they were re-encoded."""
    for flipped, figures in found["flipped"].items():
        if int(flipped) in (16, 24, found["within"]):
            yield Row(f"copies with {flipped} of 256 bits flipped that are found", "", figures["found"])
    strangers = max(figures["strangers"] for figures in found["flipped"].values())
    yield Row("copies taken for another's", "0", strangers)


LINKING = (
    ("ring b3 F1", "≥ .80", 3, "B-cubed F1 of rings"),
    ("ring b3 P", "≥ .90", 3, "B-cubed precision of rings"),
    ("ring b3 R", "", 3, "B-cubed recall of rings"),
    ("ring pair P", "", 3, "pairwise precision of rings"),
    ("all b3 F1", "", 3, "B-cubed F1 of all"),
    ("leads that join rings", "≤ 3", 1, "leads that join rings"),
)
RANKING = (
    ("P@20", "≥ .75", 2, "P@20"),
    ("nDCG@50", "≥ .55", 2, "nDCG@50"),
    ("lawful in 50", "≤ 5", 1, "lawful leads among the first 50"),
    ("adverts read", "≤ 100", 0, "adverts read to the first most urgent ring (median)"),
)
KEPT = (
    ("text kept found", "≥ .80", "rings that changed all numbers and kept the text, found"),
    ("picture kept found", "≥ .90", "rings that changed all numbers and texts and kept pictures, found"),
    ("copies apart", "≥ .95", "lawful people with a ring's text, kept apart"),
    ("hubs apart", "≥ .95", "who shows a shared desk or booking site, kept apart"),
    ("reassigned apart", "", "who got a ring's former number, kept apart"),
)


def leads(found: Found) -> Iterator[Row]:
    """Linking and ranking, beside the simple methods."""
    for part, names in (("linking", LINKING), ("ranking", RANKING)):
        methods = found[part]
        for name, aim, digits, what in names:
            beside = "; ".join(
                f"{method.partition(',')[0].removesuffix(' alone')} {plain(row[name]['mean'], digits)}"
                for method, row in methods.items()
                if method != "Accord"
            )
            yield Row(what, aim, beside=beside, digits=digits, **methods["Accord"][name])
    alone = found["calibration"]["Brier, one chance for all"]["mean"]
    beside = f"one chance for all {plain(alone, 3)}"
    yield Row("chances that scores stand for: Brier", "", beside=beside, **found["calibration"]["Brier"])
    yield Row("expected calibration error", "", **found["calibration"]["ECE"])
    for name, aim, what in KEPT:
        if name in found["kept"]:
            yield Row(what, aim, **found["kept"][name])


@dataclass(frozen=True)
class Part:
    """A script, what it is called in the table, and how its figures become rows."""

    title: str
    command: tuple[str, ...]
    rows: Callable[[Found], Iterator[Row]]


def script(name: str, *arguments: str) -> tuple[str, ...]:
    """A script of this folder."""
    return str(BENCH / name), *arguments


PARTS = {
    "selectors": Part("Selectors, held-out cases", script("selectors_plugin.py"), selectors),
    "templates": Part("Text templates", (str(TEMPLATES),), templates),
    "stored": Part("Text templates, incremental", script("templates.py"), stored),
    "images": Part("Images", script("images.py"), images),
    "varied": Part("Leads, varied worlds", script("leads.py", "--worlds", "varied"), leads),
    "elsewhere": Part("Leads, second generator", script("leads.py", "--worlds", "elsewhere"), leads),
}


def run(part: Part, *, quick: bool) -> dict[str, Any]:
    """Run a part's script and read its last line."""
    command = [sys.executable, *part.command, *(("--quick",) if quick else ())]
    print(f"== {part.title}", file=sys.stderr, flush=True)
    said = ""
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        for said in process.stdout or ():
            print(said, end="", file=sys.stderr, flush=True)
    if process.returncode:
        raise SystemExit(f"{part.command} ended with {process.returncode}")
    figures: dict[str, Any] = json.loads(said)
    return figures


def table(found: Mapping[str, Found]) -> str:
    """All parts' rows as one Markdown table."""
    lines = ["| | aim | Accord | least-most | beside it |", "| --- | --- | ---: | --- | --- |"]
    for name, figures in found.items():
        lines.append(f"| **{PARTS[name].title}** | | | | |")
        lines += [f"| {' | '.join(row.cells())} |" for row in PARTS[name].rows(figures)]
    return "\n".join(lines)


def main() -> None:
    """Run the parts and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="each part small")
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS), metavar="NAME")
    arguments = parser.parse_args()
    with ThreadPoolExecutor(2 if arguments.quick else 1) as threads:
        figures = threads.map(lambda name: run(PARTS[name], quick=arguments.quick), arguments.parts)
        found = dict(zip(arguments.parts, figures, strict=True))
    print(table(found))
    rows = {name: list(map(asdict, PARTS[name].rows(figures))) for name, figures in found.items()}
    print(json.dumps({"bench": "quality", "quick": arguments.quick, "parts": rows}))


if __name__ == "__main__":
    main()
