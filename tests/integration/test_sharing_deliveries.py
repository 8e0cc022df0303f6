"""Deliveries: a plugin's file of a share, made once, and a clear word when it could not be made."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update

from accord.host.pool import ProcessPool
from accord.registry.models import Activation, Plugin
from accord.registry.service import Discovered, discover, synchronise
from accord.sharing.deliveries import STIX, deliver, prepare_share
from accord.sharing.models import Delivery, DeliveryStatus
from accord.sharing.service import find_share
from accord.worker import run_worker
from accord_config.database import NOBODY, Role
from accord_sdk import Manifest
from accord_sdk.host.launch import ProcessLauncher

if TYPE_CHECKING:
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]

COURIER = """
import os, sys, time
from accord_sdk import Deferred, Delivered, Document, Receipt, Rejected, Retracted, hookimpl

def document(name="share.json", kind="application/json", content=b"{}"):
    return lambda share: Delivered(Receipt(share.key, "ref"), Document(name, kind, content))

def raises(share):
    raise ValueError("the line is busy")

ACTS = {
    "deliver": document(),
    "deliver nothing to download": lambda share: Delivered(Receipt(share.key, "ref")),
    "crash": lambda share: os._exit(7),
    "sleep": lambda share: time.sleep(600),
    "raise": raises,
    "reject": lambda share: Rejected("their system is closed"),
    "reject without words": lambda share: Rejected(""),
    "reject with NUL": lambda share: Rejected("a\\x00b"),
    "reject at length": lambda share: Rejected("z" * 100_000),
    "defer": lambda share: Deferred("their system sleeps"),
    "defer without words": lambda share: Deferred(""),
    "another answer": lambda share: Retracted("x"),
    "no answer at all": lambda share: None,
    "receipt of another share": lambda share: Delivered(Receipt("other", "ref")),
    "receipt with NUL": lambda share: Delivered(Receipt(share.key, "a\\x00")),
    "name with a line break": document(name="a\\r\\nSet-Cookie: x=1"),
    "name of another folder": document(name="../../etc/passwd"),
    "name with NUL": document(name="a\\x00.json"),
    "no name": document(name=""),
    "kind with a line break": document(kind="text/html\\r\\nX: 1"),
    "kind that is none": document(kind="anything"),
}

class Courier:
    name = "courier"
    def deliver(self, share, call):
        return ACTS[share.purpose](share)
    def retract(self, receipt, call):
        return Retracted("x")

@hookimpl
def accord_sharing(context):
    return [Courier()]
"""
MANIFEST = """
protocol = 1
name = "courier"
title = "Courier"
summary = "Does what a test wants."
[provides]
sharing = ["courier"]
[limits]
open_seconds = 20.0
batch_seconds = 2.0
memory_mb = 300
[card]
purpose = "Tests."
limits = "Tests only."
licence = "Apache-2.0"
contact = "maintainers@example.org"
"""


class FolderLauncher:
    """Starts the runner beside the plugins of a folder; counts the starts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.starts = 0

    def start(self, manifest: Manifest, folders: Any = (), site: Any = None) -> subprocess.Popen[bytes]:
        self.starts += 1
        path = f"import sys; sys.path.insert(0, {str(self._folder)!r})"
        return subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", f"{path}; import accord_sdk.runner as r; r.main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LANG": "C.UTF-8"},
            cwd=tempfile.gettempdir(),
            start_new_session=True,
            bufsize=0,
        )


@pytest.fixture(scope="module")
def courier(task_force: TaskForce, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessPool]:
    """A plugin that does what a share's purpose says, in use by the police alone."""
    folder = tmp_path_factory.mktemp("courier")
    (folder / "courier_plugin.py").write_text(COURIER)
    info = folder / "courier-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: courier\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[accord]\ncourier = courier_plugin\n")
    manifest = Manifest.parse(MANIFEST)
    with task_force.database(Role.WORKER).transaction(task_force.police.scope) as session:
        synchronise(session, [*discover(), Discovered(manifest, "1.0")])
        plugin_id = session.scalars(select(Plugin.id).where(Plugin.name == "courier")).one()
        session.add(Activation(organisation_id=task_force.police.id, plugin_id=plugin_id, config={}))
    pool = ProcessPool(FolderLauncher(folder))
    yield pool
    pool.close()


def prepared(task_force: TaskForce, act: str, who: str = "investigator", plugin: str = "courier") -> UUID:
    """A delivery that waits; its share's purpose tells the plugin what to do."""
    person = task_force.people[who]
    share = task_force.share(task_force.case(), purpose="deliver it")
    with task_force.database(Role.WEB).transaction(person.scope) as session:
        delivery = prepare_share(session, person, find_share(session, person, share))
        payload = {**delivery.payload, "purpose": act}
    with task_force.database(Role.WORKER).transaction(person.scope) as session:
        session.execute(
            update(Delivery).where(Delivery.id == delivery.id).values(plugin=plugin, payload=payload)
        )
    return delivery.id


def outcome(task_force: TaskForce, delivery: UUID, who: str = "investigator") -> Delivery:
    with task_force.database(Role.WEB).transaction(task_force.people[who].scope) as session:
        return session.get_one(Delivery, delivery)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("crash", "exit code 7"),
        ("sleep", "within its time limit"),
        ("raise", "the line is busy"),
        ("reject", "their system is closed"),
        ("reject without words", "courier rejects it"),
        ("reject with NUL", "ab"),
        ("reject at length", "zzz"),
        ("defer", "not now: their system sleeps"),
        ("defer without words", "not now"),
        ("another answer", "courier"),
        ("no answer at all", "courier"),
        ("receipt of another share", "another share"),
        ("receipt with NUL", "NUL"),
        ("name with a line break", "no file name"),
        ("name of another folder", "no file name"),
        ("name with NUL", "no file name"),
        ("no name", "no file name"),
        ("kind with a line break", "no media type"),
        ("kind that is none", "no media type"),
        ("what the plugin does not know", "KeyError"),
    ],
)
def test_a_deliverer_that_fails_leaves_a_failed_delivery_and_says_why(
    task_force: TaskForce, courier: ProcessPool, act: str, words: str
) -> None:
    delivery = prepared(task_force, act)
    deliver(task_force.database(Role.WORKER), courier, task_force.police.id, delivery)
    found = outcome(task_force, delivery)
    assert found.status == DeliveryStatus.FAILED
    assert words in found.error
    assert len(found.error) <= 300
    assert found.content is found.receipt is found.filename is None
    assert task_force.browser("investigator").get(f"/deliveries/{delivery}").status_code == 404
    page = task_force.browser("investigator").get(f"/shares/{found.share_id}").text
    assert found.error[:20] in page.replace("&#39;", "'")


def test_the_plugin_s_next_delivery_is_not_harmed(task_force: TaskForce, courier: ProcessPool) -> None:
    for act, status in (("crash", DeliveryStatus.FAILED), ("deliver", DeliveryStatus.DELIVERED)):
        delivery = prepared(task_force, act)
        deliver(task_force.database(Role.WORKER), courier, task_force.police.id, delivery)
        assert outcome(task_force, delivery).status == status
    answer = task_force.browser("investigator").get(f"/deliveries/{delivery}")
    assert (answer.status_code, answer.data) == (200, b"{}")
    assert answer.headers["Content-Disposition"] == "attachment; filename=share.json"
    assert answer.headers["Content-Type"].startswith("application/json")


def test_an_outside_system_needs_to_give_no_file(task_force: TaskForce, courier: ProcessPool) -> None:
    delivery = prepared(task_force, "deliver nothing to download")
    deliver(task_force.database(Role.WORKER), courier, task_force.police.id, delivery)
    found = outcome(task_force, delivery)
    assert found.status == DeliveryStatus.DELIVERED
    assert found.receipt == {"key": str(found.share_id), "reference": "ref"}


def test_delivering_again_changes_nothing(task_force: TaskForce, courier: ProcessPool) -> None:
    delivery = prepared(task_force, "deliver")
    worker = task_force.database(Role.WORKER)
    deliver(worker, courier, task_force.police.id, delivery)
    before = task_force.browser("investigator").get(f"/deliveries/{delivery}").data
    with worker.transaction(task_force.police.scope) as session:
        changed = {"payload": {**outcome(task_force, delivery).payload, "purpose": "crash"}}
        session.execute(update(Delivery).where(Delivery.id == delivery).values(changed))
    with ThreadPoolExecutor(3) as threads:
        done = [threads.submit(deliver, worker, courier, task_force.police.id, delivery) for _ in range(3)]
        assert [one.result() for one in done] == [None] * 3
    assert outcome(task_force, delivery).status == DeliveryStatus.DELIVERED
    assert task_force.browser("investigator").get(f"/deliveries/{delivery}").data == before


def test_a_failed_delivery_succeeds_when_it_is_asked_for_again(
    task_force: TaskForce, courier: ProcessPool
) -> None:
    delivery = prepared(task_force, "reject")
    worker = task_force.database(Role.WORKER)
    deliver(worker, courier, task_force.police.id, delivery)
    failed = outcome(task_force, delivery)
    browser = task_force.browser("investigator")
    assert browser.post(f"/shares/{failed.share_id}/document").status_code == 303
    with worker.transaction(task_force.police.scope) as session:
        rows = session.scalars(select(Delivery.id).where(Delivery.share_id == failed.share_id)).all()
    (again,) = set(rows) - {delivery}
    deliver(worker, task_force.pool, task_force.police.id, again)
    assert outcome(task_force, again).status == DeliveryStatus.DELIVERED


def test_asking_twice_makes_one_file(task_force: TaskForce) -> None:
    share = task_force.share(task_force.case())
    person = task_force.people["recipient"]
    for _ in range(3):
        assert task_force.browser("recipient").post(f"/shares/{share}/document").status_code == 303
    with task_force.database(Role.WEB).transaction(person.scope) as session:
        assert session.scalar(select(func.count()).where(Delivery.share_id == share)) == 1


def test_a_share_that_was_taken_back_is_not_delivered_any_more(task_force: TaskForce) -> None:
    share = task_force.share(task_force.case())
    person = task_force.people["recipient"]
    with task_force.database(Role.WEB).transaction(person.scope) as session:
        delivery = prepare_share(session, person, find_share(session, person, share))
    task_force.program("investigator").delete(f"/api/v1/shares/{share}")
    deliver(task_force.database(Role.WORKER), task_force.pool, person.organisation, delivery.id)
    found = outcome(task_force, delivery.id, "recipient")
    assert (found.status, found.content) == (DeliveryStatus.FAILED, None)
    assert "taken back" in found.error


class Meanwhile(ProcessLauncher):
    """Something happens just before the plugin starts."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self._act = act

    def start(self, manifest: Manifest, folders: Any = (), site: Any = None) -> subprocess.Popen[bytes]:
        self._act()
        return super().start(manifest, folders, site)


def test_a_share_that_is_taken_back_while_its_file_is_made_leaves_no_file(task_force: TaskForce) -> None:
    share = task_force.share(task_force.case())
    person = task_force.people["recipient"]
    with task_force.database(Role.WEB).transaction(person.scope) as session:
        delivery = prepare_share(session, person, find_share(session, person, share))
    pool = ProcessPool(
        Meanwhile(lambda: task_force.program("investigator").delete(f"/api/v1/shares/{share}"))
    )
    deliver(task_force.database(Role.WORKER), pool, person.organisation, delivery.id)
    pool.close()
    found = outcome(task_force, delivery.id, "recipient")
    assert (found.status, found.content) == (DeliveryStatus.FAILED, None)
    assert "taken back" in found.error


def test_a_plugin_that_does_not_start_is_told_and_the_job_fails(task_force: TaskForce) -> None:
    def fail() -> None:
        raise OSError("no more processes")

    delivery = prepared(task_force, "deliver", plugin=STIX)
    pool = ProcessPool(Meanwhile(fail))
    with pytest.raises(OSError, match="no more processes"):
        deliver(task_force.database(Role.WORKER), pool, task_force.police.id, delivery)
    found = outcome(task_force, delivery)
    assert (found.status, found.error) == (DeliveryStatus.FAILED, "it could not be made: OSError")
    deliver(task_force.database(Role.WORKER), task_force.pool, task_force.police.id, delivery)
    assert outcome(task_force, delivery).status == DeliveryStatus.DELIVERED


def test_a_member_that_does_not_use_the_plugin_is_told(task_force: TaskForce, courier: ProcessPool) -> None:
    delivery = prepared(task_force, "deliver", who="recipient")
    deliver(task_force.database(Role.WORKER), courier, task_force.ngo.id, delivery)
    found = outcome(task_force, delivery, "recipient")
    assert found.status == DeliveryStatus.FAILED
    assert "does not use the plugin" in found.error


def test_a_job_of_another_member_delivers_nothing(task_force: TaskForce) -> None:
    delivery = prepared(task_force, "deliver", plugin=STIX)
    for member in (task_force.company, task_force.ngo):
        deliver(task_force.database(Role.WORKER), task_force.pool, member.id, delivery)
    assert outcome(task_force, delivery).status == DeliveryStatus.PENDING


def test_the_worker_makes_a_file_that_holds_the_share_s_document_and_nothing_else(
    task_force: TaskForce,
) -> None:
    phone = task_force.fresh_phone()
    case = task_force.case(lead_id=task_force.lead(task_force.police, phone=phone), note="For us alone.")
    share = task_force.share(case)
    browser = task_force.browser("recipient")
    with task_force.database(Role.OWNER).transaction(NOBODY) as session:
        # What other tests left to do would take a minute.
        session.execute(text("UPDATE procrastinate_jobs SET status = 'cancelled' WHERE status = 'todo'"))
    browser.post(f"/shares/{share}/document")
    run_worker(task_force.home, until_empty=True)
    with task_force.database(Role.WEB).transaction(task_force.ngo.scope) as session:
        delivery = session.scalars(select(Delivery).where(Delivery.share_id == share)).one()
    answer = browser.get(f"/deliveries/{delivery.id}")
    bundle = json.loads(answer.data)
    assert answer.headers["Content-Type"].startswith("application/stix+json")
    assert bundle["type"] == "bundle"
    assert "For us alone." not in answer.text
    assert phone not in answer.text
    assert str(case) not in answer.text
    assert task_force.browser("stranger").get(f"/deliveries/{delivery.id}").status_code == 404
    assert task_force.browser("investigator").get(f"/deliveries/{delivery.id}").status_code == 404
