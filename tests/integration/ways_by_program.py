"""What programs use on somebody's behalf: tokens, codes, a service, a directory, a stream of signals."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.jwk import ECKey
from tests.integration.somebody import Somebody, Use

from accord_auth.oauth.issuing import begin_grant, issue_access, issue_refresh
from accord_auth.oauth.models import (
    AuthMethod,
    AuthorizationCode,
    ClientSecret,
    DeviceCode,
    GrantType,
    OAuthClient,
)
from accord_auth.oauth.secret_values import Prefix, hashed, make, make_user_code
from accord_auth.provisioning.tokens import make_token
from accord_auth.signals.events import Event
from accord_auth.signals.models import Direction, SubjectFormat
from accord_auth.streams.service import StreamDraft, add_stream

BACK = "https://client.example.org/cb"
SCOPE = ["leads:read"]
VERIFIER = "a-verifier-of-forty-three-characters-or-more-0123456789"


def _client(given: Somebody, **changes: Any) -> OAuthClient:
    values: dict[str, Any] = {
        "organisation_id": given.member.id,
        "client_id": f"acc_client_{uuid4().hex}",
        "name": "A reader",
        "auth_method": AuthMethod.NONE,
        "grant_types": [*GrantType],
        "redirect_uris": [BACK],
        "scopes": SCOPE,
        "networks": [],
    }
    client = OAuthClient(**(values | changes))
    given.site.gate(lambda session: (session.add(client), session.flush()))
    return client


def _ask_token(given: Somebody, **form: str) -> Any:
    return given.site.app.test_client().post("/oauth/token", data=form)


def access_token(given: Somebody) -> Use:
    """A call of the API, with an OAuth access token."""
    client = _client(given)

    def make_it(session: Any) -> str:
        grant = begin_grant(session, client=client, scope=SCOPE, principal=given.principal)
        return issue_access(session, grant, SCOPE)

    headers = {"Authorization": f"Bearer {given.site.gate(make_it)}"}
    return lambda: given.site.app.test_client().get("/api/v1/leads", headers=headers).status_code == 200


def refresh_token(given: Somebody) -> Use:
    """The next access token, for a refresh token; each use gives another one."""
    client = _client(given)

    def make_it(session: Any) -> str:
        grant = begin_grant(session, client=client, scope=SCOPE, principal=given.principal)
        return issue_refresh(session, grant)

    tokens = [given.site.gate(make_it)]

    def use() -> bool:
        form = {"grant_type": "refresh_token", "client_id": client.client_id, "refresh_token": tokens[-1]}
        answer = _ask_token(given, **form)
        if answer.status_code == 200:
            tokens.append(answer.json["refresh_token"])
        return bool(answer.status_code == 200)

    return use


def pending_code(given: Somebody) -> Use:
    """A code on its way to the program; each use takes another one."""
    client = _client(given)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()

    def make_it(session: Any) -> list[str]:
        codes = [make(Prefix.AUTHORIZATION_CODE) for _ in range(2)]
        for code in codes:
            grant = begin_grant(session, client=client, scope=SCOPE, principal=given.principal)
            session.add(
                AuthorizationCode(
                    code_hash=hashed(code),
                    grant_id=grant.id,
                    redirect_uri=BACK,
                    code_challenge=challenge,
                    expires_at=datetime.now(UTC) + timedelta(minutes=5),
                )
            )
        return codes

    codes = given.site.gate(make_it)

    def use() -> bool:
        form = {"grant_type": "authorization_code", "client_id": client.client_id, "redirect_uri": BACK}
        answer = _ask_token(given, **form, code=codes.pop(), code_verifier=VERIFIER)
        return bool(answer.status_code == 200)

    return use


def service(given: Somebody) -> Use:
    """A token for the organisation's own program, by its shared secret."""
    later = datetime.now(UTC) + timedelta(days=1)
    client = _client(
        given, auth_method=AuthMethod.SHARED_SECRET, scopes=["records:write"], secret_until=later
    )
    secret = make(Prefix.CLIENT_SECRET)
    kept = ClientSecret(client_id=client.id, secret_hash=hashed(secret), expires_at=later)
    given.site.gate(lambda session: session.add(kept))

    def use() -> bool:
        answer = given.site.app.test_client().post(
            "/oauth/token",
            data={"grant_type": "client_credentials", "scope": "records:write"},
            auth=(client.client_id, secret),
        )
        return answer.status_code == 200

    return use


def device_code(given: Somebody) -> Use:
    """A program that waits to be let in: it is told to go on waiting, or that it waits for nothing."""
    client, code = _client(given), make(Prefix.DEVICE_CODE)
    waits = DeviceCode(
        client_id=client.id,
        device_hash=hashed(code),
        user_code_hash=hashed(make_user_code()),
        scope=SCOPE,
        expires_at=datetime.now(UTC) + timedelta(minutes=5),
        interval_s=0,
    )
    given.site.gate(lambda session: session.add(waits))

    def use() -> bool:
        form = {"grant_type": GrantType.DEVICE_CODE.value, "client_id": client.client_id}
        answer = _ask_token(given, **form, device_code=code)
        return bool(answer.json["error"] in ("authorization_pending", "slow_down"))

    return use


def directory_token(given: Somebody) -> Use:
    """The organisation's own directory, which says who belongs."""
    value = given.site.gate(make_token, given.member.operator, name="Directory", days=1).value
    headers = {"Authorization": f"Bearer {value}"}
    return lambda: given.site.app.test_client().get("/scim/v2/Users", headers=headers).status_code == 200


def signal_stream(given: Somebody) -> Use:
    """A system of the organisation that tells us of somebody's sessions; each use is another token."""
    key = ECKey.generate_key("P-256", {"kid": "one"})
    draft = StreamDraft(
        name="Provider",
        direction=Direction.RECEIVE,
        events=("session-revoked",),
        subject_format=SubjectFormat.EMAIL,
        audience="https://accord.example.org",
        issuer="https://idp.example.org",
        jwks_uri="https://idp.example.org/keys",
    )

    def open_one(session: Any) -> tuple[UUID, str]:
        made = add_stream(session, given.member.operator, draft, given.site.app.outside.seals)
        made.stream.keys, made.stream.keys_asked_at = (
            {"keys": [key.as_dict(private=False)]},
            datetime.now(UTC),
        )
        return made.stream.id, made.secret

    stream_id, secret = given.site.gate(open_one)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/secevent+jwt"}

    def use() -> bool:
        now = int(datetime.now(UTC).timestamp())
        claims = {
            "iss": draft.issuer,
            "aud": draft.audience,
            "iat": now,
            "jti": uuid4().hex,
            "sub_id": {"format": "opaque", "id": "stream"},
            "events": {Event.VERIFICATION.value: {}},
        }
        token = jwt.encode({"alg": "ES256", "kid": "one", "typ": "secevent+jwt"}, claims, key)
        client = given.site.app.test_client()
        answer = client.post(f"/signals/push/{stream_id}", data=token, headers=headers)
        return answer.status_code == 202

    return use
