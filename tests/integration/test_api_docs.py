"""The examples of the API's page run as they are printed, and what the pages say of access is so."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conftest import PASSWORD
from werkzeug.serving import make_server

from accord.sharing.document import MOST_RECORDS, MOST_SELECTORS
from accord.sharing.service import LONGEST_DAYS, LONGEST_PURPOSE, SHORTEST_PURPOSE, Basis
from accord_auth.permissions import ROLES, Permission

if TYPE_CHECKING:
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]

DOCS = Path(__file__).parents[2] / "docs"
API = (DOCS / "reference" / "api.md").read_text(encoding="utf-8")
SHARING = (DOCS / "explanation" / "sharing.md").read_text(encoding="utf-8")
PERMISSIONS = (DOCS / "reference" / "permissions.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"<!-- example: ([\w-]+) -->\n```sh\n(.*?)```", API, re.DOTALL))
ASKS = {"sign-in", "sign-out", "walk", "upload", "case", "share"}


@pytest.fixture(scope="module")
def address(task_force: TaskForce) -> Iterator[str]:
    """The application on a port of this machine."""
    server = make_server("127.0.0.1", 0, task_force.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def shell(task_force: TaskForce, address: str, *names: str, who: str = "investigator") -> list[str]:
    """What the examples of these names print, run in one shell after the other."""
    if shutil.which("curl") is None or shutil.which("jq") is None:
        pytest.skip("the examples need curl and jq")
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "ACCORD": address,
        "EMAIL": task_force.email(who),
        "PASSWORD": PASSWORD,
        "TOKEN": task_force.fresh_token(who),
        "RECIPIENT": task_force.ngo.slug,
    }
    script = "set -eu\n" + "\n".join(EXAMPLES[name] for name in names)
    done = subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert not done.stderr
    return [line for line in done.stdout.splitlines() if line]


def test_every_example_is_run_by_some_test() -> None:
    assert set(EXAMPLES) == ASKS


@pytest.mark.parametrize(
    ("who", "others"), [("investigator", {"harbor", "marlin"}), ("stranger", {"harbor"})]
)
def test_signing_in(task_force: TaskForce, address: str, who: str, others: set[str]) -> None:
    (line,) = shell(task_force, address, "sign-in", who=who)
    assert others <= {member["slug"] for member in json.loads(line)["items"]}


def test_signing_out(task_force: TaskForce, address: str) -> None:
    first, again = shell(task_force, address, "sign-out"), shell(task_force, address, "sign-out", "sign-out")
    assert first == ["204"]
    assert again == ["204", "401"]


def test_walking_the_queue(task_force: TaskForce, address: str) -> None:
    for _ in range(3):
        task_force.lead(task_force.police)
    items = [json.loads(line) for line in shell(task_force, address, "walk")]
    assert [item["rank"] for item in items] == list(range(1, len(items) + 1))
    assert len(items) >= 3
    assert shell(task_force, address, "walk", who="recipient") == []


def test_uploading_records(task_force: TaskForce, address: str) -> None:
    (printed,) = re.findall(r"<!-- example: upload -->.*?```json\n(.*?)```", API, re.DOTALL)
    first, again = (shell(task_force, address, "upload", who=who) for who in ("analyst", "stranger"))
    assert json.loads(first[0]) == json.loads(printed) == json.loads(again[0])
    repeated = json.loads(shell(task_force, address, "upload")[0])
    assert (repeated["stored"], repeated["unchanged"]) == (0, 1)


def test_opening_noting_and_sharing_a_case(task_force: TaskForce, address: str) -> None:
    task_force.lead(task_force.police)
    changed, note, shared = (json.loads(line) for line in shell(task_force, address, "case", "share"))
    assert changed["status"] == "waiting"
    assert note["body"] == "Asked the hotline."
    assert (shared["recipient"], shared["basis"]) == ("harbor", "public_task")
    assert shared["document"]["records"]
    assert task_force.program("recipient").get(f"/api/v1/shares/{shared['id']}").status_code == 404


def test_the_table_of_roles_is_what_the_code_allows() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|\n").split("|")]
        for line in PERMISSIONS.splitlines()
        if line.startswith("| permission |") or re.match(r"\| `\w+:\w+`", line)
    ]
    (head,) = (row for row in rows if row[0] == "permission")
    said = {
        (role, row[0].strip("`")): cell == "yes"
        for row in rows
        if ":" in row[0]
        for role, cell in zip(head[1:], row[1:], strict=True)
    }
    assert said == {
        (role.value, permission.value): permission in ROLES[role]
        for role in ROLES
        for permission in Permission
    }


def test_the_pages_say_the_limits_of_sharing() -> None:
    assert f"at most {MOST_RECORDS}" in SHARING
    assert f"at most {MOST_SELECTORS}" in SHARING
    assert f"shorter than {SHORTEST_PURPOSE} or longer than {LONGEST_PURPOSE} characters" in SHARING
    assert f"more than {LONGEST_DAYS} days ahead" in SHARING
    assert ", ".join(f"`{basis}`" for basis in Basis) in API
    assert f"up to {MOST_RECORDS}" in API
