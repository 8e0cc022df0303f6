"""A real server, a real worker, a real browser: one site for each process of a test run."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    StorageState,
    sync_playwright,
)
from sqlalchemy import text
from tests.browser.world import lines
from tests.conftest import (
    PASSWORD,
    Cluster,
    Databases,
    Members,
    databases_of,
    make_members,
    principal_maker,
)

from accord.caseload.cases import add_note, open_case
from accord.markings import Marking
from accord.sharing.document import ShareTerms
from accord.sharing.service import Basis, create_share
from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import Role as PersonRole
from accord_config.database import NOBODY, Role
from accord_config.home import Home

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
             "--disable-background-networking", "--disable-component-update")  # fmt: skip
PATIENCE_MS = 10_000
NARROW = 390
"""A telephone's width. Tests of more than one step take them there, where they are hardest to reach."""
RENEWED_AFTER_S = 300
"""Dangerous acts need a proof from the last ten minutes, and a run lasts longer."""
REFUSAL = re.compile(r"Failed to load resource: the server responded with a status of (4\d\d)")
INES, TOM = "ines@police.example.org", "tom@police.example.org"
ROSA, MAYA = "rosa@ngo.example.org", "maya@company.example.org"
SEVERAL, ADMIN = "several@example.org", "admin@platform.example.org"
HANNA = "hanna@police.example.org"


@dataclass(frozen=True)
class Site:
    """Accord, served; `log` is what its processes wrote."""

    address: str
    home: Home
    database: Databases
    members: Members
    log: Path
    environment: dict[str, str]

    @property
    def named(self) -> str:
        """Its address by name: passkeys work there alone."""
        return self.address.replace("127.0.0.1", "localhost")

    def ingest(self, records: Iterable[dict[str, Any]], name: str) -> None:
        """Bring records of the police unit in, and wait until their leads are ranked."""
        file = self.log.with_name(f"{name}.jsonl")
        file.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
        member = self.members.police.slug
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "accord",
                "ingest",
                str(file),
                "--source",
                "board",
                "--organisation",
                member,
            ],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            text=True,
            timeout=100,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert " 0 rejected" in done.stdout

    def rows(self, statement: str, **values: Any) -> list[Any]:
        """What the police unit's rows say, as the worker sees them."""
        with self.database(Role.WORKER).transaction(self.members.police.scope) as session:
            return list(session.execute(text(statement), values))


@pytest.fixture(scope="session")
def site(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose police unit has ranked leads."""
    folder = tmp_path_factory.mktemp("site")
    with ExitStack() as stack:
        home = stack.enter_context(cluster.home(folder / "home"))
        database = stack.enter_context(databases_of(home))
        members = make_members(database)
        _people(database, members)
        port = _free_port()
        environment = _environment(home, port)
        log = folder / "processes.log"
        stack.enter_context(_running(environment, log, "worker"))
        stack.enter_context(_running(environment, log, "serve"))
        made = Site(f"http://127.0.0.1:{port}", home, database, members, log, environment)
        made.ingest(lines(), "world")
        _wait_for(made.address, log)
        yield made


def _people(database: Databases, members: Members) -> None:
    investigators = {INES: "Ines Okafor", TOM: "Tom Brandt", ROSA: "Rosa Almeida", MAYA: "Maya Lindqvist"}
    places = {INES: [members.police], TOM: [members.police], ROSA: [members.ngo], MAYA: [members.company]}
    with database(Role.GATE).transaction(NOBODY) as session:
        for email, name in {**investigators, SEVERAL: "Sam Vale"}.items():
            person = create_person(session, email=email, name=name, password=PASSWORD)
            for member in places.get(email, [members.police, members.ngo]):
                assign_role(
                    session, person_id=person.id, role=PersonRole.INVESTIGATOR, organisation_id=member.id
                )
        hanna = create_person(session, email=HANNA, name="Hanna Weiss", password=PASSWORD)
        assign_role(
            session,
            person_id=hanna.id,
            role=PersonRole.ORGANISATION_ADMIN,
            organisation_id=members.police.id,
        )
        admin = create_person(session, email=ADMIN, name="Alex Moreau", password=PASSWORD)
        assign_role(session, person_id=admin.id, role=PersonRole.PLATFORM_ADMIN, organisation_id=None)


def _environment(home: Home, port: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "ACCORD_HOME": str(home.path),
        "ACCORD_DATABASE_URL": home.settings.database_url or "",
        "ACCORD_PORT": str(port),
        "ACCORD_WEB_WORKERS": "1",
        "PYTHONWARNINGS": "ignore",
    }


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def _running(environment: dict[str, str], log: Path, command: str) -> Iterator[None]:
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "accord", command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(address: str, log: Path) -> None:
    for _ in range(900):
        try:
            with urlopen(f"{address}/sign-in", timeout=5) as answer:
                assert answer.status == 200
                return
        except (URLError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"the web server did not start: {log.read_text(encoding='utf-8')[-2000:]}")


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Playwright's driver, for a module: while it runs, nothing else in this process may `asyncio.run`."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The machine's Chromium, or the one that Playwright installed."""
    found = next(filter(None, map(shutil.which, BROWSERS)), playwright.chromium.executable_path)
    if not Path(found).exists():
        pytest.fail("there is no Chromium: `make test-browser` installs it, or `apt-get install chromium`")
    browser = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
    yield browser
    browser.close()


@dataclass
class Visitor:
    """Somebody at a browser of their own, and what the browser complained about."""

    site: Site
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    by_name: bool = False
    """Whether the browser is at the site's name rather than its address."""
    refused: Collection[int] = ()
    """With which statuses (4xx) the server may refuse something."""

    def go(self, path: str) -> int:
        """Open a page; returns its status."""
        answer = self.page.goto((self.site.named if self.by_name else self.site.address) + path)
        assert answer is not None
        return answer.status

    def sign_in(self, email: str, password: str = PASSWORD) -> None:
        """Sign in with the form."""
        self.go("/sign-in")
        self.page.get_by_label("E-mail", exact=True).fill(email)
        self.page.get_by_label("Password").fill(password)
        with self.page.expect_navigation():
            self.page.get_by_role("button", name="Sign in").click()

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        width: int = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        return width


Visit = Callable[..., Visitor]


@dataclass
class Session:
    """The cookies of somebody who signed in before, and when: the form has tests of its own."""

    cookies: StorageState
    since: float

    @property
    def lasts(self) -> bool:
        return time.monotonic() - self.since < RENEWED_AFTER_S


@pytest.fixture(scope="session")
def sessions() -> dict[str, Session]:
    """Who signed in before."""
    return {}


@pytest.fixture
def visit(site: Site, chromium: Browser, sessions: dict[str, Session]) -> Iterator[Visit]:
    """Opens a browser of its own for somebody: `visit(INES, width=390, refused={404})`. At the end none has
    complained, nor was refused anything that the test did not say."""
    visitors: list[Visitor] = []

    def visit(
        email: str | None = None,
        *,
        width: int = 1280,
        by_name: bool = False,
        refused: Collection[int] = (),
        **options: Any,
    ) -> Visitor:
        known = sessions.get(email or "")
        cookies = known.cookies if known is not None and known.lasts else None
        context = chromium.new_context(
            viewport={"width": width, "height": 844}, storage_state=cookies, **options
        )
        context.set_default_timeout(PATIENCE_MS)
        visitor = Visitor(site, context, context.new_page(), by_name=by_name, refused=refused)
        visitor.page.on("console", lambda message: _note(visitor, message))
        visitor.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        visitors.append(visitor)
        if cookies is not None:
            visitor.go("/")
        elif email is not None:
            visitor.sign_in(email)
            visitor.page.wait_for_url(lambda url: not url.endswith("/sign-in"))
            sessions[email] = Session(context.storage_state(), time.monotonic())
        return visitor

    yield visit
    for visitor in visitors:
        visitor.context.close()
    assert not [complaint for visitor in visitors for complaint in visitor.complaints]


def _note(visitor: Visitor, message: ConsoleMessage) -> None:
    """Errors and warnings, but for the browser's remark that the server refused what it was to refuse."""
    refusal = REFUSAL.match(message.text)
    if refusal is not None and int(refusal[1]) in visitor.refused:
        return
    if message.type in {"error", "warning"}:
        visitor.complaints.append(f"{visitor.page.url}: {message.text}")


@dataclass(frozen=True)
class Made:
    """Paths of things that are there already: leads of three kinds, a case and a share of it."""

    lead: str
    spread: str
    odd: str
    case: str
    share: str


@pytest.fixture(scope="session")
def made(site: Site) -> Made:
    """A case of the police unit, shared with the NGO; tests look at it and change nothing."""
    police, ngo = site.members.police, site.members.ngo
    who = principal_maker(site.database)(police, PersonRole.INVESTIGATOR, email="made@police.example.org")
    found = {
        name: site.rows("SELECT id FROM leads WHERE anchor LIKE :anchor", anchor=f"board/{anchor}%")[0].id
        for name, anchor in (("lead", "route-8-"), ("spread", "spread-"), ("odd", "odd-letters"))
    }
    terms = ShareTerms(
        recipient_id=ngo.id,
        marking=Marking.AMBER,
        purpose="Support for the people concerned",
        basis=next(iter(Basis)),
        expires_on=datetime.now(UTC).date() + timedelta(days=30),
        include_notes=True,
    )
    with site.database(Role.WEB).transaction(who.scope) as session:
        case = open_case(session, who, found["lead"])
        add_note(session, who, case, "The hotline knows the second number.")
        share = create_share(session, who, case, terms)
        paths = {name: f"/leads/{lead}" for name, lead in found.items()}
        return Made(**paths, case=f"/cases/{case.id}", share=f"/shares/{share.id}")


NextLead = Callable[[], str]
_opened = iter(range(100))


@pytest.fixture
def next_lead(site: Site) -> NextLead:
    """The address of a lead that moves between cities and that no other test opens as a case."""

    def next_lead() -> str:
        rows = site.rows(
            "SELECT id FROM leads WHERE anchor LIKE 'board/route-%' AND anchor NOT LIKE 'board/route-8-%'"
            " AND merged_into IS NULL ORDER BY anchor"
        )
        return f"/leads/{rows[next(_opened)].id}"

    return next_lead
