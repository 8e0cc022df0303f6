"""Publishing at a server from somebody's own machine, as whoever signed in there."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.integration.plugin_wheels import plain_wheel, plugin_wheel
from werkzeug.serving import make_server

from accord.cli import plugin_server
from accord.cli.plugin_server import publish_at
from accord_auth.errors import Invalid, NotSignedIn

if TYPE_CHECKING:
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]


@pytest.fixture
def address(task_force: TaskForce) -> Iterator[str]:
    """The task force's application, served."""
    server = make_server("127.0.0.1", 0, task_force.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def wheel_file(folder: Path, wheel: tuple[str, bytes]) -> Path:
    """A wheel on the author's machine."""
    path = folder / wheel[0]
    path.write_bytes(wheel[1])
    return path


def test_a_developer_publishes_with_the_token_of_the_sign_in(
    task_force: TaskForce,
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(plugin_server, "PATIENCE_S", 0.0)
    wheel = wheel_file(tmp_path, plugin_wheel("sample-of-a-server"))
    depends = wheel_file(tmp_path, plain_wheel("something", "1.0", {"something.py": ""}))
    with pytest.raises(NotSignedIn):
        publish_at(address, wheel, [])
    kept = {"access_token": task_force.program("developer").token, "expires_at": time.time() + 3_600}
    (tmp_path / "accord").mkdir(exist_ok=True)
    (tmp_path / "accord" / "tokens.json").write_text(json.dumps({address: kept}))
    assert publish_at(address, wheel, [depends])
    said = capsys.readouterr().out
    assert "received sample-of-a-server 1.0 sha256:" in said
    assert f"it is received: {address}/plugin-versions/" in said
    with pytest.raises(Invalid) as refused:
        publish_at(address, depends, [])
    assert "carries no extra_metadata/accord.toml" in refused.value.fields["wheel"][0]
