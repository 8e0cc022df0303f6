"""A TLS server on loopback that answers well and badly, and a fetcher that may reach it."""

from __future__ import annotations

import datetime as dt
import http.server
import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from accord_config.fetching import Answer, Fetcher

NAME = "keys.example.org"
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


class Server(http.server.BaseHTTPRequestHandler):
    """Answers by path; remembers what it was asked."""

    protocol_version = "HTTP/1.1"
    asked: list[tuple[str, str, dict[str, str], bytes]]

    def do_GET(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        self.server.asked.append((self.command, self.path, dict(self.headers), self.rfile.read(size)))  # type: ignore[attr-defined] # set below
        getattr(self, f"answer_{self.path.split('?')[0].strip('/') or 'plain'}")()

    do_POST = do_GET  # noqa: N815 - the name that http.server calls

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def reply(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer_plain(self) -> None:
        self.reply(b"plain")

    def answer_document(self) -> None:
        self.reply(self.server.document[-1])  # type: ignore[attr-defined] # set below

    def answer_redirect(self) -> None:
        self.reply(b"", 302, Location="https://169.254.169.254/latest")

    def answer_large(self) -> None:
        self.reply(b"x" * (2 << 20))

    def answer_endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x" * 65_536)
        except OSError:
            self.close_connection = True

    def answer_slow(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while not self.server.stopping.wait(0.1):  # type: ignore[attr-defined] # set below
                self.wfile.write(b"x")
        except OSError:
            self.close_connection = True

    def answer_headers(self) -> None:
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while True:
                self.wfile.write(b"X-More: " + b"x" * 1_000 + b"\r\n")
        except OSError:
            self.close_connection = True

    def answer_garbage(self) -> None:
        self.wfile.write(b"\x00\x01\x02 no HTTP at all\r\n\r\n")
        self.close_connection = True

    def answer_zipped(self) -> None:
        self.reply(b"\x1f\x8b" + b"\x00" * 10, **{"Content-Encoding": "gzip"})


def always(*addresses: str) -> Callable[[str, int], Sequence[str]]:
    """A resolver for which every name has these addresses."""

    def resolver(name: str, port: int) -> Sequence[str]:
        return addresses

    return resolver


def certificate(folder: Path) -> Path:
    """A key and a certificate of our own for the name, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return pem


@dataclass
class Running:
    """A server on loopback and a fetcher that may reach it."""

    port: int
    asked: list[tuple[str, str, dict[str, str], bytes]]
    fetcher: Fetcher
    document: list[bytes]
    """The last one is what is at `document`."""

    def url(self, path: str) -> str:
        return f"https://{NAME}:{self.port}/{path}"

    def fetch(self, path: str, method: str = "GET", **given: Any) -> Answer:
        return self.fetcher.fetch(method, self.url(path), **given)


@contextmanager
def serving(folder: Path) -> Iterator[Running]:
    """The server, with its certificate in the folder, until the block ends."""
    pem = certificate(folder)
    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    listening.daemon_threads = True
    listening.asked, listening.stopping = [], threading.Event()  # type: ignore[attr-defined] # for the handler
    listening.document = [b"{}"]  # type: ignore[attr-defined] # likewise
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    listening.socket = context.wrap_socket(listening.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=listening.serve_forever, args=(0.05,))
    thread.start()
    port = listening.server_address[1]
    trusted = ssl.create_default_context(cafile=str(pem))
    fetcher = Fetcher(
        seconds=10.0,
        ports=frozenset({port}),
        allowed=LOOPBACK,
        resolver=always("127.0.0.1"),
        tls=trusted,
    )
    yield Running(port, listening.asked, fetcher, listening.document)  # type: ignore[attr-defined] # set above
    listening.stopping.set()  # type: ignore[attr-defined] # set above
    listening.shutdown()
    thread.join()
    listening.server_close()
