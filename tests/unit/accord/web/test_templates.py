"""Every page is drawn with synthetic content, strictly, and held to the security policy."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, flash, render_template
from jinja2 import UndefinedError
from tests.unit.accord.web.samples.cases import CASES
from tests.unit.accord.web.samples.entry import SIGN_IN
from tests.unit.accord.web.samples.frame import FRAME, PRINCIPAL
from tests.unit.accord.web.samples.pages import PAGES
from tests.unit.accord.web.samples.shares import PREVIEW

import accord

Draw = Callable[..., str]
CORE = Path(accord.__path__[0])
TEMPLATES = sorted(
    path
    for feature in ("web", "caseload", "sharing")
    for path in (CORE / feature / "templates").rglob("*.html")
)
HOSTILE = "<script>alert(1)</script><b onclick=\"x()\" style='color:red'>&"
VOID = {"meta", "link", "input", "br", "img", "hr", "path", "rect"}


class Page(HTMLParser):
    """The elements of a page as (tag, attributes), and the text of each script or style element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inline: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> stands in the wrong place"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in {"script", "style"} and data.strip():
            self.inline.append(data)

    def all(self, tag: str) -> Iterator[dict[str, str | None]]:
        return (attributes for name, attributes in self.elements if name == tag)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "name" in metafunc.fixturenames:
        metafunc.parametrize("name", list(PAGES))


def hostile(value: Any, field: str = "") -> Any:
    """The view model with hostile text in every place that holds free text."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changed = {
            each.name: hostile(getattr(value, each.name), each.name) for each in dataclasses.fields(value)
        }
        return dataclasses.replace(value, **changed)
    if isinstance(value, tuple):
        return tuple(hostile(item, field) for item in value)
    if isinstance(value, Mapping):
        return {key: hostile(item, key) for key, item in value.items()}
    if isinstance(value, SimpleNamespace):
        return SimpleNamespace(**{key: hostile(item, key) for key, item in vars(value).items()})
    fixed = field.endswith("url") or field in {"state", "outcome", "tone", "icon", "key", "theme"}
    return value if fixed or not isinstance(value, str) or not value else value + HOSTILE


def test_every_page_keeps_to_the_content_security_policy(name: str, draw: Draw) -> None:
    page = Page(draw(name))
    assert not page.inline
    assert not page.open
    for tag, attributes in page.elements:
        assert "style" not in attributes, (tag, attributes)
        assert not [each for each in attributes if each.startswith(("on", "hx-on"))], (tag, attributes)
        assert tag not in {"iframe", "object", "embed", "base"}
        for attribute in ("href", "src", "action"):
            assert not (attributes.get(attribute) or "").startswith(("http:", "https:", "//", "javascript:"))
    assert all(script["src"] for script in page.all("script"))


def test_hostile_text_is_shown_and_never_obeyed(name: str, draw: Draw) -> None:
    _, context = PAGES[name]
    changes = {key: hostile(value) for key, value in context.items()}
    changes.setdefault("principal", hostile(PRINCIPAL))
    page = Page(draw(name, **changes))
    before = Counter(tag for tag, _ in Page(draw(name)).elements)
    assert Counter(tag for tag, _ in page.elements) == before
    assert not [attributes for _, attributes in page.elements if {"style", "onclick"} & set(attributes)]
    assert not page.inline


def test_ids_are_unique_and_labels_lead_to_their_controls(name: str, draw: Draw) -> None:
    page = Page(draw(name))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for label in page.all("label"):
        assert label["for"] in ids
    for _, attributes in page.elements:
        for attribute in ("aria-labelledby", "aria-describedby"):
            assert set((attributes.get(attribute) or "").split()) <= set(ids)
        target = attributes.get("hx-target") or ""
        assert not target or target[1:] in ids or not any(tag == "html" for tag, _ in page.elements)


def test_every_control_has_a_name_that_a_screen_reader_says(name: str, draw: Draw) -> None:
    page = Page(draw(name))
    labelled = {label["for"] for label in page.all("label")}
    for tag, attributes in page.elements:
        if tag in {"input", "select", "textarea"} and attributes.get("type") != "hidden":
            assert attributes.get("id") in labelled or attributes.get("aria-label"), attributes


def test_forms_that_change_something_work_without_scripts(name: str, draw: Draw) -> None:
    for form in Page(draw(name)).all("form"):
        assert form["method"] in {"get", "post"}
        assert form["action"]
        if "hx-post" in form:
            assert form["hx-post"] == form["action"]


def test_every_template_is_drawn_by_a_sample(app: Flask, draw: Draw) -> None:
    drawn: set[str] = set()
    load = app.jinja_env.loader
    assert load is not None
    original = load.get_source

    def remember(environment: Any, template: str) -> Any:
        drawn.add(template)
        return original(environment, template)

    load.get_source = remember  # type: ignore[method-assign]  # watches which templates are read
    for name in PAGES:
        draw(name)
    known = {
        path.relative_to(parent).as_posix()
        for path in TEMPLATES
        for parent in path.parents
        if parent.name == "templates"
    }
    assert known == drawn


def test_a_misspelt_name_stops_the_page(app: Flask) -> None:
    template = app.jinja_env.from_string("{{ page.emial }}")
    with pytest.raises(UndefinedError, match="emial"):
        template.render(page=SIGN_IN)


def test_the_header_says_who_acts_for_which_organisation(draw: Draw) -> None:
    html = draw("cases")
    assert "Harbour Light Helpline" in html
    assert '<form method="post" action="/sign-out"' in html
    assert "Harbour Light" not in draw("problem 404", principal=None, nav=())


def test_a_chosen_theme_stands_on_the_root_and_none_follows_the_system(draw: Draw) -> None:
    dark = dataclasses.replace(FRAME, theme="dark")
    assert '<html lang="en" data-bs-theme="dark">' in draw("queue", frame=dark)
    assert '<html lang="en">' in draw("queue")


def test_what_a_person_may_not_do_is_left_out(draw: Draw) -> None:
    html = draw("case, read only")
    for words in ("Assign", "Add a note", "Share this case", "Revoke", "Make the STIX file"):
        assert words not in html
    assert "Unmask the values" not in draw("lead, bare")


def test_text_is_blurred_until_asked_for_and_keeps_its_line_breaks(draw: Draw) -> None:
    html = draw("lead, records fragment")
    page = Page(html)
    veiled = [attributes for _, attributes in page.elements if "data-veil" in attributes]
    boxes = [attributes for attributes in page.all("input") if "data-unveil" in attributes]
    assert len(veiled) == len(boxes) == 2
    assert not any("checked" in box for box in boxes)
    body = html[html.index('class="record-body"') :].partition("</p>")[0]
    assert re.sub(r"<[^>]+>", "", body).count("\n") == 1


def test_a_finding_says_in_words_what_it_is(draw: Draw) -> None:
    html = draw("lead, records fragment")
    assert "(Phone number, partly in words, masked)" in html
    assert "(Several people, one contact, raises the rank)" in html


def test_the_document_is_asked_for_again_only_while_it_is_pending(draw: Draw) -> None:
    assert 'hx-trigger="every 2s"' in draw("document pending")
    for state in ("none", "failed"):
        assert "hx-trigger" not in draw(f"document {state}")


def test_a_preview_repeats_every_field_and_a_refused_one_cannot_be_confirmed(draw: Draw) -> None:
    hidden = [each for each in Page(draw("preview")).all("input") if each.get("type") == "hidden"]
    repeated = {(each["name"], each["value"]) for each in hidden}
    assert set(PREVIEW.fields) <= repeated
    assert "<form" not in draw("preview fragment, refused")


def test_an_empty_queue_says_what_to_do(draw: Draw) -> None:
    assert "accord ingest" in draw("queue, no records yet")
    assert "Clear the filter" in draw("queue, no match")


def test_a_queue_that_is_not_counted_to_its_end_says_so(draw: Draw) -> None:
    assert "of more than 10,000" in draw("queue, not counted to its end")
    assert "of 128" in draw("queue")


def test_messages_are_announced(app: Flask) -> None:
    with app.test_request_context("/"):
        flash("The share was revoked.", "success")
        html = render_template(
            "caseload/cases.html",
            page=CASES,
            principal=PRINCIPAL,
            nav=(),
            frame=FRAME,
        )
    assert re.search(r'role="status">\s*<div class="alert alert-success">', html)


def test_moments_carry_their_exact_time(draw: Draw) -> None:
    moments = [each["datetime"] for each in Page(draw("lead")).all("time")]
    assert moments
    assert all(datetime.fromisoformat(str(each)).tzinfo for each in moments)
