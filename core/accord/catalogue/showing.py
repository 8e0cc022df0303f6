"""From what the services say of a plugin to what its page shows."""

from __future__ import annotations

from flask import url_for
from sqlalchemy.orm import Session

from accord.caseload.plugin_precision import Precision, precisions
from accord.catalogue.presentation import (
    AllowanceRow,
    AuthorRow,
    CardView,
    Figure,
    Grant,
    ParkedRow,
    PluginPage,
    PluginRow,
    RequestRow,
    TurnRow,
)
from accord.detection import measuring, operating, progress
from accord.detection.measuring import AuthorLine, Health
from accord.detection.models import CircuitState
from accord.detection.operating import Parked, PluginState
from accord.grants import allowances
from accord.grants.models import NetworkAllowance, PluginRequest
from accord.grants.requests import requests_of
from accord.host.reasons import reason_of
from accord.markings import Marking, within
from accord.registry.models import PluginStatus
from accord.registry.stops import shown
from accord.web.presentation import Option, StopView
from accord.web.request import principal, unit
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_sdk import Manifest
from accord_sdk.words import destinations

REQUESTS_SHOWN = 20
STATES = {
    CircuitState.CLOSED: "called",
    CircuitState.HALF_OPEN: "tried",
    CircuitState.OPEN: "rests",
    "inactive": "not used",
    "suspended": "suspended",
    "missing": "not installed",
    "expired": "expired",
    "no_sandbox": "no sandbox",
}
OFFERS = {
    "detectors": "looks at records",
    "assessors": "judges leads",
    "sources": "brings records in",
    "sharing": "reviews or delivers shares",
}


def page_of(name: str) -> PluginPage:
    """Everything about one plugin."""
    who, session = principal(), unit()
    state = operating.plugin_state(session, who, name)
    reads = Permission.RECORDS_READ in who.permissions
    parked = operating.parked_records(session, who, name) if reads else []
    operates = Permission.PLUGINS_OPERATE in who.permissions and state.active and not state.ended
    may_ask = _may_ask(who, state)

    def address(view: str, allowed: bool) -> str | None:
        return url_for(f"catalogue.{view}", name=name) if allowed else None

    card = state.manifest.card
    beside = state.plugin.publisher_id is None
    decides = beside and Permission.PLUGINS_APPROVE in who.permissions
    return PluginPage(
        row(state),
        CardView(card.purpose, card.data, card.limits, card.licence, card.contact),
        ceiling=state.manifest.ceiling,
        reads=tuple(Grant(*one) for one in sorted(state.manifest.reads.items())),
        calls=tuple(Grant(*one) for one in sorted(destinations(state.manifest).items())),
        back_url=url_for("catalogue.plugins"),
        use_url=url_for("plugin_use.use", name=name) if who.organisation_id is not None else None,
        parked=tuple(_parked(one, operates) for one in parked),
        retry_url=address("retry", operates and bool(state.parked)),
        start_url=address("start", operates and state.circuit.later()),
        rerun_url=address("rerun", operates and bool(state.manifest.provides.detectors)),
        suspend_url=address("suspend", decides and state.plugin.status == PluginStatus.APPROVED),
        resume_url=address("resume", decides and state.plugin.status == PluginStatus.SUSPENDED),
        digest=state.plugin.digest if beside else "",
        pins=tuple(state.plugin.pins.items()) if beside else (),
        progress=tuple(map(progress.shown, progress.progress(session, who, plugin=name))),
        figures=_figures(session, who, name),
        days=measuring.DAYS,
        turns=tuple(
            TurnRow(one.at, one.version, shown(one.stop)) for one in measuring.bad_turns(session, who, name)
        ),
        author=tuple(_author(one) for one in measuring.author_lines(session, who, name)),
        allowances=tuple(_allowance(one, who) for one in allowances.allowances(session, who, name)),
        requests=tuple(_request(one) for one in requests_of(session, who, name)[:REQUESTS_SHOWN]),
        ask_url=address("ask", may_ask),
        markings=tuple(Option(one.value, one.value) for one in _closed(state)) if may_ask else (),
    )


def _closed(state: PluginState) -> list[Marking]:
    """The closed markings that the plugin may see at all."""
    return [one for one in Marking if one in allowances.CLOSED and within(one, state.manifest.ceiling)]


def _reaches_out(manifest: Manifest) -> bool:
    return bool(manifest.calls) or any(setting.calls for setting in manifest.config.values())


def _may_ask(who: Principal, state: PluginState) -> bool:
    decides = Permission.PLUGINS_ACTIVATE in who.permissions and who.person_id is not None
    return decides and state.active and _reaches_out(state.manifest) and bool(_closed(state))


def _figures(session: Session, who: Principal, name: str) -> tuple[Figure, ...]:
    found = measuring.health_of(session, who.organisation_id).get(name)
    said = precisions(session, who).get(name, Precision())
    return (*(figures(found) if found else ()), *_of_verdicts(said))


def _of_verdicts(said: Precision) -> tuple[Figure, ...]:
    if said.share is None:
        return ()
    findings, leads = said.confirmed + said.others, said.confirmed_leads + said.other_leads
    words = f"{said.share:.0%} of {findings:,} in {leads:,} decided"
    return (Figure("Findings in confirmed leads", words),)


def figures(found: Health) -> tuple[Figure, ...]:
    """A plugin's numbers, as they are shown."""
    memory = f"{found.memory_kb / 1024:,.0f} MiB" if found.memory_kb else "unknown"
    return (
        Figure("Calls", f"{found.calls:,}"),
        Figure("Failed calls", f"{found.failures:,}"),
        Figure("Median call", f"{found.p50_s:.2f} s"),
        Figure("Slowest 5 %", f"{found.p95_s:.2f} s"),
        Figure("Records", f"{found.records:,}"),
        Figure("Findings per 1,000", f"{found.per_thousand:,.0f}"),
        Figure("Most memory", memory),
    )


def row(state: PluginState) -> PluginRow:
    """A plugin in the list."""
    manifest = state.manifest
    return PluginRow(
        url=url_for("catalogue.plugin", name=state.plugin.name),
        name=state.plugin.name,
        title=manifest.title,
        summary=manifest.summary,
        version=state.plugin.version,
        publisher=state.publisher.name if state.publisher else "",
        offers=_offers(manifest),
        state=_state(state),
        stop=_stop(state),
        slow=state.circuit.slow,
        waiting=state.waiting,
        parked=state.parked,
    )


def _state(state: PluginState) -> str:
    """In a word; who acts for the platform uses none."""
    if state.state == "inactive" and principal().organisation_id is None:
        return "installed"
    return STATES[state.state]


def _stop(state: PluginState) -> StopView | None:
    if state.stop is None or not (state.ended or state.circuit.later()):
        return None
    return shown(state.stop, None if state.ended else state.circuit.until)


def _offers(manifest: Manifest) -> str:
    return ", ".join(words for kind, words in OFFERS.items() if getattr(manifest.provides, kind))


def _parked(one: Parked, operates: bool) -> ParkedRow:
    again = url_for("catalogue.retry_one", name=one.plugin, record_id=one.record_id)
    return ParkedRow(
        external_id=one.external_id,
        source=one.source,
        version=one.version,
        stop=shown(one.stop),
        tries=one.tries,
        parked_at=one.parked_at,
        retry_url=again if operates else None,
    )


def _author(one: AuthorLine) -> AuthorRow:
    return AuthorRow(
        version=one.version,
        words=reason_of(one.code).words if one.code else "went well",
        code=one.code,
        about=one.about,
        calls=one.calls,
        records=one.records,
        findings=one.findings,
        speed=f"median {one.p50_s:.2f} s, slowest 5 % {one.p95_s:.2f} s",
    )


def _request(one: PluginRequest) -> RequestRow:
    where = f"{one.method} {one.host}{one.path}"
    return RequestRow(one.at, where, f"{one.outcome} {one.status or ''}".strip(), one.sent, one.received)


def _allowance(one: NetworkAllowance, who: Principal) -> AllowanceRow:
    decides = Permission.PLUGINS_ACTIVATE in who.permissions and who.person_id is not None
    waits = one.allowed_at is None and one.ended_at is None

    def address(view: str, allowed: bool) -> str | None:
        return url_for(f"catalogue.{view}", name=one.plugin, allowance_id=one.id) if allowed else None

    return AllowanceRow(
        one.marking,
        one.reason,
        one.asked_name,
        one.asked_at,
        one.allowed_name or "",
        one.allowed_at,
        one.ended_name or "",
        one.ended_at,
        allow_url=address("allow", decides and waits and one.asked_by != who.person_id),
        end_url=address("end", decides and one.ended_at is None),
    )
