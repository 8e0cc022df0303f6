"""Secrets of one home: made at first start, readable by their owner only, never logged."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path


class Secrets:
    """Named random secrets in one file of mode 0600. Call under the home's set-up lock."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, name: str) -> str:
        """The secret of this name; made and saved when there is none yet."""
        known = self._read()
        if name not in known:
            known[name] = secrets.token_urlsafe(32)
            self._write(known)
        return known[name]

    def _read(self) -> dict[str, str]:
        if not self._path.exists():
            return {}
        known: dict[str, str] = json.loads(self._path.read_text(encoding="utf-8"))
        return known

    def _write(self, known: dict[str, str]) -> None:
        draft = self._path.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(known, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
