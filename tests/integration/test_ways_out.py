"""Every way of losing access against everything by which somebody acts: the next use is refused.

For each cause and each subject whose access it can end (`REACHES`), somebody is given one of everything there
is (`USES`), each is used, access ends, and each is used again. A new cause is in it by itself, and fails
when no reach is named for it; a new channel fails until it has its uses here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from uuid import uuid4

import pytest
from tests.conftest import Cluster, databases_of
from tests.integration.somebody import Site, Somebody, sign_in, somebody_of
from tests.integration.ways_in import OF_THE_PLATFORM, USES

from accord.app import create_app
from accord_auth.access.causes import (
    REACHES,
    Cause,
    Reach,
    Subject,
    of_credential,
    of_membership,
    of_organisation,
    of_person,
)
from accord_auth.access.channels import CHANNELS
from accord_auth.access.service import end_access, preview
from accord_auth.accounts.service import change_password, end_own_session
from accord_auth.factors.models import Passkey
from accord_auth.joining.acting import PLATFORM_OPERATOR
from accord_auth.joining.membership import leave, suspend
from accord_auth.memberships.factors import reset_by_operator
from accord_auth.memberships.service import change_roles, remove_person
from accord_auth.permissions import Role as PersonRole
from accord_auth.sessions.service import resolve_session


@pytest.fixture(scope="module")
def site(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with ExitStack() as stack:
        home = stack.enter_context(cluster.home(tmp_path_factory.mktemp("ways-out")))
        database = stack.enter_context(databases_of(home))
        app = create_app(home)
        stack.callback(app.close)
        yield Site(database, app)


@pytest.fixture
def somebody(site: Site) -> Somebody:
    """An admin of an organisation of the test's own."""
    return somebody_of(site)


# --- every way of losing it ------------------------------------------------------------------------------


def _password(given: Somebody) -> None:
    # In another session, which goes on: what was begun before does not.
    elsewhere = given.site.gate(
        resolve_session, sign_in(given.site, given.principal.email, given.member.slug)
    )
    given.site.gate(change_password, elsewhere, "another long password")


def _own_session(given: Somebody) -> None:
    elsewhere = given.site.gate(
        resolve_session, sign_in(given.site, given.principal.email, given.member.slug)
    )
    given.site.gate(end_own_session, elsewhere, given.session_id)


def _removed(given: Somebody) -> None:
    given.site.gate(remove_person, given.member.operator, given.person_id)


def _lowered(given: Somebody) -> None:
    given.site.gate(change_roles, given.member.operator, given.person_id, [PersonRole.INVESTIGATOR])


def _factors_reset(given: Somebody) -> None:
    kept = Passkey(
        person_id=given.person_id,
        name="laptop",
        credential_id=uuid4().bytes,
        public_key=b"",
        sign_count=0,
        aaguid="",
        transports=[],
        synced=False,
    )
    given.site.gate(lambda session: session.add(kept))
    given.site.gate(reset_by_operator, PLATFORM_OPERATOR, given.principal.email)


def _suspended(given: Somebody) -> None:
    given.site.gate(suspend, PLATFORM_OPERATOR, given.member.slug, "a complaint")


def _left(given: Somebody) -> None:
    given.site.gate(leave, PLATFORM_OPERATOR, given.member.slug, "closed down")


SERVICES: Mapping[tuple[Cause, Reach], Callable[[Somebody], None]] = {
    (Cause.FACTOR_CHANGED, Reach.PERSON): _factors_reset,
    (Cause.ORGANISATION_LEFT, Reach.ORGANISATION): _left,
    (Cause.ORGANISATION_SUSPENDED, Reach.ORGANISATION): _suspended,
    (Cause.PASSWORD_CHANGED, Reach.PERSON): _password,
    (Cause.REMOVED, Reach.MEMBERSHIP): _removed,
    (Cause.ROLE_LOWERED, Reach.MEMBERSHIP): _lowered,
    (Cause.SESSION_ENDED, Reach.CREDENTIAL): _own_session,
}
"""What people do that ends access. The other causes come with their features; what ends is tried with
`end_access` itself, which is all that they call for it."""


def subject_of(given: Somebody, reach: Reach) -> Subject:
    return {
        Reach.CREDENTIAL: of_credential("session", given.session_id),
        Reach.MEMBERSHIP: of_membership(given.person_id, given.member.id),
        Reach.ORGANISATION: of_organisation(given.member.id),
        Reach.PERSON: of_person(given.person_id),
    }[reach]


def lose(given: Somebody, cause: Cause, reach: Reach) -> None:
    service = SERVICES.get((cause, reach))
    if service is not None:
        service(given)
    else:
        given.site.gate(end_access, PLATFORM_OPERATOR, subject_of(given, reach), cause)


WAYS = [(cause, reach) for cause in Cause for reach in sorted(REACHES[cause])]


@pytest.mark.parametrize(("cause", "reach"), WAYS)
def test_the_next_use_of_everything_is_refused(cause: Cause, reach: Reach, somebody: Somebody) -> None:
    uses = {
        channel.name: [(make.__name__, make(somebody)) for make in USES[channel.name]] for channel in CHANNELS
    }
    for channel in CHANNELS:
        assert all(use() for _, use in uses[channel.name]), channel.name
    lose(somebody, cause, reach)
    subject = subject_of(somebody, reach)
    for channel in CHANNELS:
        elsewhere = reach is Reach.MEMBERSHIP and channel.name in OF_THE_PLATFORM
        ends = channel.ends_for(subject, cause) and not elsewhere
        for name, use in uses[channel.name]:
            assert use() is not ends, (channel.name, name)
    again = somebody.site.gate(preview, subject, cause)
    assert not again.total or (cause, reach) == (Cause.PASSWORD_CHANGED, Reach.PERSON)


def test_a_cause_leaves_nothing_out_but_shares_while_a_member_is_away_for_a_while() -> None:
    limited = {channel.name: channel.only_for for channel in CHANNELS if channel.only_for}
    assert limited == {"share": {Reach.ORGANISATION: {Cause.ORGANISATION_LEFT}}}


def test_every_channel_and_every_cause_has_its_case() -> None:
    assert set(USES) == {channel.name for channel in CHANNELS}
    assert {cause for cause, _ in WAYS} == set(Cause)
    assert set(SERVICES) <= set(WAYS)
    reached = {reach for channel in CHANNELS for reach in channel.reaches}
    assert reached == set(Reach)
