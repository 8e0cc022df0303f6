"""The commands of "Your first plugin in ten minutes", in the page's order, and what the author is told."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.integration.conftest import environment_of

from accord_config.home import Home

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "first-plugin.md"
PROGRAMS = {
    "accord-sdk": "from accord_sdk.cli import main; main()",
    "accord": "from accord.cli import main; main()",
}
SAID = {
    "accord-sdk new": "a detector that works",
    "accord-sdk test": "contract 8 passed",
    "accord-sdk try": "Ask for the manager at the desk",
    "accord-sdk build": "acme_movement-0.1.0-py3-none-any.whl",
    "accord-sdk check": "reads title, body · calls nothing · TLP <= AMBER · 128 MB · 0 dependencies",
    "accord plugins publish": "checks 8 of 8 passed · waiting for approval: http",
}
"""What each command says, among other things."""


def commands() -> list[str]:
    """The lines of the page's command blocks."""
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [line for language, block in fences if not language for line in block.splitlines()]


def test_the_page_s_steps_work_in_their_order(home: Home, tmp_path: Path) -> None:
    folder, seen = tmp_path, set()
    for line in commands():
        program, *arguments = shlex.split(line)
        if program == "cd":
            folder = folder / arguments[0]
            continue
        done = subprocess.run(
            [sys.executable, "-c", PROGRAMS[program], *arguments],
            cwd=folder,
            env=environment_of(home),
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert done.returncode == 0, (line, done.stdout, done.stderr)
        (said,) = [words for start, words in SAID.items() if line.startswith(start)]
        assert said in done.stdout, (line, done.stdout)
        seen.add(said)
    assert seen == set(SAID.values())
    text = (tmp_path / "acme-movement" / "accord.toml").read_text(encoding="utf-8")
    assert 'name = "acme-movement"' in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: (folder / "accord.toml").unlink(), "holds no accord.toml"),
        (lambda folder: (folder / "pyproject.toml").unlink(), "holds no pyproject.toml"),
        (
            lambda folder: (folder / "accord.toml").write_text(
                (folder / "accord.toml").read_text().replace('detectors = ["words"]', 'detectors = ["other"]')
            ),
            "its manifest says ['other']",
        ),
    ],
)
def test_an_author_is_told_what_is_wrong(tmp_path: Path, change: Any, words: str) -> None:
    run = [sys.executable, "-c", PROGRAMS["accord-sdk"]]
    subprocess.run([*run, "new", "acme-movement"], cwd=tmp_path, check=True, capture_output=True)
    folder = tmp_path / "acme-movement"
    change(folder)
    done = subprocess.run([*run, "test"], cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode in (1, 2)
    assert words in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
