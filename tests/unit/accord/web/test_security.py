"""The security headers."""

from __future__ import annotations

import pytest
from flask import Response

from accord.web.presentation import problem, theme_of
from accord.web.security import CONTENT_SECURITY_POLICY, content_security_policy, secure


def directives(policy: str) -> dict[str, str]:
    return dict(part.split(" ", 1) for part in policy.split("; "))


def test_nothing_inline_and_nothing_from_elsewhere_is_allowed() -> None:
    policy = directives(CONTENT_SECURITY_POLICY)
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "*" not in CONTENT_SECURITY_POLICY
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    for name in ("script-src", "style-src", "connect-src", "font-src", "form-action"):
        assert policy[name] == "'self'"


def test_a_consent_page_may_name_where_its_form_leads() -> None:
    policy = directives(content_security_policy(form_targets=["https://client.example.com"]))
    assert policy["form-action"] == "'self' https://client.example.com"
    assert policy["script-src"] == "'self'"


def test_pages_are_never_stored_and_files_may_be() -> None:
    assert secure(Response("<p>", mimetype="text/html")).headers["Cache-Control"] == "no-store"
    assert "Cache-Control" not in secure(Response("", mimetype="text/css")).headers


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ],
)
def test_every_answer_carries_the_headers(header: str, value: str) -> None:
    assert secure(Response("{}", mimetype="application/json")).headers[header] == value


def test_a_policy_that_the_view_set_stays() -> None:
    response = Response("")
    response.headers["Content-Security-Policy"] = content_security_policy(
        form_targets=["https://client.example.com"]
    )
    assert "client.example.com" in secure(response).headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("cookie", "theme"),
    [("light", "light"), ("dark", "dark"), ("system", None), (None, None), ("<script>", None)],
)
def test_only_a_known_theme_reaches_the_page(cookie: str | None, theme: str | None) -> None:
    assert theme_of(cookie) == theme


def test_an_unlisted_status_reads_like_its_kind() -> None:
    assert problem(418, "r").title == problem(400, "r").title
    assert problem(503, "r").title == problem(500, "r").title
    assert problem(503, "r").status == 503
