"""The page of the priorities: their versions and weights, fitting, comparing, and what is in use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.caseload import priority_versions as service
from accord.caseload.decided_leads import LEAST_OF_EACH, Figures, Step, examples
from accord.caseload.priorities import score_of
from accord.caseload.priority_versions import PUBLISHED, Moved, Version
from accord.caseload.segments import label_of
from accord.web.fields import asks, takes, text
from accord.web.presentation import Option
from accord.web.request import principal, unit
from accord_auth.permissions import Permission

blueprint = Blueprint("priorities", __name__, template_folder="templates")

MOST_MOVED = 50


@dataclass(frozen=True)
class VersionRow:
    """A version in the list. `use_url` (POST `version`) is None for who may not, or where it is in use."""

    name: str
    title: str
    in_use: bool
    anchor: int
    fitted_at: datetime | None
    fitted_by: str
    figures: Figures | None
    published: Figures | None
    steps: tuple[Step, ...]
    use_url: str | None
    compare_url: str | None


@dataclass(frozen=True)
class WeightRow:
    """An indicator's weight by each version, in their order, and where its direction comes from."""

    label: str
    weights: tuple[float, ...]
    source: str


@dataclass(frozen=True)
class PrioritiesPage:
    """The versions. `fit_url` (POST) is None for who may not; `confirmed` and `others` are counts."""

    versions: tuple[VersionRow, ...]
    weights: tuple[WeightRow, ...]
    confirmed: int
    others: int
    least: int
    queue_url: str
    fit_url: str | None


@dataclass(frozen=True)
class MovedRow:
    """A lead and its ranks by the two versions."""

    url: str
    title: str
    before: int
    after: int


@dataclass(frozen=True)
class ComparePage:
    """Two versions on the same leads."""

    before: str
    after: str
    rows: tuple[MovedRow, ...]
    moved: int
    compared: int
    versions: tuple[Option, ...]
    back_url: str
    action_url: str


@blueprint.get("/priorities")
@asks()
def priorities() -> str:
    """The versions, their weights, and how they fit to the verdicts."""
    found = service.versions(unit(), principal())
    decided = examples(unit(), principal().organisation)
    confirmed = sum(one.confirmed for one in decided)
    page = PrioritiesPage(
        versions=tuple(map(_row, found)),
        weights=_weights(found),
        confirmed=confirmed,
        others=len(decided) - confirmed,
        least=LEAST_OF_EACH,
        queue_url=url_for("caseload.queue"),
        fit_url=url_for("priorities.fit") if _may() else None,
    )
    return render_template("caseload/priorities.html", page=page)


@blueprint.post("/priorities/fit")
@takes()
def fit() -> ResponseReturnValue:
    """Have a version fitted to the verdicts."""
    service.request_fit(unit(), principal())
    flash("A worker fits it now. Nothing uses it before somebody says so.", "success")
    return redirect(url_for("priorities.priorities"), 303)


@blueprint.post("/priorities/use")
@takes(version=text(20, required=True))
def use() -> ResponseReturnValue:
    """Rank by a version from now on."""
    service.use(unit(), principal(), request.form.get("version", ""))
    flash("In use. The leads are being ranked anew: the order moves for a while.", "success")
    return redirect(url_for("priorities.priorities"), 303)


@blueprint.get("/priorities/compare")
@asks(before=text(20), after=text(20))
def compare() -> str:
    """Where leads stand by two versions."""
    known = service.versions(unit(), principal())
    names = [one.name for one in known]
    before = request.args.get("before") or next(one.name for one in known if one.in_use)
    after = request.args.get("after") or (names[1] if len(names) > 1 else names[0])
    ends = [service.find_version(unit(), principal(), name) for name in (before, after)]
    moved = service.moved(unit(), principal(), *ends)
    page = ComparePage(
        before=before,
        after=after,
        rows=tuple(map(_moved, moved[:MOST_MOVED])),
        moved=len(moved),
        compared=service.COMPARED,
        versions=tuple(Option(name, title_of(name)) for name in names),
        back_url=url_for("priorities.priorities"),
        action_url=url_for("priorities.compare"),
    )
    return render_template("caseload/priorities_compared.html", page=page)


def title_of(name: str) -> str:
    """A version's name as people read it."""
    return "Published" if name == PUBLISHED else f"Fitted {name.removeprefix('fit-')}"


def _may() -> bool:
    return Permission.PRIORITIES_MANAGE in principal().permissions


def _row(one: Version) -> VersionRow:
    return VersionRow(
        one.name,
        title_of(one.name),
        one.in_use,
        one.anchor,
        one.fitted_at,
        one.fitted_by,
        one.figures,
        one.published_figures,
        tuple(map(_as_scores, one.steps)),
        use_url=url_for("priorities.use") if _may() and not one.in_use else None,
        compare_url=None if one.in_use else url_for("priorities.compare", after=one.name),
    )


def _as_scores(step: Step) -> Step:
    """The step with its bounds as scores of 0 to 100."""
    low, high = map(score_of, (step.low, step.high))
    return msgspec.structs.replace(step, low=low, high=high)


def _weights(found: Sequence[Version]) -> tuple[WeightRow, ...]:
    published = found[0].weights
    rows = [
        WeightRow(
            label_of(kind),
            tuple(one.weights.weights.get(kind, one.weights.unlisted) for one in found),
            published.sources.get(kind, ""),
        )
        for kind in sorted(published.weights, key=lambda kind: (-published.weights[kind], kind))
    ]
    rows.append(WeightRow("Any other indicator", tuple(one.weights.unlisted for one in found), ""))
    rows.append(WeightRow("Every lead, to begin with", tuple(one.weights.bias for one in found), ""))
    return tuple(rows)


def _moved(one: Moved) -> MovedRow:
    url = url_for("caseload.lead", lead_id=one.lead_id)
    return MovedRow(url, one.title or "Not ranked yet", one.before, one.after)
