"""A plugin that means harm, in the real pipeline: it harms its own findings and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from accord_sdk import RECORD_FIELDS

if TYPE_CHECKING:
    from tests.integration.hostile import FolderLauncher

pytest_plugins = ["tests.integration.hostile"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each hostile act is a test."""
    if "act" in metafunc.fixturenames:
        hostile = metafunc.config.pluginmanager.get_plugin("tests.integration.hostile")
        metafunc.parametrize("act", hostile.acts())


def test_a_hostile_act_costs_the_plugin_its_own_findings_only(
    act: str,
    run_pipeline: Any,
    hostile: Any,
    rows: Any,
    line: Any,
    launcher: FolderLauncher,
    check_harm: Any,
) -> None:
    found = run_pipeline([line(1, body=act), line(2, body="New in town, here until Sunday.")])
    said = {(record, plugin): (findings, error) for record, plugin, findings, error in found}
    check_harm(act, said, rows, hostile.scope, launcher)


def test_a_plugin_gets_granted_fields_only_and_never_an_id(run_pipeline: Any, line: Any) -> None:
    found = run_pipeline([line(1, body="harmless", url="https://ads.example.com/r00001")])
    ((seen,),) = [findings for _, plugin, findings, _ in found if plugin == "hostile"]
    filled = seen["value"]
    assert "body='harmless'" in filled
    for name in RECORD_FIELDS - {"body"}:
        assert any(f"{name}={empty}" in filled for empty in ("None", "()", "{}")), name
    assert "r00001" not in filled


def test_a_plugin_never_gets_a_record_above_its_ceiling(
    hostile: Any, ingest: Any, write_lines: Any, line: Any, rows: Any, run_jobs: Any, launcher: FolderLauncher
) -> None:
    # `ingest` uses the default marking, TLP:AMBER; the ceiling is TLP:GREEN.
    ingest(hostile.operator, write_lines([line(1, body="secret")]))
    run_jobs(launcher=launcher)
    assert rows(hostile.scope, "SELECT plugin FROM record_findings") == [("indicators",)]


def test_an_assessor_that_says_what_cannot_be_stored_is_left_out_of_the_rank(
    run_pipeline: Any, hostile: Any, rows: Any, line: Any, folder: Path
) -> None:
    plugin = folder / "hostile_plugin.py"
    plugin.write_text(plugin.read_text().replace("JUDGES_BADLY = False", "JUDGES_BADLY = True"))
    run_pipeline([line(1, body="harmless")])
    ((stale, reasons),) = rows(hostile.scope, "SELECT stale, reasons FROM leads")
    assert not stale
    assert "judged" not in json.dumps(reasons)


def test_an_assessor_that_behaves_is_among_the_reasons(
    run_pipeline: Any, hostile: Any, rows: Any, line: Any
) -> None:
    run_pipeline([line(1, body="harmless")])
    ((reasons,),) = rows(hostile.scope, "SELECT reasons FROM leads")
    assert "judged" in {reason["indicator"] for reason in reasons}


def test_records_too_large_for_one_frame_reach_the_plugin_in_parts(run_pipeline: Any, line: Any) -> None:
    body = "a long text " * 8_000
    found = run_pipeline([line(number, body=f"{number} {body}") for number in range(100)])
    assert [error for _, _, _, error in found if error] == []
    assert sum(plugin == "hostile" and bool(findings) for _, plugin, findings, _ in found) == 100
