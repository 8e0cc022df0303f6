"""Settings: the environment over the file over the defaults, and refusals that name the setting."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from accord_config.settings import Settings, SettingsError, load_settings

EXAMPLE = Path(__file__).parents[3] / "config" / "accord.example.toml"
Load = Callable[..., Settings]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads settings from a file's text and an environment."""

    def load(text: str = "", **environment: str) -> Settings:
        (tmp_path / "accord.toml").write_text(text)
        return load_settings({"ACCORD_HOME": str(tmp_path), **environment})

    return load


def test_without_anything_the_defaults_hold(load: Load, tmp_path: Path) -> None:
    assert load() == Settings(home=tmp_path)
    assert load().embedded


def test_the_environment_wins_over_the_file(load: Load) -> None:
    settings = load("port = 9000\nweb_workers = 5", ACCORD_PORT="9001")
    assert (settings.port, settings.web_workers) == (9001, 5)


def test_an_empty_variable_is_no_setting(load: Load) -> None:
    assert load(ACCORD_PORT="", ACCORD_DATABASE_URL="").port == 8400


def test_variables_of_other_programs_are_left_alone(load: Load) -> None:
    assert load(PORT="1", ACCORDION_PORT="2", ACCORD_SOMETHING_ELSE="3").port == 8400


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "many"),
        ("port", "65536"),
        ("port", "-1"),
        ("web_workers", "0"),
        ("web_threads", "1.5"),
        ("session_hours", "0"),
        ("session_hours", "nan"),
        ("upload_mb", "-3"),
        ("batch_records", "0"),
        ("batch_records", "1000000"),
        ("job_heartbeat", "0"),
        ("job_stalled", "inf"),
        ("job_stalled", "8"),
        ("log_level", "LOUD"),
        ("production", "perhaps"),
        ("production", "true"),
        ("database_url", "mysql://user:password@host/name"),
        ("database_url", "host/name"),
        ("database_url", "postgresql://host/name"),
        ("database_url", "postgresql://user:password@host:many/name"),
        ("database_url", "postgresql://user:password@host"),
    ],
)
def test_a_refusal_names_the_setting(load: Load, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load(**{f"ACCORD_{name.upper()}": value})


def test_a_refusal_never_shows_the_database_password(load: Load) -> None:
    with pytest.raises(SettingsError) as refused:
        load(ACCORD_DATABASE_URL="postgresql://user:open-sesame@host:many/name")
    assert "open-sesame" not in str(refused.value)


def test_a_misspelt_setting_in_the_file_is_refused_by_name(load: Load) -> None:
    with pytest.raises(SettingsError, match="batch_record"):
        load("batch_record = 3")


def test_home_cannot_be_set_in_the_file_inside_it(load: Load) -> None:
    with pytest.raises(SettingsError, match="ACCORD_HOME"):
        load('home = "/elsewhere"')


@pytest.mark.parametrize("text", ["port = ", "port 3", "\udcff"])
def test_a_file_that_is_no_toml_is_refused_with_its_name(load: Load, tmp_path: Path, text: str) -> None:
    (tmp_path / "accord.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SettingsError, match=r"accord\.toml"):
        load_settings({"ACCORD_HOME": str(tmp_path)})


def test_production_takes_a_database_of_its_own(load: Load) -> None:
    url = "postgresql://accord_owner:secret@db.example.org/accord"
    assert load(ACCORD_PRODUCTION="true", ACCORD_DATABASE_URL=url).database_url == url


def _commented_settings(text: str) -> Mapping[str, Any]:
    """The example's settings, with the comment signs before `# name = value` taken away."""
    lines = [line[1:].strip() for line in text.splitlines() if line.startswith("#") and " = " in line]
    names = [line for line in lines if line.split(" = ")[0].isidentifier()]
    return tomllib.loads("\n".join(names))


def test_the_example_file_shows_every_setting_with_its_default() -> None:
    shown = _commented_settings(EXAMPLE.read_text(encoding="utf-8"))
    fields = [name for name in Settings.__struct_fields__ if name != "home"]
    assert sorted(shown) == sorted(fields)
    defaults = Settings(home=Path("anywhere"))
    for name, value in shown.items():
        default = getattr(defaults, name)
        # A setting without a default shows a value to follow.
        assert value == default or default is None, name


def test_the_example_file_explains_every_setting_and_sets_none() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert tomllib.loads(text) == {}
    lines = text.splitlines()
    for name in _commented_settings(text):
        (at,) = (number for number, line in enumerate(lines) if line.startswith(f"#{name} = "))
        assert lines[at - 1].startswith("# "), f"{name} has no explanation above it"


def test_a_home_with_the_example_file_has_the_defaults(load: Load, tmp_path: Path) -> None:
    assert load(EXAMPLE.read_text(encoding="utf-8")) == Settings(home=tmp_path)


def test_a_table_of_the_file_holds_settings_that_begin_with_its_name(load: Load) -> None:
    settings = load('[plugins]\nrequire_sandbox = true\nuser = "accord-plugins"')
    assert (settings.plugins_require_sandbox, settings.plugins_user) == (True, "accord-plugins")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("plugins_user = 'a'\n[plugins]\nuser = 'b'", "plugins_user is set twice"),
        ("[plugins]\nrequire_sandboxes = true", "plugins_require_sandboxes"),
        ("[plugin]\nuser = 'a'", "plugin_user"),
        ("[plugins.user]\nname = 'a'", "plugins_user"),
    ],
)
def test_a_table_that_holds_something_else_is_refused(load: Load, text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        load(text)


@pytest.mark.parametrize(
    ("given", "required"),
    [
        ({}, False),
        ({"ACCORD_PLUGINS_REQUIRE_SANDBOX": "true"}, True),
        ({"ACCORD_PRODUCTION": "true", "ACCORD_DATABASE_URL": "postgresql://a:b@c/d"}, True),
    ],
)
def test_production_requires_the_sandbox_unless_told_otherwise(
    load: Load, given: Mapping[str, str], required: bool
) -> None:
    assert load(**given).sandbox_required is required
    assert load(**{**given, "ACCORD_PLUGINS_REQUIRE_SANDBOX": "false"}).sandbox_required is False
