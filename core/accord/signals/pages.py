"""The page of an organisation's shared signals: its streams, what was sent last, and what went wrong."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.signals.answering import transmitter
from accord.signals.endpoint import PUSH
from accord.signals.presentation import DeliveryRow, SignalsPage, StreamRow
from accord.web.fields import asks, takes, text
from accord.web.presentation import Option
from accord.web.request import principal, this_app
from accord.web.signing import fresh_with
from accord_auth.errors import Conflict, Invalid
from accord_auth.oauth.addresses import PATHS
from accord_auth.permissions import Permission
from accord_auth.signals.events import CHOICES, NAMES
from accord_auth.signals.models import (
    DeliveryState,
    Direction,
    SignalDelivery,
    SignalStream,
    SubjectFormat,
)
from accord_auth.streams import service
from accord_auth.streams.service import LONGEST, LONGEST_AUTHORIZATION, LONGEST_NAME, StreamDraft
from accord_config.database import NOBODY

blueprint = Blueprint("streams", __name__, template_folder="templates", url_prefix="/signals")
FORMATS = {SubjectFormat.EMAIL: "e-mail address", SubjectFormat.ISS_SUB: "issuer and subject"}
DIRECTIONS = {
    Direction.SEND: "Accord tells the other system",
    Direction.RECEIVE: "the other system tells Accord",
}
_EVENTS = {name: f"event_{name.replace('-', '_')}" for name in CHOICES}
_FORM = {
    "name": text(LONGEST_NAME, required=True),
    "direction": text(10, required=True),
    "subject_format": text(10, required=True),
    "audience": text(LONGEST, required=True),
    "endpoint_url": text(LONGEST),
    "authorization": text(LONGEST_AUTHORIZATION),
    "issuer": text(LONGEST),
    "jwks_uri": text(LONGEST),
    **{field: text(1) for field in _EVENTS.values()},
}


@blueprint.get("")
@asks()
def overview() -> str:
    """The organisation's streams."""
    return _page()


@blueprint.post("")
@takes(**_FORM)
def add() -> ResponseReturnValue:
    """Open a stream."""
    who = fresh_with(Permission.SIGNALS_MANAGE)
    try:
        with this_app().gate.transaction(NOBODY) as session:
            made = service.add_stream(session, who, _draft(), transmitter().seals)
    except Invalid as error:
        return _page(errors=error.by_field), 422
    except Conflict as error:
        return _page(errors={"name": str(error)}), 422
    if made.secret:
        return _page(made.secret, _push_url(made.stream)), 201
    flash(f"{made.stream.name} is open. Send a verification to see whether it works.", "success")
    return redirect(url_for("streams.overview"), 303)


@blueprint.post("/<uuid:stream_id>/verify")
@takes()
def verify(stream_id: UUID) -> ResponseReturnValue:
    """Send a verification event."""
    with this_app().gate.transaction(NOBODY) as session:
        service.verify_stream(session, fresh_with(Permission.SIGNALS_MANAGE), stream_id)
    flash("A verification is on its way.", "success")
    return redirect(url_for("streams.overview"), 303)


@blueprint.post("/<uuid:stream_id>/close")
@takes()
def close(stream_id: UUID) -> ResponseReturnValue:
    """Close a stream."""
    with this_app().gate.transaction(NOBODY) as session:
        service.close_stream(session, fresh_with(Permission.SIGNALS_MANAGE), stream_id)
    flash("The stream is closed: nothing is taken any more, and nothing sent.", "success")
    return redirect(url_for("streams.overview"), 303)


@blueprint.post("/deliveries/<uuid:signal_id>/again")
@takes()
def again(signal_id: UUID) -> ResponseReturnValue:
    """Have a parked signal tried again."""
    with this_app().gate.transaction(NOBODY) as session:
        service.send_again(session, fresh_with(Permission.SIGNALS_MANAGE), signal_id)
    flash("It is tried again.", "success")
    return redirect(url_for("streams.overview"), 303)


def _draft() -> StreamDraft:
    sent = request.form
    directions, formats = {one.value: one for one in Direction}, {one.value: one for one in SubjectFormat}
    problems = {
        name: ["choose one of the list"]
        for name, known in (("direction", directions), ("subject_format", formats))
        if sent[name] not in known
    }
    if problems:
        raise Invalid("some fields cannot be used", problems)
    return StreamDraft(
        name=sent["name"],
        direction=directions[sent["direction"]],
        events=tuple(name for name, field in _EVENTS.items() if sent.get(field)),
        subject_format=formats[sent["subject_format"]],
        audience=sent["audience"],
        endpoint_url=sent.get("endpoint_url", ""),
        authorization=sent.get("authorization", ""),
        issuer=sent.get("issuer", ""),
        jwks_uri=sent.get("jwks_uri", ""),
    )


def _push_url(stream: SignalStream) -> str:
    return f"{this_app().issuer}{PUSH}/{stream.id}"


def _page(secret: str = "", secret_url: str = "", *, errors: dict[str, str] | None = None) -> str:
    app, who = this_app(), principal()
    with app.gate.transaction(NOBODY) as session:
        streams = service.streams_of(session, who)
        deliveries = service.deliveries_of(session, who)
    may = Permission.SIGNALS_MANAGE in who.permissions
    # What was typed is not written into the page again where it is a secret.
    values = {name: value for name, value in request.form.items() if name != "authorization"}
    names = {one.id: one.name for one in streams}
    chosen = {name for name, field in _EVENTS.items() if values.get(field)} if errors else set(_EVENTS)
    page = SignalsPage(
        streams=tuple(_stream(one, may) for one in streams),
        deliveries=tuple(_delivery(one, names, may) for one in deliveries),
        issuer=app.issuer,
        keys_url=app.issuer + PATHS["keys"],
        forms=may,
        action_url=url_for("streams.add"),
        directions=tuple(_option(one.value, words, values) for one, words in DIRECTIONS.items()),
        formats=tuple(_option(one.value, words, values) for one, words in FORMATS.items()),
        events=tuple(Option(field, name, selected=name in chosen) for name, field in _EVENTS.items()),
        secret=secret,
        secret_url=secret_url,
        values=values if errors else {},
        errors=errors or {},
    )
    return render_template("signals/signals.html", page=page)


def _option(value: str, words: str, values: dict[str, str]) -> Option:
    return Option(value, words, selected=value in values.values())


def _stream(one: SignalStream, may: bool) -> StreamRow:
    sends = one.direction == Direction.SEND
    return StreamRow(
        name=one.name,
        sends=sends,
        events=", ".join(NAMES[event] for event in one.events),
        other=(one.endpoint_url if sends else one.issuer) or "",
        push_url="" if sends else _push_url(one),
        audience=one.audience,
        subjects=FORMATS[SubjectFormat(one.subject_format)],
        last_at=one.last_at,
        last_words=one.last_words,
        failed_at=one.failed_at,
        verified_at=one.verified_at,
        verify_url=url_for("streams.verify", stream_id=one.id) if may and sends else None,
        close_url=url_for("streams.close", stream_id=one.id) if may else None,
    )


def _delivery(one: SignalDelivery, names: dict[UUID, str], may: bool) -> DeliveryRow:
    parked = one.state == DeliveryState.PARKED and one.stream_id in names
    return DeliveryRow(
        stream=names.get(one.stream_id, "a closed stream"),
        event=NAMES[one.event],
        about=one.email or "the stream",
        state=one.state,
        words=one.words,
        created_at=one.created_at,
        tries=one.tries,
        again_url=url_for("streams.again", signal_id=one.id) if may and parked else None,
    )
