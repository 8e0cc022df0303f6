"""The public form for applications, and the status page that its secret address leads to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden

from accord.joining.presentation import ApplyPage, RecordToPublish, StatusPage
from accord.joining.showing import item_rows, kind_options, said
from accord.web.fields import asks, takes, text
from accord.web.origin import is_own
from accord.web.presentation import FormState
from accord.web.request import AccordFlask
from accord_auth.errors import Invalid
from accord_auth.forms import LONGEST_EMAIL, LONGEST_LINE, LONGEST_PARAGRAPH, read
from accord_auth.joining import applying
from accord_auth.joining.domains import Dns, record_name
from accord_auth.joining.models import UNDECIDED, ApplicationStatus
from accord_auth.joining.register import Seen, by_token, seen
from accord_auth.joining.schemas import Details, DetailsForm
from accord_config.database import NOBODY, Database

blueprint = Blueprint("joining", __name__, template_folder="templates", url_prefix="/join")

FIELDS = {
    "name": text(LONGEST_LINE, required=True),
    "kind": text(40, required=True),
    "domain": text(LONGEST_LINE, required=True),
    "contact_name": text(LONGEST_LINE, required=True),
    "contact_email": text(LONGEST_EMAIL, required=True),
    "purpose": text(LONGEST_PARAGRAPH, required=True),
    "legal_basis": text(LONGEST_PARAGRAPH, required=True),
    "jurisdiction": text(LONGEST_LINE, required=True),
    "known_to": text(LONGEST_PARAGRAPH),
}


@blueprint.before_request
def _own_forms() -> None:
    # These carry no cookie; without this another site could apply from somebody's address.
    if not is_own(request):
        raise Forbidden("this came from another site")


def _gate() -> Database:
    return cast("AccordFlask", current_app).gate


@blueprint.get("")
@asks()
def form() -> str:
    """Ask who wants to join."""
    return _form(FormState())


@blueprint.post("")
@takes(**FIELDS)
def apply() -> ResponseReturnValue:
    """Receive an application, and lead to its status page."""
    given = request.form.to_dict()
    try:
        details = Details(**read(DetailsForm(), given))
        applied = applying.receive(_gate(), details, request.remote_addr)
    except Invalid as error:
        return _form(_again(given, error)), 422
    flash("Your application is received. Keep the address of this page: it is the only way back.", "success")
    return redirect(url_for("joining.status", token=applied.token), 303)


def _form(state: FormState) -> str:
    page = ApplyPage(url_for("joining.apply"), kind_options(), state)
    return render_template("joining/apply.html", page=page)


def _again(given: dict[str, str], error: Invalid) -> FormState:
    return FormState(values=given, errors={name: " ".join(why) for name, why in error.fields.items()})


@blueprint.get("/<token>")
@asks()
def status(token: str) -> str:
    """How far an application is, and what is waited for."""
    with _gate().transaction(NOBODY) as session:
        return _status(token, seen(session, by_token(session, token)))


@blueprint.post("/<token>")
@takes(**FIELDS)
def amend(token: str) -> ResponseReturnValue:
    """Fill an invited application in, or change one."""
    given = request.form.to_dict()
    try:
        details = Details(**read(DetailsForm(), given))
        with _gate().transaction(NOBODY) as session:
            applying.amend(session, token, details)
    except Invalid as error:
        with _gate().transaction(NOBODY) as session:
            found = seen(session, by_token(session, token))
            return _status(token, found, _again(given, error)), 422
    flash("Your application is changed.", "success")
    return redirect(url_for("joining.status", token=token), 303)


@blueprint.post("/<token>/domain")
@takes()
def domain(token: str) -> ResponseReturnValue:
    """Look in DNS for the record."""
    dns = Dns(current_app.config["DNS_SERVER"])
    problem = applying.prove_own_domain(_gate(), token, dns)
    flash(problem or "The domain is proved.", "warning" if problem else "success")
    return redirect(url_for("joining.status", token=token), 303)


@blueprint.post("/<token>/withdraw")
@takes()
def withdraw(token: str) -> ResponseReturnValue:
    """Take the application back."""
    with _gate().transaction(NOBODY) as session:
        applying.withdraw(session, token)
    flash("Your application is withdrawn.", "success")
    return redirect(url_for("joining.status", token=token), 303)


def _status(token: str, found: Seen, state: FormState | None = None) -> str:
    application, progress = found.application, found.progress
    undecided = application.status in UNDECIDED
    invited = application.status == ApplicationStatus.INVITED
    page = StatusPage(
        name=application.name,
        status=application.status,
        turn=progress.turn,
        waits_for=progress.waits_for,
        since=progress.since,
        received_at=application.received_at,
        due_at=progress.due_at,
        overdue=progress.overdue(datetime.now(UTC)),
        items=() if invited else item_rows(progress.checklist, questions_only=True),
        record=_record(token, found) if undecided and not invited else None,
        reason=application.reason if application.status == ApplicationStatus.REFUSED else "",
        decided_at=application.decided_at,
        form=ApplyPage(
            url_for("joining.amend", token=token),
            kind_options(),
            state or FormState(values=said(application)),
            invited=invited,
        )
        if undecided
        else None,
        withdraw_url=url_for("joining.withdraw", token=token) if undecided else None,
    )
    return render_template("joining/status.html", page=page)


def _record(token: str, found: Seen) -> RecordToPublish:
    application = found.application
    return RecordToPublish(
        name=record_name(application.domain),
        value=application.challenge,
        check_url=url_for("joining.domain", token=token),
        problem=application.domain_problem,
        checked_at=application.domain_checked_at,
        proved=application.domain_proved_at is not None,
    )
