"""An application that draws templates, with front-end packages that are made up on the spot."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template
from jinja2 import ChoiceLoader, FileSystemLoader
from tests.unit.accord.web.samples.frame import FRAME, NAV, NOW, PRINCIPAL
from tests.unit.accord.web.samples.pages import PAGES

import accord
from accord.web.assets import ICONS, MANIFEST, PACKAGE_FILES, content_hash
from accord.web.rendering import Assets, configure
from accord.web.security import secure

CORE = Path(accord.__path__[0])
ICON = '<svg xmlns="http://www.w3.org/2000/svg" class="icon">\n  <path d="M1 1" />\n</svg>'


@pytest.fixture
def modules() -> Callable[[Path], None]:
    """Fills a `node_modules` folder with small files in place of the real packages."""

    def fill(folder: Path) -> None:
        icons = {f"@tabler/icons/icons/outline/{name}.svg": ICON for name in ICONS}
        for name, text in ({source: source for source in PACKAGE_FILES.values()} | icons).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    return fill


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A `static/dist` as a build leaves it, without the packages."""
    folder = tmp_path / "dist"
    texts = dict.fromkeys(PACKAGE_FILES, "") | {f"icons/{name}.svg": ICON for name in ICONS}
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    files = {name: content_hash(folder / name) for name in texts}
    (folder / MANIFEST).write_text(json.dumps({"fingerprint": "", "files": files}))
    return folder


@pytest.fixture
def app(dist: Path) -> Flask:
    """Flask with every feature's templates, drawing strictly, at the samples' moment."""
    made = Flask("pages", static_folder=None, static_url_path="/static")
    made.secret_key = "synthetic"
    folders = [CORE / feature / "templates" for feature in ("web", "caseload", "sharing")]
    made.jinja_loader = ChoiceLoader([FileSystemLoader(folder) for folder in folders])
    configure(made, Assets(dist=dist), clock=lambda: NOW)
    made.after_request(secure)
    return made


@pytest.fixture
def draw(app: Flask) -> Callable[..., str]:
    """Draws a page of `PAGES`, with parts of its context replaced."""

    def page(name: str, **changes: Any) -> str:
        template, context = PAGES[name]
        common: Mapping[str, Any] = {
            "principal": PRINCIPAL, "nav": NAV, "frame": FRAME,
        }  # fmt: skip
        with app.test_request_context("/queue"):
            return render_template(template, **(common | context | changes))

    return page
