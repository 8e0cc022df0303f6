"""Where a person lets a program in: the authorization endpoint, and the page that asks."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accord.oauth import protocol
from accord.oauth.asking import LONGEST_MARK, asked_at, marked, unmarked
from accord.oauth.exchange import application, exchange, response_of
from accord.oauth.presentation import ConsentPage
from accord.web.fields import takes, text
from accord.web.receiving import received
from accord.web.security import content_security_policy
from accord.web.signing import current_session, own_session
from accord_auth.oauth.addresses import PATHS
from accord_auth.oauth.authorization import Asked, answer, consider
from accord_auth.oauth.clients import organisation_name
from accord_auth.oauth.models import GrantType
from accord_auth.oauth.proof_wanted import WantedProof
from accord_auth.oauth.request import LONGEST_QUERY, Received
from accord_auth.oauth.scopes import DELEGABLE, in_words, permissions_in
from accord_auth.oauth.server import Answer, Server
from accord_auth.principal import Principal
from accord_auth.sessions.freshness import ProofNeeded

blueprint = Blueprint("consent", __name__, template_folder="templates")


@protocol.blueprint.get(PATHS["authorization"])
def authorize() -> ResponseReturnValue:
    """A client sent a browser here: ask the person, who signs in first."""
    signed_in = current_session()
    here = received(application().issuer, query=unmarked(request.query_string)[: LONGEST_QUERY + 1])

    def look(server: Server) -> Answer | ResponseReturnValue:
        considered = consider(server, here, signed_in)
        if isinstance(considered, Answer):
            return considered
        if signed_in is None:
            return _sign_in(considered.proof)
        if not considered.proof.is_met(signed_in, asked_at(request.query_string)):
            return redirect(f"{url_for('account.confirm_form')}?next={quote(_here(asked=True))}", 303)
        return _page(server, considered, signed_in.principal)

    outcome = exchange(look)
    return response_of(outcome) if isinstance(outcome, Answer) else outcome


@blueprint.post("/oauth/consent")
@takes(query=text(LONGEST_QUERY + LONGEST_MARK, required=True), decision=text(10, required=True))
def decide() -> ResponseReturnValue:
    """The person's answer; the request is judged anew, whatever the form says."""
    signed_in = own_session()
    given = request.form["query"].encode("utf-8", "surrogatepass")
    here = received(application().issuer, query=unmarked(given))
    asked = Received("GET", here.uri, here.query, b"", here.headers, (), here.address)
    allow = request.form["decision"] == "allow"

    def act(server: Server) -> Answer:
        considered = consider(server, asked, signed_in)
        if isinstance(considered, Answer):
            return considered
        if not considered.proof.is_met(signed_in, asked_at(given)):
            # Back to the page with the question, which leads to a proof.
            raise ProofNeeded
        server.auth_time, server.amr = signed_in.proved_at, signed_in.ways
        return answer(server, considered, signed_in.principal, allow=allow)

    return response_of(exchange(act))


def _sign_in(proof: WantedProof) -> ResponseReturnValue:
    return redirect(f"{url_for('web.sign_in_form')}?next={quote(_here(asked=proof.anew))}", 303)


def _here(*, asked: bool) -> str:
    """This request's address; with `asked`, marked with the moment at which a proof was asked for."""
    query = marked(request.query_string) if asked else request.query_string.decode("latin-1")
    return f"{request.path}?{query}"


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
