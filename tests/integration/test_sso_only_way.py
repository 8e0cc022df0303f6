"""The directory as the only way in: when it may become that, what ends, and the accounts for emergencies."""

from __future__ import annotations

import re
import socket
import threading
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import func, insert, select, text, update
from tests.conftest import PASSWORD

from accord.sso.jobs import tell_admins
from accord_auth.audit.models import AuditEntry
from accord_auth.audit.service import AuditTag
from accord_auth.errors import Conflict, Invalid, PermissionDenied
from accord_auth.factors.recovery import renew
from accord_auth.invitations.service import invite
from accord_auth.joining.acting import PLATFORM_OPERATOR
from accord_auth.memberships.factors import reset_by_operator
from accord_auth.oauth.models import OAuthClient, OAuthGrant
from accord_auth.people.models import RoleAssignment
from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import Role as PersonRole
from accord_auth.sessions.emergency_accounts import HAS_NONE, USE_IT
from accord_auth.sessions.models import SignedInSession
from accord_auth.sso.enforcing import (
    candidates,
    enforce,
    name_emergency_accounts,
    no_candidates_any_more,
    relax,
    without_passkey,
)
from accord_auth.sso.models import DirectorySession
from accord_auth.sso.service import remove
from accord_config.database import NOBODY, Role, Scope
from accord_config.mail import SmtpMailer

if TYPE_CHECKING:
    from tests.soft_passkey import SoftPasskey
    from tests.sso_parts import Club, SsoSite
    from werkzeug.test import TestResponse

pytest_plugins = ["tests.integration.sso_site"]
ADMIN = PersonRole.ORGANISATION_ADMIN


def with_emergency_accounts(club: Club) -> SoftPasskey:
    """The passkey of the first one, `glass`."""
    people = [club.person(ADMIN, name=name) for name in ("glass", "hammer")]
    keys = [club.site.local_sign_in(person.email).add_passkey() for person in people]
    club.site.gate(name_emergency_accounts, club.member.operator, [person.person_id for person in people])
    return keys[0]


def only(club: Club) -> SoftPasskey:
    """Make the directory the only way, as it has to be done; the passkey of an emergency account, `glass`."""
    key = with_emergency_accounts(club)
    club.site.browser().sign_in(club, club.account("chief", groups=["admins"]))
    club.site.gate(enforce, club.member.operator)
    return key


def sign_in_locally(site: SsoSite, email: str) -> TestResponse:
    sent = {"email": email, "password": PASSWORD}
    return site.app.test_client().post("/api/v1/sessions", json=sent)


def test_it_takes_an_admin_who_just_signed_in_with_it_and_two_emergency_accounts(site: SsoSite) -> None:
    club = site.club()
    who = club.member.operator
    with pytest.raises(Conflict, match="first an admin signs in"):
        site.gate(enforce, who)
    site.browser().sign_in(club)
    with pytest.raises(Conflict, match="first an admin signs in"):
        site.gate(enforce, who)
    chief = site.browser()
    chief.sign_in(club, club.account("chief", groups=["admins"]))
    with pytest.raises(Conflict, match="emergency accounts"):
        site.gate(enforce, who)
    with_emergency_accounts(club)
    long_ago = update(DirectorySession).values(
        signed_in_at=DirectorySession.signed_in_at - timedelta(minutes=11)
    )
    mine = DirectorySession.session_id == chief.signed_in.session_id if chief.signed_in else None
    site.gate(lambda session: session.execute(long_ago.where(mine)))
    with pytest.raises(Conflict, match="first an admin signs in"):
        site.gate(enforce, who)
    site.browser().sign_in(club, club.account("chief", groups=["admins"]))
    site.gate(enforce, who)
    assert club.entries(AuditTag.SSO_ENFORCE)[0].after == {"only": True}


def test_an_admin_of_another_organisation_does_not_count(site: SsoSite) -> None:
    club, other = site.club(), site.club()
    with_emergency_accounts(club)
    site.browser().sign_in(other, other.account("chief", groups=["admins"]))
    with pytest.raises(Conflict):
        site.gate(enforce, club.member.operator)


def test_emergency_accounts_are_two_admins_with_passkeys_apart_from_the_directory(site: SsoSite) -> None:
    club, other = site.club(), site.club()
    who = club.member.operator
    good, bare = club.person(ADMIN, name="glass"), club.person(ADMIN, name="bare")
    analyst, foreign = club.person(PersonRole.ANALYST, name="analyst"), other.person(ADMIN)
    for person in (good, analyst, foreign):
        site.local_sign_in(person.email).add_passkey()
    chief = site.browser()
    chief.sign_in(club, club.account("chief", groups=["admins"]))
    for second in (good.person_id, bare.person_id, analyst.person_id, foreign.person_id, chief.person_id):
        with pytest.raises(Invalid, match="a password and a passkey"):
            site.gate(name_emergency_accounts, who, [good.person_id, second])
    assert [one.id for one in site.gate(candidates, who)] == [good.person_id]
    assert [one.id for one in site.gate(without_passkey, who)] == [bare.person_id]
    page = chief.get("/single-sign-on").text
    assert "There are not two such admins yet" in page
    assert f"not to be named yet: {bare.person_name} ({bare.email})" in page
    with pytest.raises(PermissionDenied):
        site.gate(name_emergency_accounts, analyst, [good.person_id])


def test_only_its_passkey_opens_an_emergency_account(site: SsoSite) -> None:
    club, other = site.club(), site.club(directory=False)
    key, glass = only(club), site.person_of(f"glass@{club.domain}")
    role = {"role": PersonRole.ANALYST, "organisation_id": other.member.id}
    site.gate(assign_role, person_id=glass, **role)
    sent = {"email": f"glass@{club.domain}", "password": PASSWORD}
    # The password leads no further than to the second step, and a code gets no further than that.
    browser = site.browser()
    assert browser.post("/sign-in", **sent, organisation=club.slug).location == "/sign-in/factor"
    codes = site.gate(renew, glass)
    refused = browser.post("/sign-in/factor", code=codes[0])
    assert refused.status_code == 401
    assert "sign in with its passkey" in refused.text
    assert browser.signed_in is None
    by_code = site.app.test_client().post(
        "/api/v1/sessions", json=sent | {"code": codes[0], "organisation": club.slug}
    )
    assert (by_code.status_code, by_code.json["detail"]) == (401, USE_IT)
    assert browser.use_passkey(key).status_code == 303
    assert browser.signed_in is not None
    # For another organisation a code does; from there nothing leads back but a passkey.
    elsewhere = site.browser()
    elsewhere.post("/sign-in", **sent, organisation=other.slug)
    elsewhere.post("/sign-in/factor", code=codes[1])
    assert elsewhere.signed_in is not None
    assert f'value="{club.slug}"' not in elsewhere.get("/account").text
    assert elsewhere.post("/switch", organisation=club.slug).status_code == 404
    elsewhere.post("/confirm/passkey", credential=key.use(elsewhere.post("/confirm/options").json))
    assert elsewhere.post("/switch", organisation=club.slug).status_code == 303
    assert len(club.entries(AuditTag.SESSION_EMERGENCY)) == 2


def test_an_emergency_account_keeps_its_passkey_and_without_one_is_told_what_to_do(site: SsoSite) -> None:
    club = site.club()
    who, key, browser, glass = club.member.operator, only(club), site.browser(), f"glass@{club.domain}"
    browser.use_passkey(key)
    (mine,) = re.findall(
        r'action="(/account/factors/[0-9a-f-]+/remove)"', browser.get("/account/factors").text
    )
    kept = browser.post(mine)
    assert kept.status_code == 409
    assert "only a passkey opens" in kept.text
    # A colleague or the operator may still take it away: a lost key must not go on counting.
    site.gate(reset_by_operator, PLATFORM_OPERATOR, glass)
    assert browser.signed_in is None
    refused = site.browser().post("/sign-in", email=glass, password=PASSWORD)
    assert refused.status_code == 401
    assert "it has none: sign in with your organisation" in refused.text
    assert sign_in_locally(site, glass).json["detail"] == HAS_NONE
    chief = site.browser()
    chief.sign_in(club, club.account("chief", groups=["admins"]))
    page = chief.get("/single-sign-on").text
    assert f"({glass}) is named, and no admin with a password and a passkey any more" in page
    # Likewise of somebody who decides nothing here any more.
    hammer = site.person_of(f"hammer@{club.domain}")
    demoted = update(RoleAssignment).where(RoleAssignment.person_id == hammer)
    site.gate(lambda session: session.execute(demoted.values(role=PersonRole.ANALYST)))
    assert {one.id for one in site.gate(no_candidates_any_more, who)} == {hammer, site.person_of(glass)}
    site.gate(relax, who)
    with pytest.raises(Conflict, match="each of which has a passkey"):
        site.gate(enforce, who)


def test_what_was_begun_without_the_passkey_or_the_directory_ends(site: SsoSite) -> None:
    club = site.club()
    somebody, key = club.person(PersonRole.ANALYST, name="somebody"), with_emergency_accounts(club)
    glass = site.person_of(f"glass@{club.domain}")
    by_key, by_code, by_directory = site.browser(), site.browser(), site.browser()
    by_key.use_passkey(key)
    by_code.post("/sign-in", email=f"glass@{club.domain}", password=PASSWORD)
    by_code.post("/sign-in/factor", code=site.gate(renew, glass)[0])
    by_directory.sign_in(club)

    def grant(person_id: UUID, *amr: str) -> UUID:
        client = select(OAuthClient.id).limit(1)
        values = {
            "organisation_id": club.member.id,
            "person_id": person_id,
            "scope": ["openid"],
            "amr": list(amr),
        }
        values |= {"client_id": client.scalar_subquery(), "expires_at": func.now() + timedelta(days=1)}
        made = insert(OAuthGrant).values(values).returning(OAuthGrant.id)
        return site.gate(lambda session: session.scalar(made))  # type: ignore[no-any-return]  # an id

    assert somebody.person_id is not None
    ends = {grant(somebody.person_id, "pwd"), grant(glass, "pwd", "otp")}
    stays = {grant(glass, "hwk"), grant(by_directory.person_id, "pwd", "sso")}
    site.browser().sign_in(club, club.account("chief", groups=["admins"]))
    assert (by_key.signed_in and by_code.signed_in and by_directory.signed_in) is not None
    assert site.gate(enforce, club.member.operator) >= len(ends)
    assert by_code.signed_in is None
    assert (by_key.signed_in and by_directory.signed_in) is not None
    open_ones = select(OAuthGrant.id).where(
        OAuthGrant.organisation_id == club.member.id, OAuthGrant.revoked_at.is_(None)
    )
    assert set(site.gate(lambda session: session.scalars(open_ones).all())) == stays


def test_a_sign_in_that_comes_while_the_directory_becomes_the_only_way_waits_and_is_refused(
    site: SsoSite,
) -> None:
    club = site.club()
    with_emergency_accounts(club)
    somebody = club.person(PersonRole.ANALYST, name="somebody")
    site.browser().sign_in(club, club.account("chief", groups=["admins"]))
    answers: list[TestResponse] = []
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock' AND query LIKE '%sessions%'"
    )
    signs_in = threading.Thread(target=lambda: answers.append(sign_in_locally(site, somebody.email)))
    with site.database(Role.GATE).transaction(NOBODY) as session:
        enforce(session, club.member.operator)
        signs_in.start()
        # Until it waits for this transaction; or, were it not held up, until it is through.
        while signs_in.is_alive() and not site.gate(lambda other: other.scalar(waiting)):
            signs_in.join(0.02)
        assert signs_in.is_alive()
    signs_in.join()
    assert answers[0].status_code == 401
    ours = SignedInSession.person_id == somebody.person_id
    assert site.gate(lambda session: session.scalar(select(SignedInSession.id).where(ours))) is None


def test_passwords_count_no_more_and_what_was_begun_with_them_ends(site: SsoSite) -> None:
    club, other = site.club(), site.club(directory=False)
    somebody = club.person(PersonRole.ANALYST, name="somebody")
    site.gate(
        assign_role, person_id=somebody.person_id, role=PersonRole.ANALYST, organisation_id=other.member.id
    )
    sent = {"email": somebody.email, "password": PASSWORD}
    local = site.browser()
    local.post("/sign-in", **sent, organisation=club.slug)
    elsewhere = site.browser()
    elsewhere.post("/sign-in", **sent, organisation=other.slug)
    by_directory = site.browser()
    by_directory.sign_in(club)
    only(club)
    assert local.signed_in is None
    assert elsewhere.signed_in is not None
    assert by_directory.signed_in is not None
    # Not by signing in, not by switching, not by an invitation with a password.
    assert site.browser().post("/sign-in", **sent, organisation=club.slug).status_code == 401
    assert elsewhere.post("/switch", organisation=club.slug).status_code == 404
    assert club.slug.title() not in elsewhere.get("/account").text
    token = site.gate(
        invite,
        club.member.operator,
        email=f"new@{club.domain}",
        role=PersonRole.ANALYST,
        organisation_id=club.member.id,
    ).token
    assert "Choose a password" not in site.browser().get(f"/invitation/{token}").text
    accepted = site.browser().post(f"/invitation/{token}", name="New", password=PASSWORD)
    assert accepted.status_code == 404
    # Elsewhere the password counts as before, and here again once the rule is gone.
    assert sign_in_locally(site, somebody.email).status_code == 201
    site.gate(relax, club.member.operator)
    back = site.browser()
    back.post("/sign-in", **sent, organisation=club.slug)
    assert back.signed_in is not None


def test_the_directory_cannot_be_taken_away_while_it_is_the_only_way(site: SsoSite) -> None:
    club = site.club()
    only(club)
    with pytest.raises(Conflict):
        site.gate(remove, club.member.operator)
    with pytest.raises(Conflict):
        site.configure(club, client_id="another")
    site.gate(relax, club.member.operator)
    browser = site.browser()
    browser.sign_in(club)
    site.gate(remove, club.member.operator)
    assert browser.signed_in is None


def test_each_use_of_an_emergency_account_is_told_to_both_sides(site: SsoSite) -> None:
    club = site.club()
    key, browser, glass = only(club), site.browser(), f"glass@{club.domain}"
    assert browser.use_passkey(key).status_code == 303
    assert browser.signed_in is not None
    (entry,) = club.entries(AuditTag.SESSION_EMERGENCY)
    assert entry.detail == {"organisation": club.slug, "email": glass}
    with site.database(Role.WEB).transaction(Scope(None, entry.person_id)) as session:
        mine = select(AuditEntry.detail).where(AuditEntry.tag == AuditTag.SESSION_EMERGENCY)
        told = session.scalars(mine.where(AuditEntry.organisation_id.is_(None))).all()
    assert entry.detail in told
    jobs = text("SELECT args FROM procrastinate_jobs WHERE task_name = 'sso:alert' ORDER BY id DESC LIMIT 1")
    asked = site.gate(lambda session: session.execute(jobs).scalar_one())
    assert asked["organisation_id"] == str(club.member.id)
    assert asked["person_id"] == str(entry.person_id)


def test_the_admins_of_both_sides_get_a_mail(site: SsoSite) -> None:
    club, other = site.club(), site.club()
    only(club)
    other.person(ADMIN)
    platform = site.gate(create_person, email="root@platform.example.org", name="Root", password=PASSWORD)
    site.gate(assign_role, person_id=platform.id, role=PersonRole.PLATFORM_ADMIN, organisation_id=None)
    glass = club.person(ADMIN, name="glass")
    got: list[tuple[str, str]] = []

    class Inbox:
        async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
            got.extend((to, envelope.content.decode()) for to in envelope.rcpt_tos)  # type: ignore[attr-defined]
            return "250 OK"

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = int(listening.getsockname()[1])
    server = Controller(Inbox(), hostname="127.0.0.1", port=port)
    server.start()
    try:
        mailer = SmtpMailer("127.0.0.1", port, starttls=False, sender="accord@example.org")
        told = tell_admins(
            site.database(Role.GATE),
            mailer,
            club.member.id,
            glass.person_id,
            "2026-05-01T12:00:00",
            "198.51.100.7",
        )
    finally:
        server.stop()
    expected = {f"{name}@{club.domain}" for name in ("glass", "hammer", "chief")} | {platform.email}
    assert {to for to, _ in got} == expected
    assert told == len(expected)
    assert all(glass.email in body and "198.51.100.7" in body for _, body in got)
