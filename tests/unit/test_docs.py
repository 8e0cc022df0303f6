"""The documentation is held to the code: commands, settings, links, and what no page may say."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from enum import Enum
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import click
import pytest

from accord.cli import cli
from accord_config.settings import Settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
INDEX = DOCS / "index.md"

_FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*$", re.MULTILINE)


# --- which files there are ---------------------------------------------------------------------------


@cache
def committed() -> tuple[Path, ...]:
    """Every text file that is in the repository, or would be at the next `git add`."""
    listed = subprocess.run(
        # The checkout may belong to somebody else, as in a container.
        ["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = [ROOT / name for name in listed.stdout.split("\0") if name]
    return tuple(path for path in names if path.is_file() and b"\0" not in path.read_bytes()[:8_000])


def pages() -> list[Path]:
    """Every Markdown page of the repository."""
    return [path for path in committed() if path.suffix == ".md"]


def prose(page: Path) -> str:
    """A page without its code."""
    return _CODE.sub("", _FENCE.sub("", page.read_text(encoding="utf-8")))


# --- links -------------------------------------------------------------------------------------------


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """The files that a page links to, each with the heading that is meant (or an empty text)."""
    for target in _LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = unquote(target).partition("#")
        yield ((page.parent / name).resolve() if name else page), anchor


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings get on GitHub."""
    headings = _HEADING.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))
    words = (re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()) for heading in headings)
    return {word.replace(" ", "-") for word in words}


def test_every_relative_link_leads_somewhere() -> None:
    lost = [
        f"{page.relative_to(ROOT)} -> {target}"
        for page in pages()
        for target, _ in links(page)
        if not target.exists()
    ]
    assert not lost


def test_every_link_to_a_heading_finds_it() -> None:
    lost = [
        f"{page.relative_to(ROOT)} -> {target.relative_to(ROOT)}#{anchor}"
        for page in pages()
        for target, anchor in links(page)
        if anchor and target.suffix == ".md" and target.exists() and anchor not in anchors(target)
    ]
    assert not lost


def test_every_page_is_reached_from_the_index() -> None:
    seen: set[Path] = set()
    waiting = [INDEX]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md" or not page.exists():
            continue
        seen.add(page)
        waiting.extend(target for target, _ in links(page))
    assert not [str(page.relative_to(ROOT)) for page in sorted(DOCS.rglob("*.md")) if page not in seen]


# --- what no file may say ----------------------------------------------------------------------------

_REGISTRIES = re.compile(
    "|".join(
        [
            r"py" + r"pi\.org",
            r"files\.python" + r"hosted\.org",
            r"registry\.npm" + r"js\.org",
            r"registry\.yarn" + r"pkg\.com",
            r"deb\.deb" + r"ian\.org",
            r"unp" + r"kg\.com",
            r"cdn\.js" + r"delivr\.net",
            r"cdn\.play" + r"wright\.dev",
        ]
    )
)
_INDEX_LINES = re.compile(r"--(extra-)?index-url|--find-links|^-e |file:", re.MULTILINE)
_MACHINE_PATHS = re.compile(r"(?<![\w./~$}-])/(work|root|tmp)/[\w.]")


def test_no_file_names_a_package_host() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match}"
        for path in committed()
        for match in set(_REGISTRIES.findall(path.read_text(encoding="utf-8", errors="replace")))
    ]
    assert not found


def test_the_lock_names_packages_and_hashes_alone() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert not _INDEX_LINES.search(lock)
    pins = re.findall(r"^[a-z0-9][\w.-]*==.*(?:\n    --hash=\S+.*)*", lock, re.MULTILINE)
    assert len(pins) > 50
    assert not [pin for pin in pins if "--hash=sha256:" not in pin]


def test_no_page_names_a_path_of_somebody_s_machine() -> None:
    found = [
        f"{page.relative_to(ROOT)}: {match.group()}"
        for page in pages()
        for match in _MACHINE_PATHS.finditer(page.read_text(encoding="utf-8"))
    ]
    assert not found


# --- the command line --------------------------------------------------------------------------------

COMMANDS_PAGE = DOCS / "reference" / "command-line.md"


def commands(group: click.Group, words: str) -> Iterator[tuple[str, click.Command]]:
    """Every command that is not hidden, with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if command.hidden:
            continue
        yield f"{words} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{words} {name}")


COMMANDS = dict(commands(cli, "accord"))


def command_sections() -> dict[str, str]:
    """Text of the page under each heading that is a command."""
    parts = re.split(
        r"^#{2,3} `(accord [\w -]+)`$", COMMANDS_PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def shown_options(command: click.Command) -> list[click.Option]:
    return [option for option in command.params if isinstance(option, click.Option) and not option.hidden]


def spellings(command: click.Command) -> set[str]:
    return {word for option in shown_options(command) for word in (*option.opts, *option.secondary_opts)}


def test_the_page_has_a_section_for_each_command_and_no_other() -> None:
    assert sorted(command_sections()) == sorted(COMMANDS)


@pytest.mark.parametrize("words", sorted(COMMANDS))
def test_a_command_s_section_names_its_options_and_arguments_and_no_others(words: str) -> None:
    command, section = COMMANDS[words], command_sections().get(words, "")
    written = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", " ".join(re.findall(r"`([^`\n]+)`", section))))
    assert spellings(command) <= written
    assert {word for word in written if word.startswith("--")} <= spellings(command) | {"--help"}
    for argument in command.params:
        if isinstance(argument, click.Argument):
            name = argument.metavar or (argument.name or "").upper()
            assert re.search(rf"`[^`\n]*\b{re.escape(name)}\b", section), name


@pytest.mark.parametrize("words", sorted(COMMANDS))
def test_a_command_and_its_options_explain_themselves(words: str) -> None:
    command = COMMANDS[words]
    assert command.help
    assert not [option.name for option in shown_options(command) if not option.help]


@pytest.mark.parametrize("words", sorted(COMMANDS))
def test_a_choice_is_written_as_what_it_means(words: str) -> None:
    # click takes the names of an enumeration's members, where people write their values.
    for argument in COMMANDS[words].params:
        if isinstance(argument.type, click.Choice):
            assert not [one for one in argument.type.choices if isinstance(one, Enum)], argument.name


# --- settings ----------------------------------------------------------------------------------------

SETTINGS_ROW = re.compile(r"^\| `(\w+)` \| `(ACCORD_\w+)` \| (.*?) \| (.*?) \|$", re.MULTILINE)


def settings_rows() -> dict[str, tuple[str, str, str]]:
    """Setting -> its name in the environment, default and meaning, as the page says."""
    page = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
    return {
        name: (variable, default, meaning) for name, variable, default, meaning in SETTINGS_ROW.findall(page)
    }


def test_every_setting_is_documented_and_no_other() -> None:
    assert list(settings_rows()) == list(Settings.__struct_fields__)


def test_settings_are_documented_with_their_environment_name_and_default() -> None:
    defaults = dict(zip(Settings.__struct_fields__[1:], Settings.__struct_defaults__, strict=True))
    for name, (variable, default, meaning) in settings_rows().items():
        assert variable == f"ACCORD_{name.upper()}"
        assert len(meaning) > 10
        if name == "home":
            continue
        value = defaults[name]
        expected = (
            "none" if value is None else f"`{str(value).lower() if isinstance(value, bool) else value}`"
        )
        assert default == expected, name
