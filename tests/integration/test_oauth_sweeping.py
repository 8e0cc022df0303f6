"""What counts no more is taken away, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import update

from accord_auth.oauth.models import AccessToken, OAuthGrant
from accord_auth.oauth.secret_values import hashed
from accord_auth.oauth.sweeping import sweep

if TYPE_CHECKING:
    from tests.integration.oauth_party import Party

pytest_plugins = ["tests.integration.task_force", "tests.integration.oauth_party"]


def test_what_ended_long_ago_goes_and_what_counts_stays(party: Party) -> None:
    client = party.register()
    old, live = party.tokens(client), party.tokens(client)
    ids = party.task_force.oauth_client()
    long_ago = datetime.now(UTC) - timedelta(days=3)
    with party.gate() as session:
        expired = update(AccessToken).where(AccessToken.token_hash == hashed(old["access_token"]))
        session.execute(expired.values(expires_at=long_ago))
        own = update(OAuthGrant).where(OAuthGrant.id == ids["grant_id"])
        session.execute(own.values(created_at=long_ago))
    with party.gate() as session:
        assert sweep(session) >= 2
    with party.gate() as session:
        assert session.query(AccessToken).filter_by(token_hash=hashed(old["access_token"])).count() == 0
        assert session.get(OAuthGrant, ids["grant_id"]) is None
    assert party.api(live["access_token"]).status_code == 200
    assert party.refresh(client, old["refresh_token"]).status_code == 200
