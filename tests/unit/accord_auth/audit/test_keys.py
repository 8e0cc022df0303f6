"""The signing key's file: nobody else may read it, and nobody overwrites it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from accord_auth.audit.keys import SigningKeyError, SigningKeyFile, SigningKeyMissing


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    file = SigningKeyFile(tmp_path / "key.pem")
    with pytest.raises(SigningKeyMissing):
        file.load()
    made = file.load_or_make().private_bytes_raw()
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert file.load_or_make().private_bytes_raw() == file.load().private_bytes_raw() == made
    assert list(tmp_path.iterdir()) == [file.path]


def test_two_at_once_get_the_same_key(tmp_path: Path) -> None:
    file = SigningKeyFile(tmp_path / "key.pem")
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: file.load_or_make().private_bytes_raw(), range(8)))
    assert len(set(made)) == 1


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = SigningKeyFile(tmp_path / "key.pem")
    file.load_or_make()
    file.path.chmod(0o640)
    with pytest.raises(SigningKeyError, match="others may read"):
        file.load()


def test_a_file_without_a_key_is_refused(tmp_path: Path) -> None:
    file = SigningKeyFile(tmp_path / "key.pem")
    file.path.touch(0o600)
    with pytest.raises(SigningKeyError, match="holds no key"):
        file.load()
