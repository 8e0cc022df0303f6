"""Authorization code with PKCE: the browser carries a code, the client's server redeems it once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from sqlalchemy import select

from accord_auth.oauth.issuing import CODE_LIVES, begin_grant, grantor, stands
from accord_auth.oauth.models import AuthorizationCode, OAuthClient
from accord_auth.oauth.request import OAuthRequest
from accord_auth.oauth.secret_values import Prefix, hashed, make
from accord_auth.principal import Principal

if TYPE_CHECKING:
    from accord_auth.oauth.server import Server

LONGEST_NONCE = 256


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib publishes no types
    """RFC 6749, 4.1, as OAuth 2.1 narrows it."""

    server: Server
    request: OAuthRequest

    @staticmethod
    def validate_authorization_redirect_uri(request: OAuthRequest, client: OAuthClient) -> str:
        """The address to send the browser back to, character for character one that was registered.

        :raises InvalidRequestError: which must not be sent anywhere, but shown.
        """
        given = request.parameters.get("redirect_uri")
        if given is None or not client.check_redirect_uri(given):
            raise InvalidRequestError("the client or its redirect_uri is not known here")
        return given

    def generate_authorization_code(self) -> str:
        return make(Prefix.AUTHORIZATION_CODE)

    def save_authorization_code(self, code: str, request: OAuthRequest) -> None:
        session, client, who = self.server.session, request.client, request.user
        if client is None or who is None:
            raise TypeError("a code is for a client and a person")
        given = request.parameters
        request.grant = begin_grant(
            session,
            client=client,
            scope=self.server.scope_of(request),
            principal=who,
            auth_time=self.server.auth_time,
            amr=self.server.amr,
        )
        session.add(
            AuthorizationCode(
                code_hash=hashed(code),
                grant_id=request.grant.id,
                redirect_uri=given["redirect_uri"],
                code_challenge=given["code_challenge"],
                nonce=given.get("nonce"),
                key_thumbprint=given.get("dpop_jkt"),
                expires_at=datetime.now(UTC) + CODE_LIVES,
            )
        )

    def query_authorization_code(self, code: str, client: OAuthClient) -> AuthorizationCode | None:
        # The row stays locked until the tokens are committed: who comes second sees it used.
        found = self.server.session.scalar(
            select(AuthorizationCode)
            .where(AuthorizationCode.code_hash == hashed(code))
            .with_for_update(of=AuthorizationCode)
        )
        if found is None or found.grant.client_id != client.id:
            return None
        if found.used_at is not None:
            # RFC 9700, 2.1.1 and 4.5: somebody else has it, so nothing that came of it may stand.
            self.server.end_family(found.grant_id, "a code was used twice")
            return None
        if found.expires_at <= datetime.now(UTC) or not stands(found.grant):
            return None
        if found.key_thumbprint is not None and found.key_thumbprint != self.request.key_thumbprint:
            return None
        self.request.grant = found.grant
        return found

    def delete_authorization_code(self, authorization_code: AuthorizationCode) -> None:
        authorization_code.used_at = datetime.now(UTC)

    def authenticate_user(self, authorization_code: AuthorizationCode) -> Principal | None:
        return grantor(self.server.session, authorization_code.grant)


class Pkce(CodeChallenge):  # type: ignore[misc]  # Authlib publishes no types
    """PKCE of everybody, with S256 and nothing else.

    Authlib's own lets a confidential client leave it out, and takes a missing method for `plain`.
    """

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: CodeGrant, redirect_uri: str) -> None:
        given = grant.request.parameters
        if "code_challenge" not in given or "code_challenge_method" not in given:
            raise InvalidRequestError("send code_challenge and code_challenge_method=S256")
        super().validate_code_challenge(grant, redirect_uri)


def check_answer_modes(grant: CodeGrant, redirect_uri: str) -> None:
    """Refuse what is not offered or not allowed, rather than do something else in silence.

    :raises InvalidRequestError: naming the parameter.
    :raises InvalidScopeError: naming the scope.
    """
    given = grant.request.parameters
    grant.server.scope_of(grant.request)
    if grant.client.require_par and not grant.request.pushed:
        raise InvalidRequestError("this client has to push its requests first")
    if given.get("response_mode", "query") != "query":
        raise InvalidRequestError("response_mode must be query")
    if len(given.get("nonce", "")) > LONGEST_NONCE:
        raise InvalidRequestError(f"nonce has more than {LONGEST_NONCE} characters")
    if "request" in given:
        raise InvalidRequestError("request objects are not offered: use pushed requests")
