"""The sources of an organisation, and one source: pulls, schedule, back-fill, taking records out."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.detection import progress
from accord.feeds.presentation import PullRow, RejectRow, SourcePage, SourceRow, SourcesPage
from accord.registry.stops import shown
from accord.sources import listing, service
from accord.sources.clock import seconds
from accord.sources.configuration import as_texts
from accord.sources.models import SourcePull
from accord.sources.rejects import newest_rejects
from accord.sources.scheduling import LONGEST_CRON, set_schedule
from accord.web.fields import asks, takes, text
from accord.web.presentation import FormState
from accord.web.request import principal, unit
from accord_auth.errors import Invalid
from accord_auth.permissions import Permission

blueprint = Blueprint("feeds", __name__, template_folder="templates", url_prefix="/sources")

REJECTS_SHOWN = 20
LONGEST_LIST = 20_000
"""Characters of a list of external ids."""


@blueprint.get("")
@asks()
def sources() -> str:
    """The organisation's sources."""
    who = principal()
    rows = tuple(_row(one) for one in listing.list_sources(unit(), who))
    new_url = url_for("feeds.new") if Permission.RECORDS_WRITE in who.permissions else None
    return render_template("feeds/sources.html", page=SourcesPage(rows, who.organisation_name, new_url))


@blueprint.get("/<slug>")
@asks()
def source(slug: str) -> str:
    """One source."""
    return render_template("feeds/source.html", page=_page(slug))


def _page(slug: str) -> SourcePage:
    who = principal()
    found = service.source_by_slug(unit(), who, slug)
    (listed,) = [one for one in listing.list_sources(unit(), who) if one.slug == slug]
    pulls = Permission.RECORDS_WRITE in who.permissions and listed.plugin is not None
    reads = Permission.PLUGINS_READ in who.permissions
    withdraws = Permission.RECORDS_WITHDRAW in who.permissions

    def address(name: str, allowed: bool) -> str | None:
        return url_for(f"feeds.{name}", slug=slug) if allowed else None

    return SourcePage(
        _row(listed),
        back_url=url_for("feeds.sources"),
        pulls=tuple(_pull(one) for one in service.pulls_of(unit(), found)),
        rejects=tuple(
            RejectRow(one.position, one.reason, one.at)
            for one in newest_rejects(unit(), found, REJECTS_SHOWN)
        ),
        settings=tuple((name, ", ".join(as_texts(value))) for name, value in sorted(listed.config.items())),
        pull_url=address("pull", pulls),
        backfill_url=address("backfill", pulls),
        schedule_url=address("schedule", pulls),
        withdraw_url=address("withdraw", withdraws and listed.records > 0),
        remove_url=address("remove", Permission.RECORDS_WRITE in who.permissions and not listed.records),
        detectors=tuple(
            map(progress.shown, progress.progress(unit(), who, source_id=found.id) if reads else ())
        ),
        every=listed.every,
        cron=listed.cron,
    )


@blueprint.post("/<slug>/pull")
@takes()
def pull(slug: str) -> ResponseReturnValue:
    """Ask for what is new."""
    service.request_pull(unit(), principal(), slug, once=False)
    flash("A worker will bring in what is new.", "success")
    return _back(slug)


@blueprint.post("/<slug>/backfill")
@takes()
def backfill(slug: str) -> ResponseReturnValue:
    """Ask for everything from the source's start."""
    service.request_pull(unit(), principal(), slug, backfill=True, once=False)
    flash("A worker will bring in what is missing, from the start.", "success")
    return _back(slug)


@blueprint.post("/<slug>/schedule")
@takes(every=text(12), cron=text(LONGEST_CRON))
def schedule(slug: str) -> ResponseReturnValue:
    """Have the source pulled by the clock, or no more where both fields are empty."""
    every, cron = request.form.get("every", "").strip(), request.form.get("cron", "").strip()
    try:
        every_s = seconds(every) if every else None
        set_schedule(unit(), principal(), slug, every_s=every_s, cron=cron or None)
    except Invalid as error:
        form = FormState({"every": every, "cron": cron}, _errors(error))
        return render_template("feeds/source.html", page=replace(_page(slug), schedule_form=form)), 422
    flash("The schedule is set.", "success")
    return _back(slug)


@blueprint.post("/<slug>/withdraw")
@takes(external_ids=text(LONGEST_LIST, required=True))
def withdraw(slug: str) -> ResponseReturnValue:
    """Take records out, one external id a line."""
    ids = [line.strip() for line in request.form["external_ids"].splitlines() if line.strip()]
    count = service.withdraw_records(unit(), principal(), slug, ids, once=False)
    flash(f"{count} records are taken out, with what was found in them.", "success")
    return _back(slug)


def _errors(error: Invalid) -> dict[str, str]:
    return {name: why[0] for name, why in error.fields.items()} or {"": str(error)}


def _back(slug: str) -> ResponseReturnValue:
    return redirect(url_for("feeds.source", slug=slug), 303)


def _row(one: listing.Listed) -> SourceRow:
    stop = listing.stop_of_source(one)
    return SourceRow(
        url=url_for("feeds.source", slug=one.slug),
        slug=one.slug,
        plugin=one.plugin or "",
        marking=one.marking,
        records=one.records,
        schedule=one.schedule,
        pulling=one.pulling,
        last_pull_at=one.last_pull_at,
        next_pull_at=one.next_pull_at,
        trouble=shown(stop) if stop else None,
        held=one.held is not None,
        failures=one.failures,
    )


def _pull(one: SourcePull) -> PullRow:
    return PullRow(
        one.requested_at,
        one.finished_at,
        one.backfill,
        one.read,
        one.stored,
        one.unchanged,
        one.rejected,
        one.removed,
        progress=one.progress,
        error=one.error or "",
        code=one.code,
    )
