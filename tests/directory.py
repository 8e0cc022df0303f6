"""A member's directory of the tests' own: an OpenID provider on loopback, over TLS, that does as it is told.

Honest by default, and strict with its client: PKCE, the client's proof and the redirect address are checked.
Each test bends what it wants: `document`, `claims`, `token` and `answer` change what the directory says.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import re
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from tests.loopback import LOOPBACK, NAME, always, certificate
from werkzeug.test import TestResponse

from accord_config.fetching import Fetcher

Bend = Callable[[dict[str, Any]], dict[str, Any]]
CLIENT_ID = "accord"
CLIENT_SECRET = "a secret of the directory's client"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


def same(value: dict[str, Any]) -> dict[str, Any]:
    """Leave it as it is."""
    return value


@dataclass
class Account:
    """Somebody as the directory knows them."""

    sub: str = "u1"
    email: str = "ines@harbor.example.org"
    claims: dict[str, Any] = field(default_factory=dict)

    def said(self) -> dict[str, Any]:
        told = {
            "sub": self.sub,
            "email": self.email,
            "email_verified": True,
            "name": "Ines",
            "groups": ["cases"],
        }
        return told | self.claims


class TestDirectory:
    """The directory, running. What a test bends is straight again after `reset`."""

    __test__ = False

    def __init__(self, port: int, fetcher: Fetcher) -> None:
        self.port = port
        self.issuer = f"https://{NAME}:{port}"
        self.fetcher = fetcher
        self.key = ECKey.generate_key("P-256", {"kid": "k1", "use": "sig", "alg": "ES256"})
        self.reset()

    def reset(self) -> None:
        self.keys: list[dict[str, Any]] = [self.key.as_dict(private=False)]
        self.document: Bend = same
        self.claims: Bend = same
        self.token: Callable[[dict[str, Any]], str] = self.sign
        self.answer: Bend = same
        self.userinfo: dict[str, Any] | None = None
        self.raw: dict[str, Callable[[http.server.BaseHTTPRequestHandler], None]] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []
        self.bodies: list[dict[str, str]] = []
        self.account = Account()

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        return jwt.encode({"alg": "ES256", "kid": "k1"} | header, claims, self.key, algorithms=["ES256"])

    def metadata(self) -> dict[str, Any]:
        at = self.issuer
        return self.document(
            {
                "issuer": at,
                "authorization_endpoint": f"{at}/authorize",
                "token_endpoint": f"{at}/token",
                "jwks_uri": f"{at}/keys",
                "end_session_endpoint": f"{at}/end",
                "response_types_supported": ["code"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    def authorize(self, url: str, account: Account | None = None, **changes: str | None) -> str:
        """What the directory does when a browser comes: the path with which it is sent back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["client_id"] == CLIENT_ID
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(12)
        self.codes[code] = asked
        self.account = account or self.account
        back = {"code": code, "state": asked["state"], "iss": self.issuer} | changes
        given = {name: value for name, value in back.items() if value is not None}
        return f"{urlsplit(asked['redirect_uri']).path}?{urlencode(given)}"

    def redeemed(self, form: dict[str, str]) -> dict[str, Any]:
        asked = self.codes.pop(form["code"])
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
        assert form["redirect_uri"] == asked["redirect_uri"]
        now, access = int(time.time()), secrets.token_urlsafe(12)
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            "amr": ["pwd", "otp"],
            "sid": f"sid of {self.account.sub}",
            "nonce": asked["nonce"],
            **self.account.said(),
        }
        id_token = self.token(self.claims(claims))
        return self.answer({"access_token": access, "token_type": "Bearer", "id_token": id_token})

    def logout_token(self, **changes: Any) -> str:
        """A logout token for the account; None takes a claim out."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 120,
            "jti": secrets.token_urlsafe(12),
            "sub": self.account.sub,
            "events": {LOGOUT_EVENT: {}},
        } | changes
        return self.token({name: value for name, value in claims.items() if value is not None})


class Handler(http.server.BaseHTTPRequestHandler):
    """The directory over HTTP."""

    protocol_version = "HTTP/1.1"

    @property
    def directory(self) -> TestDirectory:
        return self.server.directory  # type: ignore[attr-defined,no-any-return] # set below

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.directory.asked.append(path)
        if path in self.directory.raw:
            self.directory.raw[path](self)
            return
        if path == "/.well-known/openid-configuration":
            self.reply(self.directory.metadata())
        elif path == "/keys":
            self.reply({"keys": self.directory.keys})
        elif path == "/userinfo" and self.directory.userinfo is not None:
            self.reply(self.directory.userinfo)
        elif path == "/token":
            form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            self.directory.bodies.append(form)
            known = form.get("code") in self.directory.codes and self.proved(form)
            self.reply(
                self.directory.redeemed(form) if known else {"error": "invalid_grant"}, 200 if known else 400
            )
        else:
            self.reply({}, 404)

    do_POST = do_GET  # noqa: N815 - the name that http.server calls

    def proved(self, form: dict[str, str]) -> bool:
        if "client_assertion" in form:
            return form["client_id"] == CLIENT_ID
        pair = f"{CLIENT_ID}:{urlencode({'': CLIENT_SECRET})[1:]}".encode()
        return self.headers.get("Authorization") == "Basic " + base64.b64encode(pair).decode()

    def reply(self, value: Any, status: int = 200) -> None:
        self.send(json.dumps(value).encode(), status)

    def send(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def serving_directory(folder: Path) -> Iterator[TestDirectory]:
    """The directory, with its certificate in the folder, until the block ends."""
    pem = certificate(folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    port = server.server_address[1]
    fetcher = Fetcher(
        seconds=30.0,
        ports=frozenset({port}),
        allowed=LOOPBACK,
        resolver=always("127.0.0.1"),
        tls=ssl.create_default_context(cafile=str(pem)),
    )
    directory = TestDirectory(port, fetcher)
    server.directory = directory  # type: ignore[attr-defined] # for the handler
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield directory
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return ".".join(_encoded(json.dumps(part).encode()) for part in (header, claims))


def unsigned(claims: dict[str, Any]) -> str:
    """A token with the algorithm `none`."""
    return _unsigned({"alg": "none"}, claims) + "."


def signed_with_public_key(directory: TestDirectory) -> Callable[[dict[str, Any]], str]:
    """Signs with HS256 and the directory's public key as the shared secret: a confusion of algorithms."""

    def sign(claims: dict[str, Any]) -> str:
        # By hand: the library refuses to.
        text = _unsigned({"alg": "HS256", "kid": "k1"}, claims)
        public = directory.key.as_pem(private=False)
        return f"{text}.{_encoded(hmac.digest(public, text.encode(), 'sha256'))}"

    return sign


def signed_by_a_stranger(claims: dict[str, Any]) -> str:
    """Signs with a key that is not the directory's, under the name of one that is."""
    key = ECKey.generate_key("P-256")
    return jwt.encode({"alg": "ES256", "kid": "k1"}, claims, key, algorithms=["ES256"])


def signed_with_rsa(claims: dict[str, Any]) -> str:
    """Names the directory's EC key, and signs with RSA."""
    key = RSAKey.generate_key(2048)
    return jwt.encode({"alg": "RS256", "kid": "k1"}, claims, key, algorithms=["RS256"])


def link_in(page: TestResponse) -> str:
    """Where a page of Accord's on the way to a directory leads."""
    assert page.status_code == 200, page.text
    found = re.search(r'<a class="btn[^>]* href="(https://[^"]+)"', page.text)
    assert found, page.text
    return unescape(found[1])
