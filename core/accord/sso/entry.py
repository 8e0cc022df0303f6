"""Where people go to their directory: from the sign-in page, a link, an invitation, their account."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.sso.leaving import failed, lead, lead_from_form, outside, own_browser
from accord.web.fields import LONGEST_ADDRESS, asks, takes, text
from accord.web.presentation import SignInPage
from accord.web.request import own_path
from accord.web.signing import fresh_session, own_session
from accord_auth.errors import NotFound
from accord_auth.invitations.accepting import look_at
from accord_auth.invitations.service import hash_of
from accord_auth.sso.failure import SsoFailed
from accord_auth.sso.models import Purpose
from accord_auth.sso.starting import LONGEST_WORD, begin

blueprint = Blueprint("sso_entry", __name__, template_folder="templates")
NOT_KNOWN = (
    "Nothing can be done with this here. Check it, or sign in with your password; your organisation’s"  # noqa: RUF001 - a true apostrophe for the page
    " administrators can say which way is yours."
)


@blueprint.post("/sign-in/organisation")
@takes(word=text(LONGEST_WORD, required=True), next=text(LONGEST_ADDRESS))
def by_word() -> ResponseReturnValue:
    """Go to the directory that an address, a domain or a short name means."""
    word, after = request.form["word"], request.form.get("next", "")
    try:
        sent = begin(outside(), word, browser=own_browser(), after=own_path(after) or "")
    except SsoFailed:
        page = SignInPage(
            action_url=url_for("web.sign_in"),
            next=after,
            directory_url=url_for("sso_entry.by_word"),
            word=word,
            word_error=NOT_KNOWN,
        )
        again = current_app.make_response(render_template("sign_in.html", page=page))
        again.status_code = 422
        return again
    return lead_from_form(sent)


@blueprint.get("/sso/<slug>")
@asks(next=text(LONGEST_ADDRESS))
def by_link(slug: str) -> ResponseReturnValue:
    """Go there at once: a link for an organisation's own pages, and where a directory's tile leads."""
    after = own_path(request.args.get("next", "")) or ""
    try:
        return lead(begin(outside(), slug, browser=own_browser(), after=after))
    except SsoFailed as error:
        return failed(error)


@blueprint.post("/invitation/<token>/directory")
@takes()
def by_invitation(token: str) -> ResponseReturnValue:
    """Accept an invitation by signing in with the organisation's directory."""
    slug = look_at(outside().gate, token).slug
    if not slug:
        raise NotFound
    try:
        sent = begin(
            outside(),
            slug,
            browser=own_browser(),
            purpose=Purpose.INVITATION,
            invitation_hash=hash_of(token),
        )
    except SsoFailed as error:
        return failed(error)
    return lead_from_form(sent)


@blueprint.post("/account/directory")
@takes()
def link() -> ResponseReturnValue:
    """Have the organisation's directory know the account of the person who is signed in."""
    signed_in = fresh_session()
    try:
        sent = begin(
            outside(),
            signed_in.principal.organisation_slug,
            browser=own_browser(),
            after=url_for("account.account"),
            purpose=Purpose.LINK,
            signed_in=signed_in,
        )
    except SsoFailed as error:
        return failed(error)
    return lead_from_form(sent)


@blueprint.get("/confirm/directory")
@asks(next=text(LONGEST_ADDRESS))
def prove() -> ResponseReturnValue:
    """Prove again who it is, at the directory, before a dangerous act."""
    signed_in = own_session()
    try:
        sent = begin(
            outside(),
            signed_in.principal.organisation_slug,
            browser=own_browser(),
            after=own_path(request.args.get("next", "")) or "",
            purpose=Purpose.PROVE,
            signed_in=signed_in,
        )
    except SsoFailed as error:
        return failed(error)
    return lead(sent)
