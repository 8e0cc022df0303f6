"""Where directories send browsers and messages. The parameters follow the standards: unknown ones are left
alone, and whatever is wrong, the answer is the same.
"""

from __future__ import annotations

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from accord.sso.leaving import failed, outside, own_browser
from accord.sso.presentation import TestedPage
from accord.web.request import own_path
from accord.web.signing import current_session, hand_out, own_token
from accord_auth.sessions.service import end_session
from accord_auth.sso.coming_back import Answer, Done, TestFailed, finish
from accord_auth.sso.failure import SsoFailed
from accord_auth.sso.models import Purpose
from accord_auth.sso.signing_out import signed_out_there
from accord_config.database import NOBODY

blueprint = Blueprint("sso_protocol", __name__, template_folder="templates")
LONGEST_SLUG = 40
_WORDS = {
    Purpose.LINK: "Your organisation’s directory knows this account now.",  # noqa: RUF001 - a true apostrophe
    Purpose.PROVE: "Thank you: for ten minutes you are not asked again.",
}


@blueprint.get("/sso/<slug>/callback")
def callback(slug: str) -> ResponseReturnValue:
    """A browser comes back from an organisation's directory."""
    answer = Answer(
        slug=slug,
        parameters=dict(request.args.lists()),
        browser=own_browser(),
        signed_in=current_session(),
        hours=current_app.config["SESSION_HOURS"],
        user_agent=request.user_agent.string,
    )
    try:
        done = finish(outside(), answer)
    except TestFailed as error:
        page = TestedPage(url_for("sso.settings"), problem=error.reason)
        return render_template("sso/tested.html", page=page), 400
    except SsoFailed as error:
        return failed(error)
    return _answered(done)


def _answered(done: Done) -> ResponseReturnValue:
    if done.purpose is Purpose.TEST:
        return render_template("sso/tested.html", page=TestedPage(url_for("sso.settings"), done.told))
    if done.purpose in _WORDS:
        flash(_WORDS[done.purpose], "success")
    response: Response = current_app.make_response(redirect(own_path(done.after) or url_for("web.home"), 303))
    if done.started is not None:
        _end_before()
        hand_out(response, done.started, secure=current_app.config["SECURE_COOKIES"])
    return response


def _end_before() -> None:
    """The session that this browser had is over: one browser, one person."""
    token = own_token()
    if token is not None and current_session() is not None:
        with outside().gate.transaction(NOBODY) as session:
            end_session(session, token)


@blueprint.post("/sso/<slug>/logout")
def logout(slug: str) -> Response:
    """A directory says that somebody signed out there (OpenID Connect Back-Channel Logout)."""
    tokens = request.form.getlist("logout_token")
    try:
        signed_out_there(outside(), slug, tokens[0] if len(tokens) == 1 else None)
    except SsoFailed:
        response = jsonify(error="invalid_request")
        response.status_code = 400
        return response
    return Response(status=200)
