"""What templates call: addresses of static files, icons, dates and numbers in words.

`configure` is called once for the application. A name that a template misspells, a missing icon or
a file that was never built stops the page with an error: nothing is left blank in silence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from datetime import date as date_type
from functools import cache
from pathlib import Path
from urllib.parse import quote

from flask import Flask
from jinja2 import StrictUndefined
from markupsafe import Markup, escape

from accord.web.assets import DIST, MANIFEST, STATIC, content_hash

STATIC_SECONDS = 365 * 24 * 3600
"""How long a browser may keep a static file: its address changes with its content."""

Clock = Callable[[], datetime]


class AssetsNotBuiltError(RuntimeError):
    """The front-end packages are not in `static/dist`; run `python -m accord.web.assets`."""


class Assets:
    """The static files: Accord's own in `static`, those of packages in `dist` (see `accord.web.assets`).

    :raises AssetsNotBuiltError: when `dist` holds no build.
    """

    def __init__(self, static: Path = STATIC, dist: Path = DIST) -> None:
        manifest = dist / MANIFEST
        if not manifest.is_file():
            raise AssetsNotBuiltError("the pages are not built: run `python -m accord.web.assets`")
        built: Mapping[str, str] = json.loads(manifest.read_text())["files"]
        self._hashes = {f"dist/{name}": digest for name, digest in built.items()}
        self._hashes |= {path.name: content_hash(path) for path in static.iterdir() if path.is_file()}
        self._icons = {
            path.stem: _inline(path.read_text()) for path in sorted((dist / "icons").glob("*.svg"))
        }
        # Made once: a page of the queue shows some hundred and sixty.
        self._decorations = {name: _DECORATION.format(_PEN, drawing) for name, drawing in self._icons.items()}

    def path(self, name: str) -> str:
        """The file's path below the static folder with its hash, such as `accord.css?v=0f…`.

        :raises KeyError: when there is no such file.
        """
        return f"{quote(name)}?v={self._hashes[name]}"

    def icon(self, name: str, label: str = "") -> Markup:
        """The icon as inline SVG; without a label it is decoration and screen readers skip it.

        :raises KeyError: when the icon is not among `accord.web.assets.ICONS`.
        """
        if not label:
            return self._decorations[name]
        return Markup('<svg class="icon" {} role="img"><title>{}</title>{}</svg>').format(
            _PEN, label, self._icons[name]
        )


_DECORATION = Markup('<svg class="icon" {} aria-hidden="true">{}</svg>')
_PEN = Markup(
    'viewBox="0 0 24 24" fill="none" stroke="currentColor" '
    'stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
)


def _inline(svg: str) -> Markup:
    """The shapes inside a Tabler icon's `<svg>` element; the package's own text, so safe to inline."""
    inside = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
    lines = (line.strip() for line in inside.splitlines())
    return Markup("".join(lines))  # noqa: S704 - from the locked package, not from anybody's input


def date(moment: date_type | datetime, *, year: bool = True) -> str:
    """The day, such as `1 May 2026`, or `1 May` without its year."""
    return f"{moment.day} {moment:%b %Y}" if year else f"{moment.day} {moment:%b}"


def date_time(moment: datetime) -> str:
    """The minute in UTC, such as `1 May 2026, 12:00 UTC`."""
    there = moment.astimezone(UTC)
    return f"{date(there)}, {there:%H:%M} UTC"


def relative(moment: datetime, now: datetime) -> str:
    """How long ago or ahead in words, such as `3 hours ago` or `in 2 days`; days up to two months."""
    seconds = (now - moment).total_seconds()
    if abs(seconds) < 60:
        return "just now"
    for size, word in ((86_400 * 60, ""), (86_400, "day"), (3_600, "hour"), (60, "minute")):
        if abs(seconds) >= size:
            if not word:
                return f"on {date(moment)}"
            number = int(abs(seconds) // size)
            amount = f"{number} {word}" + ("" if number == 1 else "s")
            return f"{amount} ago" if seconds > 0 else f"in {amount}"
    raise AssertionError("unreachable: a minute or more matches a unit")


def signed(number: float) -> str:
    """A contribution with its sign, such as `+18`: whole from 10 on, else one decimal; a true minus sign."""
    size = abs(number)
    text = f"{size:.0f}" if size >= 9.95 or size == int(size) else f"{size:.1f}"
    if text in {"0", "0.0"}:
        return "0"
    return ("+" if number > 0 else "\N{MINUS SIGN}") + text


def commands(words: str) -> Markup:
    """A sentence with what stands between backticks, as the documentation writes commands, set as code."""
    parts = words.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part)
        for number, part in enumerate(parts)
    )


def plural(number: int, one: str, many: str = "") -> str:
    """The number with its noun, such as `1 record` or `1,204 records`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _now() -> datetime:
    return datetime.now(UTC)


def configure(app: Flask, assets: Assets, *, clock: Clock = _now) -> None:
    """Give the application's templates all that `base.html` and the macros call."""
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = STATIC_SECONDS
    environment = app.jinja_env
    environment.undefined = StrictUndefined
    environment.trim_blocks = True
    environment.lstrip_blocks = True

    @cache
    def asset(name: str) -> str:
        return f"{app.static_url_path}/{assets.path(name)}"

    environment.globals.update(asset=asset, icon=assets.icon, now=clock)
    environment.filters.update(
        date=date, date_time=date_time, relative=relative, signed=signed, plural=plural, commands=commands
    )
