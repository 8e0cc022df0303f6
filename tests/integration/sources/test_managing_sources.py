"""Adding, listing and removing sources, and the commands for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update
from tests.conftest import PASSWORD, Databases, Members, PrincipalOf
from tests.integration.sources.conftest import Pulling, Strange, line, write

from accord.app import create_app
from accord.cli import cli
from accord.host.pool import ProcessPool
from accord.registry.models import Plugin, PluginStatus
from accord.registry.settings import opened
from accord.sources.listing import list_sources
from accord.sources.pulling import pull_source
from accord.sources.service import (
    add_source,
    offered_sources,
    remove_source,
    request_pull,
    source_by_slug,
)
from accord_auth.errors import Conflict, Invalid, NotFound, PermissionDenied
from accord_auth.organisations.models import Organisation, OrganisationStatus
from accord_auth.permissions import Role as PersonRole
from accord_config.database import NOBODY, Role
from accord_config.home import Home
from accord_sdk.host.launch import ProcessLauncher


@pytest.mark.parametrize(
    ("settings", "problems"),
    [
        ({}, {"path": "is missing"}),
        ({"path": ["  "]}, {"path": "is empty"}),
        ({"path": ["/a", "/b"]}, {"path": "more than once"}),
        ({"path": ["/a\x00"]}, {"path": "cannot be stored"}),
        ({"path": ["/a"], "paths": ["/b"]}, {"paths": "there are: path, pattern"}),
        ({"patern": ["*"]}, {"path": "is missing", "patern": "is no setting"}),
    ],
)
def test_settings_are_held_to_the_manifest(
    adverts: Pulling, settings: dict[str, list[str]], problems: dict[str, str]
) -> None:
    with adverts.database.transaction(adverts.principal.scope) as session:
        with pytest.raises(Invalid) as caught:
            add_source(
                session,
                adverts.principal,
                adverts.seals,
                "adverts",
                plugin="files",
                settings=settings,
                folders=True,
            )
        assert set(caught.value.fields) == set(problems)
        assert all(word in caught.value.fields[name][0] for name, word in problems.items())
    assert adverts.listed() == []


def test_settings_have_their_types_and_secrets_are_hidden(strange: Strange) -> None:
    adverts = strange("yield Page((), b'', False)")
    given = {"token": ["k"], "share": ["0.5"], "times": ["3"], "loud": ["true"], "words": ["a", "b"]}
    with adverts.database.transaction(adverts.principal.scope) as session:
        add_source(session, adverts.principal, adverts.seals, "typed", plugin="strange", settings=given)
        kept = source_by_slug(session, adverts.principal, "typed")
        stored, secrets = kept.config, opened(adverts.seals, kept.id, kept.secrets)
        wrong = {"share": ["inf"], "times": ["3.5"], "loud": ["loudly"]}
        with pytest.raises(Invalid) as caught:
            add_source(session, adverts.principal, adverts.seals, "wrong", plugin="strange", settings=wrong)
    assert secrets == {"token": "k"}
    assert stored == {"share": 0.5, "times": 3, "loud": True, "words": ["a", "b"]}
    assert set(caught.value.fields) == set(wrong)
    shown = next(one.config for one in adverts.listed() if one.slug == "typed")
    assert shown == {**stored, "token": "(hidden)"}


def test_a_member_sets_up_what_needs_no_folder_and_names_none(
    strange: Strange, organisations: Members
) -> None:
    adverts = strange("yield Page((), b'', False)")
    with adverts.database.transaction(adverts.principal.scope) as session:
        offered = [one.name for one in offered_sources(session, adverts.principal)]
        assert ("strange" in offered, "files" in offered) == (True, False)
        for plugin, settings in (("files", {"path": ["/etc"]}), ("files", {})):
            with pytest.raises(Invalid) as refused:
                add_source(session, adverts.principal, adverts.seals, "a", plugin=plugin, settings=settings)
            assert "an operator sets it up" in refused.value.fields["path"][0]
        with pytest.raises(Invalid):
            add_source(session, adverts.principal, adverts.seals, "new", plugin="strange", settings={})


def test_a_source_is_added_looked_at_and_removed_by_the_api_and_by_page(
    strange: Strange, home: Home, organisations: Members, principal_of: PrincipalOf
) -> None:
    strange("yield Page((), b'', False)")
    principal_of(organisations.company, PersonRole.ORGANISATION_ADMIN, email="ann@marlin.example.org")
    with closing(create_app(home)) as app:
        client = app.test_client()
        credentials = {"email": "ann@marlin.example.org", "password": PASSWORD}
        token = client.post("/api/v1/sessions", json=credentials).json["token"]
        headers = {"Authorization": f"Bearer {token}"}
        settings = {"token": "kept back", "share": 0.5, "loud": True, "words": ["a", "b"]}
        body = {"slug": "fed", "plugin": "strange", "settings": settings}
        made = client.post("/api/v1/sources", json=body, headers=headers)
        assert made.status_code == 201, made.json
        assert made.json["settings"] == {**settings, "token": "(hidden)"}
        assert client.post("/api/v1/sources", json=body, headers=headers).status_code == 409
        assert client.get("/api/v1/sources/fed/pulls", headers=headers).json == {"items": []}
        assert client.get("/api/v1/sources/fed/rejects", headers=headers).json == {"items": []}
        assert client.delete("/api/v1/sources/fed", headers=headers).status_code == 204
        assert client.get("/api/v1/sources/fed", headers=headers).status_code == 404


def test_a_slug_is_taken_once_and_a_plugin_needs_a_source(from_files: Pulling, folder: Path) -> None:
    with pytest.raises(Conflict, match="already"):
        from_files.add(path=str(folder))
    for plugin in ("selectors", "nothing"):
        with pytest.raises(NotFound, match=f"'{plugin}' with a data source can be used; there are: files"):
            from_files.add(plugin)


def test_only_a_source_without_records_can_be_removed(from_files: Pulling, folder: Path) -> None:
    def remove() -> None:
        with from_files.database.transaction(from_files.principal.scope) as session:
            remove_source(session, from_files.principal, "adverts")

    write(folder / "a.jsonl", "{")
    from_files.pull()
    remove()
    assert from_files.listed() == []
    from_files.add(path=str(folder))
    assert from_files.rejects() == []
    write(folder / "a.jsonl", line(1))
    from_files.pull()
    with pytest.raises(Conflict, match="holds 1 records"):
        remove()
    assert [one.records for one in from_files.listed()] == [1]


def test_a_job_of_a_removed_source_does_nothing(from_files: Pulling) -> None:
    from_files.request()
    source = from_files.source()
    with from_files.database.transaction(from_files.principal.scope) as session:
        remove_source(session, from_files.principal, "adverts")
    pull_source(from_files.database, ProcessPool(ProcessLauncher()), source.organisation_id, source.id)
    assert from_files.listed() == []


def test_without_the_permission_nothing_is_added_pulled_or_removed(
    from_files: Pulling, organisations: Members, principal_of: PrincipalOf
) -> None:
    auditor = principal_of(organisations.company, PersonRole.AUDITOR)
    seals, settings = from_files.seals, {"path": ["/a"]}
    with from_files.database.transaction(auditor.scope) as session:
        for forbidden in (
            lambda: add_source(session, auditor, seals, "other", plugin="files", settings=settings),
            lambda: request_pull(session, auditor, "adverts"),
            lambda: remove_source(session, auditor, "adverts"),
            lambda: list_sources(session, auditor),
            lambda: source_by_slug(session, auditor, "adverts"),
        ):
            with pytest.raises(PermissionDenied):
                forbidden()


def test_a_suspended_plugin_or_organisation_is_not_pulled_for(
    from_files: Pulling, folder: Path, database: Databases, organisations: Members
) -> None:
    write(folder / "a.jsonl", line(1))
    with from_files.database.transaction(NOBODY) as session:
        session.execute(update(Plugin).where(Plugin.name == "files").values(status=PluginStatus.SUSPENDED))
    assert "no plugin 'files'" in (from_files.pull().error or "")
    with from_files.database.transaction(NOBODY) as session:
        session.execute(update(Plugin).where(Plugin.name == "files").values(status=PluginStatus.APPROVED))
    with database(Role.GATE).transaction(NOBODY) as session:
        mine = update(Organisation).where(Organisation.id == organisations.company.id)
        session.execute(mine.values(status=OrganisationStatus.SUSPENDED))
    assert "is suspended" in (from_files.pull().error or "")
    assert from_files.records() == []


@pytest.fixture
def accord(home: Home, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command line on the test's home; its worker is a process of its own."""
    monkeypatch.setenv("ACCORD_HOME", str(home.path))
    monkeypatch.setenv("ACCORD_DATABASE_URL", home.settings.database_url or "")
    monkeypatch.setenv("ACCORD_LOG_LEVEL", "ERROR")
    return lambda *words: CliRunner().invoke(cli, ["sources", *words])


def test_the_command_line_from_adding_to_removing(accord: Callable[..., Result], folder: Path) -> None:
    write(folder / "a.jsonl", line(1), "{", line(2))
    assert accord("add", "adverts", "--plugin", "files", "--set", f"path={folder}").exit_code == 0
    pulled = accord("pull", "adverts")
    assert pulled.exit_code == 0, pulled.output
    assert "adverts: 3 read, 2 stored, 0 unchanged, 1 rejected\n" in pulled.output
    (reject,) = (json.loads(row) for row in accord("rejects", "adverts").output.splitlines())
    assert (reject["position"], reject["external_id"]) == ("a.jsonl:2", None)
    (listed,) = (json.loads(row) for row in accord("list").output.splitlines())
    assert (listed["slug"], listed["plugin"], listed["records"], listed["last_error"]) == (
        "adverts",
        "files",
        2,
        None,
    )
    assert isinstance(accord("remove", "adverts").exception, Conflict)
    folder.joinpath("a.jsonl").unlink()
    folder.rmdir()
    failed = accord("pull", "adverts")
    assert failed.exit_code == 1
    assert "the source failed: files: FileNotFoundError" in failed.output
    assert accord("add", "empty", "--plugin", "files", "--set", "path").exit_code == 2
    assert accord("add", "empty", "--plugin", "files", "--set", "path=/nowhere").exit_code == 0
    assert accord("pull", "empty", "--no-wait").exit_code == 0
    assert accord("remove", "empty").output == "empty: removed\n"
