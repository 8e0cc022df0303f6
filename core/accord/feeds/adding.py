"""Adding a source by form: which plugin, then a form made of its manifest's settings; and removing one."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.feeds.pages import blueprint as feeds
from accord.feeds.presentation import AddPage, OfferedSource, SettingField
from accord.markings import Marking
from accord.publishing.activating import LONGEST_TEXT
from accord.publishing.use_pages import MOST_SETTINGS, seals
from accord.sources import service
from accord.web.fields import asks, takes, text
from accord.web.presentation import FormState, Option
from accord.web.request import principal, unit
from accord_auth.errors import AccordError, Conflict, Invalid
from accord_sdk import Manifest
from accord_sdk.words import allowance

__all__ = ["feeds"]

LONGEST_NAME = 100


@feeds.get("/new")
@asks(plugin=text(LONGEST_NAME))
def new() -> str:
    """Which plugin to bring records in with, and its form once one is chosen."""
    return _page(request.args.get("plugin", ""), FormState())


def _page(name: str, form: FormState) -> str:
    who = principal()
    offered = service.offered_sources(unit(), who)
    chosen = next((one for one in offered if one.name == name), None)
    page = AddPage(
        back_url=url_for("feeds.sources"),
        offered=tuple(
            OfferedSource(url_for("feeds.new", plugin=one.name), one.title, one.summary, one.name == name)
            for one in offered
        ),
        plugin=chosen.name if chosen else "",
        title=chosen.title if chosen else "",
        sentence=allowance(chosen, who.organisation_name) if chosen else "",
        add_url=url_for("feeds.add"),
        plugin_sources=tuple(Option(one, one) for one in chosen.provides.sources) if chosen else (),
        markings=tuple(Option(one.value, one.value) for one in Marking),
        settings=tuple(_fields(chosen, form)) if chosen else (),
        form=form,
    )
    return render_template("feeds/new.html", page=page)


@feeds.post("/new")
@takes(
    plugin=text(LONGEST_NAME, required=True),
    slug=text(40, required=True),
    plugin_source=text(LONGEST_NAME),
    marking=text(20, required=True),
    **{f"setting_{number}": text(LONGEST_TEXT) for number in range(MOST_SETTINGS)},
)
def add() -> ResponseReturnValue:
    """Add the source."""
    sent = dict(request.form.items())
    offered = {one.name: one for one in service.offered_sources(unit(), principal())}
    manifest = offered.get(sent["plugin"])
    if sent["marking"] not in {one.value for one in Marking}:
        return _page(sent["plugin"], FormState(sent, {"marking": "Choose one of the markings."})), 422
    try:
        service.add_source(
            unit(),
            principal(),
            seals(),
            sent["slug"],
            plugin=sent["plugin"],
            plugin_source=sent.get("plugin_source") or None,
            marking=Marking(sent["marking"]),
            settings=_settings(manifest, sent) if manifest else {},
        )
    except (Invalid, Conflict) as error:
        return _page(sent["plugin"], FormState(sent, _errors(error))), 422
    flash("The source is added. Pull now, or say when it is pulled by itself.", "success")
    return redirect(url_for("feeds.source", slug=sent["slug"]), 303)


@feeds.post("/<slug>/remove")
@takes()
def remove(slug: str) -> ResponseReturnValue:
    """Remove a source that holds no records."""
    service.remove_source(unit(), principal(), slug, lock=False)
    flash(f"{slug} is removed.", "success")
    return redirect(url_for("feeds.sources"), 303)


def _errors(error: AccordError) -> dict[str, str]:
    if isinstance(error, Invalid) and error.fields:
        return {name: why[0] for name, why in error.fields.items()}
    return {"slug": str(error)}


def _settings(manifest: Manifest, sent: dict[str, str]) -> dict[str, list[str]]:
    """The settings of the form; one that is left empty is left out."""
    given: dict[str, list[str]] = {}
    for number, (name, setting) in enumerate(manifest.config.items()):
        value = sent.get(f"setting_{number}", "").strip()
        if setting.path:
            continue
        if setting.type == "boolean":
            given[name] = [str(bool(value)).lower()]
        elif value:
            lines = [line.strip() for line in value.splitlines() if line.strip()]
            given[name] = lines if setting.type == "strings" else [value]
    return given


def _fields(manifest: Manifest, form: FormState) -> list[SettingField]:
    shown = []
    for number, (name, setting) in enumerate(manifest.config.items()):
        if setting.path:
            continue
        field, value = f"setting_{number}", setting.default
        words = "\n".join(map(str, value)) if isinstance(value, tuple) else str(value or "")
        if form.values:
            words = form.values.get(field, "")
        shown.append(
            SettingField(
                field,
                setting.type,
                f"{name}: {setting.help}",
                setting.required,
                setting.secret,
                "" if setting.secret else words,
                form.errors.get(name, ""),
            )
        )
    return shown
