"""The web application, put together: the one place that knows every feature."""

from __future__ import annotations

from typing import Any, cast

from flask import Response, current_app, request, url_for
from werkzeug.middleware.proxy_fix import ProxyFix

from accord import account, casework, oauth, people
from accord.admin import application_pages
from accord.admin import pages as admin
from accord.api import register as register_api
from accord.auditing import pages as auditing
from accord.auditing import where
from accord.caseload import case_pages, minor_pages, parts_pages, priority_pages, verdict_pages
from accord.caseload import pages as caseload
from accord.catalogue import pages as catalogue
from accord.emergencies import banner
from accord.emergencies import pages as emergencies
from accord.feeds import adding
from accord.joining import pages as joining
from accord.publishing import pages as publishing
from accord.publishing import use_pages
from accord.reach import pages as reach
from accord.reviews import pages as reviews
from accord.scim import endpoint as scim_endpoint
from accord.scim import pages as provisioning
from accord.sharing import pages as sharing
from accord.signals import endpoint as signals_endpoint
from accord.signals import pages as signals
from accord.sso import access_pages, entry, protocol
from accord.sso import pages as sso
from accord.web import pages as web
from accord.web import problems, signing
from accord.web.presentation import THEME_COOKIE, Frame, NavItem, Option, theme_of
from accord.web.rendering import Assets, configure
from accord.web.request import AccordFlask, current_principal, gate, wants_fragment
from accord.web.security import secure
from accord.web.signing import current_session, restricted_session
from accord_auth.factors.means import Means
from accord_auth.oauth.signing_keys import KEY_FILE, SigningKeys
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_auth.reviews.service import waiting_for
from accord_auth.sessions.service import SignedIn, choices_in
from accord_auth.sso.outside import Outside
from accord_config.database import Role
from accord_config.fetching import Fetcher, fetcher_of
from accord_config.home import Home
from accord_config.mail import mailer_of

MOST_IN_THE_BAR = 5
"""With more pages than these, those that are not for daily work stand in a menu."""
DAILY = {
    "caseload.queue",
    "cases.case_list",
    "sharing.received",
    "admin.organisations",
    "applications.applications",
}


def create_app(home: Home, *, fetcher: Fetcher | None = None) -> AccordFlask:
    """The application of one home, with database connections of its own.

    `fetcher` asks members' directories; without one, as the settings say.

    :raises AssetsNotBuiltError: when the front-end packages are not built.
    """
    settings = home.settings
    threads = settings.web_threads
    gate = home.database(Role.GATE, pool_size=threads)
    with home.locked():
        seals = home.seals()
    outside = Outside(
        gate,
        fetcher or fetcher_of(settings),
        seals,
        SigningKeys(home.path / KEY_FILE, settings.oauth_keys),
        settings.issuer,
    )
    web_database = home.database(Role.WEB, pool_size=threads)
    app = AccordFlask(
        "accord",
        web=web_database,
        gate=gate,
        outside=outside,
        mailer=mailer_of(settings),
        means=Means(outside.seals, *settings.passkeys_of),
    )
    if settings.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # as Werkzeug's documentation has it
            app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies
        )
    app.secret_key = home.secrets.get("flash_messages")
    app.config.update(
        MAX_CONTENT_LENGTH=settings.upload_mb * 1024 * 1024,
        DNS_SERVER=settings.dns_server,
        PLUGIN_SEALS=home.seals(),
        SESSION_HOURS=settings.session_hours,
        MINORS_DUE_HOURS=settings.minors_due_hours,
        PLATFORM_SECOND_FACTOR=settings.second_factor_of_platform,
        SECURE_COOKIES=settings.production,
        SESSION_COOKIE_NAME="accord_flash",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.production,
        TEMPLATES_AUTO_RELOAD=False,
    )
    app.template_folder = "web/templates"
    app.static_url_path = "/static"
    configure(app, Assets())
    app.after_request(secure)
    app.after_request(_not_kept)
    problems.register(app)
    signing.register(app)
    where.register(app)
    app.context_processor(_context)
    for blueprint in (
        web.blueprint,
        caseload.blueprint,
        parts_pages.blueprint,
        verdict_pages.blueprint,
        priority_pages.blueprint,
        minor_pages.blueprint,
        case_pages.blueprint,
        casework.blueprint,
        sharing.blueprint,
        admin.blueprint,
        account.blueprint,
        account.factors,
        account.second_step,
        admin.own_blueprint,
        application_pages.blueprint,
        joining.blueprint,
        people.blueprint,
        people.invitations,
        auditing.blueprint,
        reach.blueprint,
        reviews.blueprint,
        catalogue.blueprint,
        emergencies.blueprint,
        adding.feeds,
        publishing.blueprint,
        use_pages.blueprint,
        oauth.protocol.blueprint,
        oauth.consent.blueprint,
        oauth.device.blueprint,
        oauth.client_pages.blueprint,
        scim_endpoint.blueprint,
        provisioning.blueprint,
        signals_endpoint.blueprint,
        signals.blueprint,
        sso.blueprint,
        access_pages.blueprint,
        entry.blueprint,
        protocol.blueprint,
    ):
        app.register_blueprint(blueprint)
    register_api(app)
    return app


def _not_kept(response: Response) -> Response:
    """Nothing but static files stays in a cache: what somebody saw is gone when the session is."""
    if request.endpoint != "web.static":
        response.headers["Cache-Control"] = "no-store"
    return response


def _context() -> dict[str, Any]:
    """What every page shows. Parts of a page have no frame and need none."""
    who = current_principal()
    readings = banner.waiting(who) if who is not None and not wants_fragment() else 0
    return {"principal": who, "nav": _nav(who, readings), "frame": _frame(who, readings)}


def _nav(who: Principal | None, readings: int) -> tuple[NavItem, ...]:
    if who is None:
        return ()
    entries = (
        (Permission.LEADS_READ, "Queue", "caseload.queue", "list-numbers", ("/queue", "/leads")),
        (
            Permission.LEADS_MINORS,
            "Suspected minors",
            "minors.queue",
            "alert-triangle",
            ("/suspected-minors",),
        ),
        (Permission.CASES_READ, "Cases", "cases.case_list", "briefcase", ("/cases",)),
        (Permission.SHARES_READ, "Shared with us", "sharing.received", "inbox", ("/shares",)),
        (Permission.ACCESS_READ, "Access", "reach.overview", "key", ("/access",)),
        (
            Permission.ORGANISATIONS_READ,
            "Organisations",
            "admin.organisations",
            "building",
            ("/admin/organisations",),
        ),
        (
            Permission.APPLICATIONS_READ,
            "Applications",
            "applications.applications",
            "file-text",
            ("/admin/applications",),
        ),
        (Permission.ORGANISATIONS_READ, "Grants", "reach.grant_counts", "key", ("/admin/grants",)),
        (Permission.MEMBERSHIP_READ, "Our organisation", "membership.own", "building", ("/organisation",)),
        (Permission.PEOPLE_READ, "People", "people.people", "users", ("/people",)),
        (Permission.PROVISIONING_READ, "Provisioning", "provisioning.overview", "users", ("/provisioning",)),
        (Permission.SIGNALS_READ, "Signals", "streams.overview", "inbox", ("/signals",)),
        (Permission.CLIENTS_READ, "Programs", "clients.client_list", "key", ("/clients",)),
        (Permission.SSO_MANAGE, "Single sign-on", "sso.settings", "id", ("/single-sign-on",)),
        (Permission.CLIENTS_EXEMPT, "Secrets", "clients.exceptions", "key", ("/client-exceptions",)),
        (Permission.RECORDS_READ, "Sources", "feeds.sources", "inbox", ("/sources",)),
        (Permission.PLUGINS_READ, "Plugins", "catalogue.plugins", "puzzle", ("/plugins",)),
        (
            Permission.PLUGINS_READ,
            "Plugin versions",
            "versions.version_list",
            "template",
            ("/plugin-versions",),
        ),
        (Permission.REVIEWS_READ, "Reviews", "reviews.reviews", "user-check", ("/reviews",)),
        (
            Permission.EMERGENCIES_READ,
            "Emergencies",
            "emergencies.emergencies",
            "alert-triangle",
            ("/emergencies",),
        ),
        (Permission.AUDIT_READ, "Audit", "auditing.log", "shield-check", ("/audit",)),
        (None, "API", "web.api_docs", "code", ("/api",)),
    )
    allowed = [entry for entry in entries if entry[0] is None or entry[0] in who.permissions]
    crowded = len(allowed) > MOST_IN_THE_BAR
    # A member's people have a line on top of every page for it.
    counts: dict[Permission | None, int | None] = {
        Permission.EMERGENCIES_READ: readings if who.organisation_id is None else None
    }
    if Permission.REVIEWS_READ in who.permissions:
        counts[Permission.REVIEWS_READ] = _to_review(who)
    return tuple(
        NavItem(
            label,
            url_for(endpoint),
            request.path.startswith(paths),
            icon,
            counts.get(permission),
            # What waits for somebody is in sight.
            managing=crowded and endpoint not in DAILY and not counts.get(permission),
        )
        for permission, label, endpoint, icon, paths in allowed
    )


def _to_review(who: Principal) -> int | None:
    """How much waits for the person in access reviews. Parts of a page have no menu and need none."""
    if wants_fragment():
        return None
    with gate().statements() as session:
        return waiting_for(session, who)


def _organisations(session: SignedIn) -> tuple[Option, ...]:
    """What the person can act for. Parts of a page have no menu and need none."""
    if wants_fragment():
        return ()
    with cast("AccordFlask", current_app).gate.statements() as unit:
        found = choices_in(unit, session)
    here = session.principal.organisation_slug
    return tuple(Option(one.slug, one.name, selected=one.slug == here) for one in found)


def _frame(who: Principal | None, readings: int) -> Frame:
    here = request.full_path.rstrip("?") if request.method == "GET" else "/"
    signed_in = who is not None or restricted_session() is not None
    own_is_read = who is not None and who.organisation_id is not None and readings > 0
    session = current_session()
    return Frame(
        home_url=url_for("web.home"),
        theme_url=url_for("web.theme"),
        here=here,
        theme=theme_of(request.cookies.get(THEME_COOKIE)),
        sign_in_url=None if signed_in else url_for("web.sign_in_form"),
        sign_out_url=url_for("web.sign_out") if signed_in else None,
        account_url=url_for("account.account") if session else None,
        switch_url=url_for("account.act_for") if session else None,
        organisations=_organisations(session) if session else (),
        reading=banner.reading_banner(who) if who is not None and not wants_fragment() else None,
        read_url=url_for("emergencies.emergencies") if own_is_read else None,
    )
