"""How the runner loads a plugin, and what it says where it cannot."""

from collections.abc import Callable
from pathlib import Path

import pytest
from plugins.sdk.tests.runner_process import PLUGIN, WAIT, install, started

from accord_sdk import wire


def load_error(folder: Path, name: str, **config: object) -> wire.Error:
    with started(folder) as guest:
        guest.send(wire.Open(wire.PROTOCOL, name, config))
        done = guest.next()
        assert isinstance(done, wire.Done)
        assert (done.call, guest.next()) == ("open", None)
        assert guest.process.wait(WAIT) == 0  # though the pipe to it is still open
        return done.error


def test_a_plugin_that_is_not_installed_is_a_load_error(tmp_path):
    error = load_error(tmp_path, "nowhere")
    assert error.code == "load"
    assert "'nowhere'" in error.message


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda code: code.replace("def accord_detectors", "def accord_detector"), "accord_detector"),
        (lambda code: code.replace("accord_sources(context)", "accord_sources(settings)"), "settings"),
        (lambda code: code.replace('name = "moody"', 'name = "echo"'), "'echo'"),
    ],
    ids=["misspelt hook", "wrong argument", "one name twice"],
)
def test_what_is_wrong_with_the_hooks_is_a_load_error_that_names_it(
    tmp_path: Path, change: Callable[[str], str], named: str
) -> None:
    error = load_error(install(tmp_path, "example", change(PLUGIN)), "example")
    assert error.code == "load"
    assert named in error.message


@pytest.mark.parametrize(
    ("code", "config", "message"),
    [
        ("import not_there", {}, "not_there"),
        ("def broken(:", {}, "SyntaxError"),
        (PLUGIN, {"fail": "no such model"}, "no such model"),
        (PLUGIN, {"exit": True}, "SystemExit"),
        (PLUGIN.replace('print("opened")', 'raise OSError("model file")'), {}, "model file"),
    ],
    ids=["import", "syntax", "configuration", "exit", "open"],
)
def test_what_a_plugin_raises_while_it_loads_is_reported(tmp_path, code, config, message):
    error = load_error(install(tmp_path, "example", code), "example", **config)
    assert error.code == "exception"
    assert message in error.message


def test_only_the_named_plugin_is_loaded(tmp_path):
    install(tmp_path, "other", "raise RuntimeError('loaded')")
    with started(install(tmp_path, "example", PLUGIN)) as guest:
        guest.send(wire.Open(wire.PROTOCOL, "example"))
        assert isinstance(guest.next(), wire.Hello)
        assert guest.end() == 0


def test_hello_says_what_was_loaded(guest):
    hello = guest.hello
    assert (hello.protocol, hello.plugin, hello.version) == (wire.PROTOCOL, "example", "1.2.3")
    assert (hello.detectors, hello.sources) == (("echo", "moody"), ("pages",))
    assert (hello.assessors, hello.sharing) == ((), ())
