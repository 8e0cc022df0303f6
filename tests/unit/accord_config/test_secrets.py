"""Secrets of a home: random, kept, and for their owner's eyes only."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from accord_config.secrets import Secrets


def test_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    first = Secrets(path).get("cookie")
    assert Secrets(path).get("cookie") == first
    assert len(first) >= 32


def test_secrets_differ_by_name_and_by_home(tmp_path: Path) -> None:
    one, two = Secrets(tmp_path / "one.json"), Secrets(tmp_path / "two.json")
    assert len({one.get("cookie"), one.get("token"), two.get("cookie")}) == 3


def test_the_file_is_readable_by_its_owner_only_from_the_first_byte_on(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    secrets = Secrets(path)
    for name in ("one", "two"):
        secrets.get(name)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["secrets.json"]


def test_a_new_secret_leaves_the_others_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(json.dumps({"kept": "as it was"}))
    Secrets(path).get("new")
    assert Secrets(path).get("kept") == "as it was"
