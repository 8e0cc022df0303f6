"""Where a person lets a program in: the authorization endpoint, and the page that asks."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote, urlsplit

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.oauth import protocol
from accord.oauth.exchange import application, exchange, response_of
from accord.oauth.presentation import ConsentPage
from accord.web.fields import takes, text
from accord.web.receiving import received
from accord.web.request import current_principal, principal
from accord.web.security import content_security_policy
from accord.web.signing import own_session
from accord_auth.oauth.addresses import PATHS
from accord_auth.oauth.authorization import Asked, answer, consider
from accord_auth.oauth.clients import organisation_name
from accord_auth.oauth.models import GrantType
from accord_auth.oauth.request import LONGEST_QUERY, Received
from accord_auth.oauth.scopes import DELEGABLE, in_words, permissions_in
from accord_auth.oauth.server import Answer, Server
from accord_auth.principal import Principal
from accord_auth.sessions.freshness import ProofNeeded

blueprint = Blueprint("consent", __name__, template_folder="templates")


@protocol.blueprint.get(PATHS["authorization"])
def authorize() -> ResponseReturnValue:
    """A client sent a browser here: ask the person, who signs in first."""
    who, here = current_principal(), received(application().issuer)

    def look(server: Server) -> Answer | ResponseReturnValue:
        considered = consider(server, here, who)
        if isinstance(considered, Answer):
            return considered
        if who is None:
            return _sign_in()
        _check_proof(server, considered.sign_in_after)
        return _page(server, considered, who)

    outcome = exchange(look)
    return response_of(outcome) if isinstance(outcome, Answer) else outcome


@blueprint.post("/oauth/consent")
@takes(query=text(LONGEST_QUERY, required=True), decision=text(10, required=True))
def decide() -> ResponseReturnValue:
    """The person's answer; the request is judged anew, whatever the form says."""
    who = principal()
    given = request.form["query"].encode("utf-8", "surrogatepass")
    here = received(application().issuer, query=given)
    asked = Received("GET", here.uri, given, b"", here.headers, (), here.address)
    allow = request.form["decision"] == "allow"

    def act(server: Server) -> Answer:
        considered = consider(server, asked, who)
        if isinstance(considered, Answer):
            return considered
        _check_proof(server, considered.sign_in_after)
        return answer(server, considered, who, allow=allow)

    return response_of(exchange(act))


def _check_proof(server: Server, moment: datetime | None) -> None:
    """Go on only if the person proved who it is since then; the server learns when that was.

    :raises ProofNeeded: otherwise; the person is asked for a proof and comes back here.
    """
    server.auth_time = own_session().proved_at
    if moment is not None and server.auth_time < moment:
        raise ProofNeeded


def _sign_in() -> ResponseReturnValue:
    here = request.full_path.rstrip("?")
    return redirect(f"{url_for('web.sign_in_form')}?next={quote(here)}", 303)


def _page(server: Server, asked: Asked, who: Principal) -> ResponseReturnValue:
    out_of_reach = (permissions_in(asked.scope) & DELEGABLE) - who.permissions
    page = ConsentPage(
        action_url=url_for("consent.decide"),
        query=request.query_string.decode("ascii"),
        client=asked.client.name,
        owner=organisation_name(server.session, asked.client),
        person=who.person_name,
        organisation=who.organisation_name,
        allows=tuple(in_words(asked.scope)),
        out_of_reach=tuple(in_words(out_of_reach)),
        target=urlsplit(asked.redirect_uri).netloc or asked.redirect_uri,
        stays=asked.client.check_grant_type(GrantType.REFRESH_TOKEN),
    )
    response = make_response(render_template("oauth/consent.html", page=page))
    # Browsers hold form-action against the redirect that follows the form.
    policy = content_security_policy(form_targets=[_origin(asked.redirect_uri)])
    response.headers["Content-Security-Policy"] = policy
    return response


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"
