"""The directory as the only way in: when it may become that, what ends, and the accounts for emergencies."""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select, text, update
from tests.conftest import PASSWORD

from accord.sso.jobs import tell_admins
from accord_auth.audit.models import AuditEntry
from accord_auth.audit.service import AuditTag
from accord_auth.errors import Conflict, Invalid, PermissionDenied
from accord_auth.invitations.service import invite
from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import Role as PersonRole
from accord_auth.sso.enforcing import enforce, name_emergency_accounts, relax
from accord_auth.sso.models import DirectorySession
from accord_auth.sso.service import remove
from accord_config.database import Role, Scope
from accord_config.mail import SmtpMailer

if TYPE_CHECKING:
    from tests.sso_parts import Club, SsoSite

pytest_plugins = ["tests.integration.sso_site"]
ADMIN = PersonRole.ORGANISATION_ADMIN


def with_emergency_accounts(club: Club) -> None:
    people = [club.person(ADMIN, name=name).person_id for name in ("glass", "hammer")]
    club.site.gate(name_emergency_accounts, club.member.operator, people)


def only(club: Club) -> None:
    """Make the directory the only way, as it has to be done."""
    with_emergency_accounts(club)
    club.site.browser().sign_in(club, club.account("chief", groups=["admins"]))
    club.site.gate(enforce, club.member.operator)


def sign_in_locally(site: SsoSite, email: str) -> int:
    sent = {"email": email, "password": PASSWORD}
    return site.app.test_client().post("/api/v1/sessions", json=sent).status_code


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


def test_emergency_accounts_are_two_admins_with_passwords_apart_from_the_directory(site: SsoSite) -> None:
    club, other = site.club(), site.club()
    who = club.member.operator
    good, analyst = club.person(ADMIN, name="glass"), club.person(PersonRole.ANALYST, name="analyst")
    foreign = other.person(ADMIN)
    chief = site.browser()
    chief.sign_in(club, club.account("chief", groups=["admins"]))
    for second in (good.person_id, analyst.person_id, foreign.person_id, chief.person_id):
        with pytest.raises(Invalid):
            site.gate(name_emergency_accounts, who, [good.person_id, second])
    with pytest.raises(PermissionDenied):
        site.gate(name_emergency_accounts, analyst, [good.person_id])


def test_passwords_count_no_more_and_what_was_begun_with_them_ends(site: SsoSite) -> None:
    club, other = site.club(), site.club(directory=False)
    somebody = club.person(PersonRole.ANALYST, name="somebody")
    glass = club.person(ADMIN, name="glass")
    site.gate(
        assign_role, person_id=somebody.person_id, role=PersonRole.ANALYST, organisation_id=other.member.id
    )
    sent = {"email": somebody.email, "password": PASSWORD}
    local = site.browser()
    local.post("/sign-in", **sent, organisation=club.slug)
    elsewhere = site.browser()
    elsewhere.post("/sign-in", **sent, organisation=other.slug)
    in_emergency = site.local_sign_in(glass.email)
    by_directory = site.browser()
    by_directory.sign_in(club)
    only(club)
    assert local.signed_in is None
    assert elsewhere.signed_in is not None
    assert in_emergency.signed_in is not None
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
    assert sign_in_locally(site, somebody.email) == 201
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
    only(club)
    glass = f"glass@{club.domain}"
    assert sign_in_locally(site, glass) == 201
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
