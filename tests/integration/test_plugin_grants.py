"""What a plugin may ask of the host: HTTP to granted hosts and a store, each request checked and kept."""

from __future__ import annotations

import ast
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec
import pytest
from tests.loopback import NAME, Running, serving

from accord.grants.service import Granting, PluginGrants, Rate
from accord.host.pool import ActivePlugin, ProcessPool
from accord.markings import Marking
from accord_config.database import Role, Scope
from accord_sdk import Found, Manifest, Record, Selector, wire
from accord_sdk.host.errors import PluginRaised
from accord_sdk.host.grants import Refused

if TYPE_CHECKING:
    from tests.integration.sandboxed import Inside

pytest_plugins = ["tests.integration.sandboxed"]

CODE = """
from accord_sdk import Found, NotGiven, Selector, hookimpl

class Asking:
    name = "asking"
    def __init__(self, context):
        self.http, self.store = context.http, context.store
    def open(self):
        self.opened_with = self.store.keys()
    def close(self):
        pass
    def detect(self, batch, call):
        for ref, record in enumerate(batch):
            scope = {"http": self.http, "store": self.store, "opened_with": self.opened_with, "said": None}
            try:
                exec(record.body, scope)
            except NotGiven as error:
                scope["said"] = (error.code, str(error))
            yield Found(ref, (Selector("said", repr(scope["said"])),))

@hookimpl
def accord_detectors(context):
    return [Asking(context)]
"""
MANIFEST = """
protocol = 2
name = "asking"
title = "Asking"
summary = "Asks the host."
ceiling = "TLP:RED"
provides = { detectors = ["asking"] }
reads = { body = "what to ask" }
limits = { open_seconds = 30.0, batch_seconds = 30.0, store_kb = 8 }
card = { purpose = "Tests.", limits = "None.", licence = "Apache-2.0", contact = "tests@example.org" }
"""


class FolderLauncher:
    """A plain process with the test's distribution on its path: grants do not depend on the sandbox."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def start(self, manifest: Manifest, folders: Any = (), site: Any = None) -> subprocess.Popen[bytes]:
        path = f"import sys; sys.path.insert(0, {str(self._folder)!r}); "
        return subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", path + "import accord_sdk.runner as r; r.main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd=tempfile.gettempdir(),
            start_new_session=True,
            bufsize=0,
        )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server on loopback, which the host may reach in these tests."""
    with serving(tmp_path_factory.mktemp("tls")) as running:
        yield running


Say = Callable[..., Any]


@pytest.fixture
def manifest(server: Running) -> Manifest:
    """The asking plugin's manifest, which was granted the server."""
    return msgspec.structs.replace(Manifest.parse(MANIFEST), calls={f"{NAME}:{server.port}": "to ask it"})


@pytest.fixture
def pool(
    database: Any, server: Running, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[ProcessPool]:
    """A worker's pool that knows the asking plugin."""
    install = request.config.pluginmanager.get_plugin("tests.integration.sandboxed").install
    install(tmp_path / "site", "asking", CODE, MANIFEST)
    granting = Granting(database(Role.WORKER), server.fetcher)
    made = ProcessPool(FolderLauncher(tmp_path / "site"), granting)
    yield made
    made.close()


@pytest.fixture
def say(pool: ProcessPool, manifest: Manifest, organisations: Any) -> Say:
    """What the plugin says after some code ran in it: `say("said = store.keys()", member=...)`."""
    activations: dict[Any, Any] = {}

    def say(code: str, *, member: Any = None, marking: Marking = Marking.AMBER, **changes: Any) -> Any:
        used_by = member or organisations.police
        activation = activations.setdefault(used_by.id, uuid4())
        changed = msgspec.structs.replace(manifest, **changes)
        plugin = ActivePlugin(activation, changed, "1.0", {}, used_by.id)
        with pool.lend(plugin, marking) as process:
            (item,) = process.call(wire.Detect("asking", (Record(body=code),)))
        assert isinstance(item, Found)
        (finding,) = item.findings
        assert isinstance(finding, Selector)
        return ast.literal_eval(finding.value)

    return say


def get(server: Running, path: str) -> str:
    """Code that gets a path of the server."""
    return f"answer = http.request('GET', {server.url(path)!r}); said = (answer.status, answer.body)"


@pytest.fixture
def log(rows: Any, organisations: Any) -> Callable[..., list[tuple[Any, ...]]]:
    """What was written down for the police, oldest first."""
    columns = "plugin, version, method, host, path, sent, received, status, outcome"
    return lambda: rows(organisations.police.scope, f"SELECT {columns} FROM plugin_requests ORDER BY id")


# --- HTTP --------------------------------------------------------------------------------------------


def test_a_granted_host_answers_and_the_request_is_written_down(say: Say, server: Running, log: Any) -> None:
    assert say(get(server, "plain?phone=614-555-0134")) == (200, b"plain")
    host = f"{NAME}:{server.port}"
    assert log() == [("asking", "1.0", "GET", host, "/plain", 0, 5, 200, "answered")]


def test_headers_and_body_go_out_and_come_back(say: Say, server: Running) -> None:
    code = f"""
answer = http.request("POST", {server.url("plain")!r}, headers={{"Accept": "text/plain"}}, body=b"hello")
said = dict(answer.headers)["content-length"]
"""
    assert say(code) == "5"
    assert server.asked[-1][0] == "POST"
    assert server.asked[-1][2]["Accept"] == "text/plain"
    assert server.asked[-1][3] == b"hello"


def test_a_host_that_was_not_granted_is_refused_and_written_down(say: Say, log: Any, server: Running) -> None:
    before = len(server.asked)
    elsewhere = f"http.request('GET', 'https://elsewhere.example.org:{server.port}/plain?a=1')"
    assert say(elsewhere) == ("failed", "The address could not be fetched.")
    assert log()[0][3:] == (f"elsewhere.example.org:{server.port}", "/plain", 0, 0, None, "failed")
    assert len(server.asked) == before


def test_without_a_grant_nothing_goes_out(say: Say, server: Running, log: Any) -> None:
    before = len(server.asked)
    code, _ = say(get(server, "plain"), calls={})
    assert code == "not_granted"
    assert len(server.asked) == before
    assert log()[0][-1] == "not_granted"


@pytest.mark.parametrize("marking", [Marking.RED, Marking.AMBER_STRICT])
def test_what_sees_closed_records_has_no_network(
    say: Say, server: Running, log: Any, marking: Marking
) -> None:
    before = len(server.asked)
    code, words = say(get(server, "plain"), marking=marking)
    assert code == "not_granted"
    assert marking in words
    assert len(server.asked) == before
    assert say(get(server, "plain"), marking=Marking.AMBER) == (200, b"plain")


def test_a_redirect_is_an_answer(say: Say, server: Running) -> None:
    assert say(get(server, "redirect")) == (302, b"")


def test_every_failure_on_the_way_reads_alike(
    say: Say, server: Running, rows: Any, organisations: Any
) -> None:
    failed = ("failed", "The address could not be fetched.")
    for path in ("large", "garbage", "endless"):
        assert say(get(server, path)) == failed
    assert say(f"http.request('GET', 'http://{NAME}/')") == failed
    assert say("http.request('GET', 'https://[::1/')") == failed
    assert say(f"http.request('TRACE', {server.url('plain')!r})") == failed
    reasons = rows(organisations.police.scope, "SELECT reason FROM plugin_requests ORDER BY id")
    assert len({reason for (reason,) in reasons}) > 3


def test_an_address_or_method_that_no_database_stores_is_written_down_as_far_as_it_goes(
    say: Say, log: Any
) -> None:
    code, _ = say("http.request('GET\\x00' * 50, 'https://a\\x00b.example.org/' + 'x' * 5_000)")
    assert code == "failed"
    assert "\x00" not in repr(log()[0])
    assert len(log()[0][4]) <= 500


def test_a_body_beyond_the_limit_is_not_sent(say: Say, server: Running, log: Any) -> None:
    code, _ = say(f"http.request('POST', {server.url('plain')!r}, body=bytes(2 << 20))")
    assert code == "too_large"
    assert log()[0][5] == 0


def test_there_are_only_so_many_requests_a_minute(
    database: Any, server: Running, manifest: Manifest, organisations: Any
) -> None:
    grants = Granting(database(Role.WORKER), server.fetcher).of(organisations.police.id, manifest, "1.0")
    now = [0.0]
    grants = replace(grants, _requests=Rate(2, clock=lambda: now[0]))
    ask = wire.Http("GET", server.url("plain"))
    outcomes: list[int | str] = []
    for second in (0.0, 1.0, 2.0, 61.0):
        now[0] = second
        try:
            answer = grants.give(ask)
            assert isinstance(answer, wire.HttpAnswer)
            outcomes.append(answer.status)
        except Refused as refusal:
            outcomes.append(refusal.code)
    assert outcomes == [200, 200, "too_many", 200]


def test_another_member_sees_nothing_of_what_left(
    say: Say, server: Running, organisations: Any, rows: Any
) -> None:
    say(get(server, "plain"))
    count = "SELECT count(*) FROM plugin_requests"
    assert rows(organisations.police.scope, count) == [(1,)]
    assert rows(organisations.company.scope, count) == [(0,)]
    assert rows(Scope(), count) == [(0,)]


# --- the store ---------------------------------------------------------------------------------------


def test_a_value_outlives_the_process_and_is_there_when_the_next_one_opens(
    say: Say, pool: ProcessPool
) -> None:
    say("store.put('cursor', b'abc')")
    pool.close()
    assert say("said = (store.get('cursor'), store.get('nothing'), opened_with)") == (
        b"abc",
        None,
        ("cursor",),
    )


def test_values_are_replaced_listed_and_deleted(say: Say) -> None:
    say("[store.put(key, b'1') for key in ('a/1', 'a/2', 'b', 'a%')]; store.put('b', b'2')")
    assert say("said = (store.get('b'), store.keys('a/'), store.keys('a%'))") == (
        b"2",
        ("a/1", "a/2"),
        ("a%",),
    )
    say("store.delete('a/1'); store.delete('never there')")
    assert say("said = store.keys()") == ("a%", "a/2", "b")


def test_each_member_s_use_of_the_plugin_has_its_own_store(say: Say, organisations: Any) -> None:
    say("store.put('a', b'of the police')", member=organisations.police)
    assert say("said = (store.get('a'), store.keys())", member=organisations.company) == (None, ())
    say("store.put('a', b'of the company')", member=organisations.company)
    assert say("said = store.get('a')", member=organisations.police) == b"of the police"


def test_the_store_ends_at_its_quota_and_loses_nothing(say: Say) -> None:
    say("store.put('a', bytes(6_000))")
    assert say("store.put('b', bytes(3_000))")[0] == "full"
    assert say("store.put('a', bytes(9_000))")[0] == "full"
    assert say("said = (len(store.get('a')), store.keys())") == (6_000, ("a",))
    say("store.put('a', bytes(100)); store.put('b', bytes(3_000))")
    assert say("said = store.keys()") == ("a", "b")


@pytest.mark.parametrize("key", ["", "x" * 201, "a\x00b"])
def test_a_key_that_cannot_be_kept_is_refused(say: Say, key: str) -> None:
    for call in (f"store.put({key!r}, b'1')", f"store.get({key!r})"):
        assert say(call)[0] == "not_granted"


def test_a_process_that_no_organisation_uses_is_given_nothing(pool: ProcessPool, manifest: Manifest) -> None:
    plugin = ActivePlugin(uuid4(), manifest, "1.0", {})
    with pytest.raises(PluginRaised, match="nothing was granted"), pool.lend(plugin):
        pass


def test_several_threads_of_a_plugin_may_ask_at_once(say: Say) -> None:
    code = """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as threads:
    list(threads.map(lambda number: store.put(f"k{number}", bytes([number])), range(40)))
    said = list(threads.map(lambda number: store.get(f"k{number}")[0], range(40)))
"""
    assert say(code) == list(range(40))


def test_a_sandboxed_plugin_asks_over_the_pipe(inside: Inside) -> None:
    # The obedient plugin was granted nothing; the answer still comes over the pipe, and not from a network.
    assert inside("""
        from accord_sdk.outside import Http, NotGiven
        import gc
        gc.unfreeze()  # what was made before the plugin was loaded is not looked through otherwise
        (runner,) = [thing for thing in gc.get_objects() if type(thing).__name__ == "Runner"]
        try:
            Http(runner.ask).request("GET", "https://keys.example.org/")
        except NotGiven as error:
            said = (error.code, str(error))
    """) == ("not_granted", "nothing was granted to this process")


def test_grants_are_made_for_one_process(database: Any, manifest: Manifest, organisations: Any) -> None:
    granting = Granting(database(Role.WORKER))
    made = granting.of(organisations.police.id, manifest, "1.0")
    assert isinstance(made, PluginGrants)
    assert made.fetcher.ports == {int(next(iter(manifest.calls)).partition(":")[2])}
