"""A version as its page shows it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import url_for

from accord.publishing.advisories import Concerned
from accord.publishing.grant_checks import left_out, stop_of
from accord.publishing.presentation import (
    AdvisoryRow,
    ConcernedRow,
    GrantBox,
    GrantCheckView,
    Pin,
    Step,
    TrialView,
    VersionPage,
    VersionRow,
)
from accord.publishing.review import Reviewed, environment_of
from accord.publishing.versions import Published
from accord.registry.advised import about
from accord.registry.grants import OPEN_ORDER, Allowed
from accord.registry.models import PluginAdvisory, PluginApproval, PluginGrantCheck, PluginTrial
from accord.registry.stops import shown, stop_of_trial, stop_of_version
from accord.web.presentation import FormState, Option
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_sdk import Manifest
from accord_sdk.checks import RECORDS
from accord_sdk.words import allowance, disclosures, listed

MEMBER = "a member"


def grant_field(table: str, name: str) -> str:
    """The name of a grant's field in the form."""
    return f"{table}_{name}"


def row_of(one: Published) -> VersionRow:
    """A version at a glance."""
    version, stop = one.version, stop_of_version(one.version)
    return VersionRow(
        url=url_for("versions.version", version_id=version.id),
        name=version.name,
        version=version.version,
        publisher=one.organisation.name,
        state=version.state,
        current=version.is_current,
        stop=shown(stop) if stop else None,
        published_at=version.published_at,
        published_by=version.published_name,
    )


def advisory_row(one: PluginAdvisory) -> AdvisoryRow:
    """An advisory at a glance."""
    url = url_for("versions.advisory", advisory_id=one.id)
    said = (one.withdrawn_at, one.withdrawn_name, one.withdrawn_reason)
    return AdvisoryRow(about(one), one.reason, one.person_name, one.at, url, *said)


def concerned_row(one: Concerned, who: Principal, *, withdrawn: bool) -> ConcernedRow:
    """A version that an advisory is about; once that is withdrawn, with what lets it run again."""
    resume = None
    if one.held and withdrawn and Permission.PLUGINS_APPROVE in who.permissions:
        beside = url_for("catalogue.resume", name=one.name)
        resume = url_for("versions.resume", version_id=one.version_id) if one.version_id else beside
    return ConcernedRow(one.name, one.version, one.state, one.held, resume)


def trial_view(trial: PluginTrial | None) -> TrialView | None:
    """A run on trial."""
    if trial is None:
        return None
    stop = stop_of_trial(trial)
    done = trial.done_at is not None
    return TrialView(trial.asked_at, done, shown(stop) if stop else None, trial.result)


def version_page(
    reviewed: Reviewed,
    comparison: PluginTrial | None,
    form: FormState,
    checked: GrantCheckView | None = None,
) -> VersionPage:
    """Everything of a version that a person sees."""
    found, version = reviewed.found, reviewed.found.version
    manifest = found.manifest
    checks, asked = reviewed.checks, reviewed.asked
    if not form.values and reviewed.approvals:
        form = replace(form, values=_as_approved(manifest, reviewed.approvals[-1]))
    granted = allowance(Allowed.kept(version.granted).of(manifest), MEMBER) if version.granted else ""
    about_this = comparison is not None and comparison.version_id == version.id

    def address(action: str) -> str | None:
        if action not in reviewed.actions:
            return None
        return url_for(f"versions.{action}", version_id=version.id)

    done = about_this and comparison is not None and comparison.done_at and "error" not in comparison.result
    return VersionPage(
        row=row_of(found),
        title=manifest.title,
        sentence=_capital(allowance(manifest, MEMBER)),
        granted=_capital(granted),
        back_url=url_for("versions.version_list"),
        digest=version.digest,
        card={name: getattr(manifest.card, name) for name in manifest.card.__struct_fields__},
        steps=tuple(Step(**one) for one in checks.get("steps", ())),
        speed=_speed(checks),
        pins=tuple(Pin(*one) for one in environment_of(version)) if version.lock else (),
        changes=reviewed.changes,
        trial=tuple(checks.get("trial", {}).get("findings", ())),
        trial_kinds=checks.get("trial", {}).get("kinds", {}),
        approvals=tuple(
            f"{one.person_name}: {listed([*one.granted['reads'], *one.granted['calls']]) or 'nothing'},"
            f" up to {one.granted['ceiling'][4:]}" + (f", until {one.until:%d %b %Y}" if one.until else "")
            for one in reviewed.approvals
        ),
        two_needed=asked.approvals_needed > 1,
        grants=tuple(_boxes(manifest, checks, form)),
        ceilings=tuple(
            Option(one.value, one.value, selected=one is asked.ceiling)
            for one in OPEN_ORDER[: OPEN_ORDER.index(asked.ceiling) + 1]
        ),
        not_decided=reviewed.excluded,
        leaves=tuple(disclosures(manifest)),
        approved_until=version.approved_until,
        approve_url=address("approve"),
        grants_url=url_for("versions.try_grants", version_id=version.id) if address("approve") else None,
        grant_check=checked,
        refuse_url=address("refuse"),
        suspend_url=address("suspend"),
        resume_url=address("resume"),
        withdraw_url=address("withdraw"),
        compare_url=address("compare"),
        promote_url=address("promote") if done else None,
        not_promoted=reviewed.not_promoted,
        roll_back_url=address("roll_back"),
        roll_back_to=reviewed.before.version if reviewed.before else "",
        comparison=trial_view(comparison) if about_this else None,
        form=form,
    )


def _as_approved(manifest: Manifest, approval: PluginApproval) -> dict[str, str]:
    """The form as somebody filled it in who approved already: whoever comes next has to mean the same."""
    granted = Allowed.kept(approval.granted)
    values = {grant_field("reads", name): "1" for name in granted.reads}
    values |= {f"calls_{number}": "1" for number, host in enumerate(manifest.calls) if host in granted.calls}
    until = approval.until.date().isoformat() if approval.until else ""
    return {**values, "ceiling": granted.ceiling.value, "until": until}


def grant_check_view(known: PluginGrantCheck | None, manifest: Manifest) -> GrantCheckView:
    """Whether the contract holds with some grants."""
    if known is None:
        return GrantCheckView("asked")
    without = left_out(manifest, Allowed.kept(known.granted))
    if known.done_at is None:
        poll = url_for("versions.tried_grants", version_id=known.version_id, check_id=known.id)
        return GrantCheckView("checking", without, poll_url=poll)
    stop = stop_of(known)
    if stop is None:
        return GrantCheckView("holds", without)
    reason = stop.reason
    return GrantCheckView(
        "fails", without, reason.code, reason.words, stop.about, stop.message, reason.next_step
    )


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _speed(checks: dict[str, Any]) -> str:
    parts = []
    if checks.get("records_per_s"):
        parts.append(f"{checks['records_per_s']:,.0f} records a second")
    if checks.get("peak_mb") is not None:
        parts.append(f"{checks['peak_mb']} MB at most")
    return ", ".join(parts)


def _boxes(manifest: Manifest, checks: dict[str, Any], form: FormState) -> list[GrantBox]:
    """Each grant with what becomes of the plugin without it, as the checks tried it out."""
    boxes = []
    sent = form.values
    lacks = checks.get("without", {})
    for name, reason in manifest.reads.items():
        lack = lacks.get(name)
        words = "not tried without it"
        if lack is not None and not lack["holds"]:
            words = "without it the contract does not hold"
        elif lack is not None:
            rest = f"of {lack['changed']} of {RECORDS} records it says something else"
            words = f"without it the contract holds; {rest if lack['changed'] else 'nothing changes'}"
        chosen = bool(sent.get(grant_field("reads", name))) if sent else True
        breaks = lack is not None and not lack["holds"]
        boxes.append(GrantBox(grant_field("reads", name), f"reads {name}", reason, words, chosen, breaks))
    for number, (host, reason) in enumerate(manifest.calls.items()):
        chosen = bool(sent.get(f"calls_{number}")) if sent else True
        words = "the contract was checked without the network, and holds"
        boxes.append(GrantBox(f"calls_{number}", f"calls {host}", reason, words, chosen))
    return boxes
