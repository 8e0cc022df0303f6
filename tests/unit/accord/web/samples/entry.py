"""Signing in, the way to another site, the API's description, and what went wrong."""

from __future__ import annotations

from tests.unit.accord.web.samples.frame import FRAME, Context

from accord.web.presentation import ApiDocsPage, LeavingPage, PasskeyForm, SignInPage, problem

SIGN_IN = SignInPage(
    "/sign-in",
    "robin@harbour-light.example",
    "The e-mail address or the password is wrong.",
    "/queue",
    FRAME.organisations,
    PasskeyForm("/sign-in/passkey/options", "/sign-in/passkey", "https://accord.example.org"),
    "/sign-in/directory",
)

PAGES: dict[str, tuple[str, Context]] = {
    "sign in": ("sign_in.html", {"page": SIGN_IN, "principal": None, "nav": ()}),
    "API": ("api_docs.html", {"page": ApiDocsPage("/api/openapi.json")}),
    **{
        f"problem {status}": ("errors/problem.html", {"problem": problem(status, "7f3a-0192")})
        for status in (400, 401, 403, 404, 405, 409, 413, 418, 422, 429, 500, 503)
    },
    "on the way to another site": (
        "leaving.html",
        {"page": LeavingPage("Sign in", "Your organisation signs you in.", "/away", "id.example.org")},
    ),
}
