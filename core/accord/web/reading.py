"""An emergency reading reads, and leaves a trace: held at the one place that every request passes."""

from __future__ import annotations

from flask import request

from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import PermissionDenied
from accord_auth.principal import Principal
from accord_config.database import Database

MAY_BE_SENT = frozenset(
    {
        "account.act_for",
        "account.confirm",
        "api_sessions.prove",
        "api_sessions.sign_out",
        "caseload.unmask",
        "web.sign_in",
        "web.sign_out",
        "web.theme",
    }
)
"""What somebody may send in an emergency reading; row security lets nothing of the member's be changed."""
NEVER = frozenset({"device.ask", "oauth.authorize"})
"""Letting a program in: it could act after the reading is over."""
NOT_OF_A_MEMBER = frozenset(
    {
        "account.account",
        "account.act_for",
        "account.confirm",
        "account.confirm_form",
        "api_sessions.current",
        "api_sessions.own_sessions",
        "api_sessions.prove",
        "api_sessions.sign_out",
        "web.home",
        "web.sign_in",
        "web.sign_in_form",
        "web.sign_out",
        "web.theme",
    }
)
"""What shows nothing of the member's; everything else is a reading."""
LONGEST = 500


def only_reading(web: Database, who: Principal) -> None:
    """Write down what is about to be read, in a transaction of its own; refuse what is no reading.

    What cannot be written down is not read: the error goes on.

    :raises PermissionDenied: for anything that changes something.
    """
    if who.emergency_id is None:
        return
    safe = request.method in ("GET", "HEAD", "OPTIONS")
    if request.endpoint in NEVER or not (safe or request.endpoint in MAY_BE_SENT):
        raise PermissionDenied("an emergency reading reads, and changes nothing")
    if request.endpoint in NOT_OF_A_MEMBER:
        return
    with web.transaction(who.scope) as session:
        record(session, who, AuditTag.EMERGENCY_READ, _subject(), _asked())


def _subject() -> str:
    for name, value in (request.view_args or {}).items():
        if name.endswith("_id"):
            return f"{name.removesuffix('_id')} {value}"
    return "case data"


def _asked() -> dict[str, str]:
    asked = {"asked": f"{request.method} {request.path}"}
    if request.query_string:
        asked["for"] = request.query_string.decode("ascii", "replace")
    return {name: words.replace("\x00", "")[:LONGEST] for name, words in asked.items()}
