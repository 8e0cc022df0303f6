"""The plugin `remote` in a process of its own, the host's HTTP, and the documented server behind TLS."""

from __future__ import annotations

import importlib.util
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask, Response
from tests.conftest import Databases, Members
from tests.loopback import LOOPBACK, NAME, always, certificate
from werkzeug.serving import make_server

from accord.detection.contract import Readable
from accord.detection.running import Said, run_detectors
from accord.grants.service import Granting
from accord.host.pool import ActivePlugin, ProcessPool
from accord.registry.service import discover
from accord_config.database import Role
from accord_config.fetching import Fetcher
from accord_sdk import Record
from accord_sdk.host.launch import ProcessLauncher

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "remote_detector.py"
SECRET = "whsec_" + "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"  # made up


def documented() -> Flask:
    """The server that the documentation shows."""
    spec = importlib.util.spec_from_file_location("remote_detector", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    app: Flask = module.create_app(SECRET)
    return app


@contextmanager
def serving(app: Flask, folder: Path) -> Iterator[tuple[int, Fetcher]]:
    pem = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = make_server("127.0.0.1", 0, app, threaded=True, ssl_context=context)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    fetcher = Fetcher(
        seconds=1.0,
        ports=frozenset({server.port}),
        allowed=LOOPBACK,
        resolver=always("127.0.0.1"),
        tls=ssl.create_default_context(cafile=str(pem)),
    )
    yield server.port, fetcher
    server.shutdown()
    thread.join()
    server.server_close()


Ask = Callable[..., list[Said]]


@pytest.fixture
def ask(database: Databases, organisations: Members, tmp_path: Path) -> Iterator[Ask]:
    """What the plugin says of records when this application is the other side."""
    pools: list[ProcessPool] = []
    (manifest,) = [one.manifest for one in discover() if one.manifest.name == "remote"]

    def run(app: Flask, *bodies: str, marking: str = "TLP:AMBER", endpoint: str = "") -> list[Said]:
        with serving(app, tmp_path) as (port, fetcher):
            config = {"endpoint": endpoint or f"https://{NAME}:{port}/accord", "secret": SECRET}
            pool = ProcessPool(ProcessLauncher(), Granting(database(Role.WORKER), fetcher))
            pools.append(pool)
            plugin = ActivePlugin(uuid4(), manifest, "1", config, organisations.company.id)
            records = [Readable(ref, marking, Record(body=body)) for ref, body in enumerate(bodies)]
            ran = run_detectors(pool, plugin, records)
            assert ran.failed == []
            pool.close()
            return [ran.said[ref] for ref in range(len(bodies))]

    yield run
    for pool in pools:
        pool.close()


def answering(make: Callable[[], Response]) -> Flask:
    app = Flask("bad")
    app.add_url_rule("/accord", view_func=make, methods=["POST"])
    return app


def test_the_documented_server_is_asked_and_its_findings_come_back(
    ask: Ask, rows: Any, organisations: Any
) -> None:
    one, two = ask(documented(), "they hold her papers", "nothing here")
    ((kind, start, end),) = [(found.kind, found.start, found.end) for found in one.findings]
    assert (kind, start, end) == ("papers_held", 14, 20)
    assert (two.findings, two.error) == ([], None)
    scope = organisations.company.scope
    ((host, path, outcome),) = rows(scope, "SELECT host, path, outcome FROM plugin_requests")
    assert (host.startswith(NAME), path, outcome) == (True, "/accord", "answered")


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: Response("unsigned", 200), "signature"),
        (lambda: Response("", 302, {"Location": "https://169.254.169.254/"}), "refused"),
        (lambda: Response("", 503), "away"),
        (lambda: Response(b"x" * (2 << 20), 200), "failed"),
        (lambda: time.sleep(2) or Response("late", 200), "failed"),
    ],
    ids=["unsigned", "redirect", "away", "huge", "slow"],
)
def test_a_bad_answer_fails_its_records_and_nothing_else(ask: Ask, make: Any, code: str) -> None:
    (one,) = ask(answering(make), "a")
    assert one.error is not None
    assert one.error["code"] == code


def test_no_other_host_than_the_configured_one_is_called(ask: Ask) -> None:
    (one,) = ask(documented(), "a", endpoint="http://keys.example.org/accord")
    assert one.error is not None
    assert one.error["code"] == "not_granted"


def test_a_record_of_a_closed_marking_never_leaves(ask: Ask) -> None:
    (one,) = ask(documented(), "papers", marking="TLP:RED")
    assert one.error is not None
    assert one.error["code"] == "not_granted"
    assert "never share a process with the network" in one.error["message"]
