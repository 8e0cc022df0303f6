"""A plugin's source folder: made new, read, and laid out as if it were installed, without a build."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from accord_sdk.manifest import ENTRY_POINT_GROUP, MANIFEST_PATH, NAME, Manifest

_TEMPLATE = {
    "pyproject.toml.txt": "pyproject.toml",
    "accord.toml.txt": "accord.toml",
    "plugin.py.txt": "{module}/plugin.py",
    "test_plugin.py.txt": "tests/test_plugin.py",
    "samples.jsonl.txt": "samples.jsonl",
    "README.md.txt": "README.md",
}
_BUILD = (
    "import sys, importlib; backend = importlib.import_module(sys.argv[1]); "
    "print(backend.build_wheel(sys.argv[2]))"
)
LONGEST_COMPLAINT = 2_000


class ProjectError(ValueError):
    """The folder is no plugin's project; the message says what to do."""


@dataclass(frozen=True)
class Project:
    """A plugin's source folder: its distribution, what it requires, its manifest and its packages."""

    folder: Path
    name: str
    version: str
    requires: tuple[str, ...]
    entry_point: str
    manifest: Manifest
    packages: tuple[Path, ...]
    backend: str

    @property
    def info(self) -> str:
        """The name of its metadata folder."""
        return f"{self.name.replace('-', '_')}-{self.version}.dist-info"


def create(name: str, parent: Path) -> Path:
    """Make a new project with a detector that works, and give its folder.

    :raises ProjectError: when the name will not do, or the folder is there.
    """
    if not NAME.fullmatch(name):
        raise ProjectError(f"{name!r} is no name for a plugin: 2 to 40 of a-z, 0-9 and -, a letter first")
    folder = parent / name
    if folder.exists():
        raise ProjectError(f"{folder} is there already: choose another name, or remove it")
    module = name.replace("-", "_")
    words = {"name": name, "module": module, "title": name.replace("-", " ").capitalize()}
    for source, target in _TEMPLATE.items():
        text = (resources.files("accord_sdk") / "template" / source).read_text(encoding="utf-8")
        for key, value in words.items():
            text = text.replace("{{" + key + "}}", value)
        path = folder / target.format(module=module)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / module / "__init__.py").write_text(f'"""The plugin {name}."""\n', encoding="utf-8")
    return folder


def read(folder: Path) -> Project:
    """The project in a folder.

    :raises ProjectError: when it is none that can be used, naming what is missing.
    :raises ManifestError: when its accord.toml is wrong.
    """
    settings = _settings(folder / "pyproject.toml")
    about = settings.get("project", {})
    for key in ("name", "version"):
        if not isinstance(about.get(key), str):
            raise ProjectError(f"pyproject.toml: write the {key} under [project]")
    points = about.get("entry-points", {}).get(ENTRY_POINT_GROUP, {})
    if not (folder / "accord.toml").is_file():
        raise ProjectError(f"{folder} holds no accord.toml: is it a plugin's project?")
    manifest = Manifest.parse((folder / "accord.toml").read_text(encoding="utf-8"))
    if set(points) != {manifest.name}:
        table = f"[project.entry-points.{ENTRY_POINT_GROUP}]"
        raise ProjectError(f"pyproject.toml: {table} needs one line, {manifest.name} = ...")
    return Project(
        folder=folder,
        name=about["name"],
        version=about["version"],
        requires=tuple(about.get("dependencies", ())),
        entry_point=points[manifest.name],
        manifest=manifest,
        packages=tuple(_packages(folder, settings, points[manifest.name])),
        backend=settings.get("build-system", {}).get("build-backend", ""),
    )


def stage(project: Project, folder: Path) -> None:
    """Lay the project out in an empty folder as an installer would."""
    files = []
    for package in project.packages:
        target = folder / package.name
        if package.is_dir():
            shutil.copytree(package, target, ignore=shutil.ignore_patterns("__pycache__"))
            files += [path.relative_to(folder) for path in target.rglob("*") if path.is_file()]
        else:
            shutil.copy(package, target)
            files.append(Path(package.name))
    info = folder / project.info
    (info / MANIFEST_PATH).parent.mkdir(parents=True)
    lines = [f"Requires-Dist: {line}" for line in project.requires]
    about = ["Metadata-Version: 2.4", f"Name: {project.name}", f"Version: {project.version}", *lines, ""]
    (info / "METADATA").write_text("\n".join(about), encoding="utf-8")
    point = f"[{ENTRY_POINT_GROUP}]\n{project.manifest.name} = {project.entry_point}\n"
    (info / "entry_points.txt").write_text(point, encoding="utf-8")
    shutil.copy(project.folder / "accord.toml", info / MANIFEST_PATH)
    listed = [*files, Path(info.name, "METADATA"), Path(info.name, "entry_points.txt")]
    (info / "RECORD").write_text("".join(f"{path},,\n" for path in listed), encoding="utf-8")


def build(project: Project, target: Path) -> Path:
    """Build the project's wheel into a folder, with its own build backend, and give the wheel's path.

    :raises ProjectError: when there is nothing to build with, or it fails.
    """
    target.mkdir(parents=True, exist_ok=True)
    before = set(target.glob("*.whl"))
    backend = project.backend.partition(":")[0]
    if backend and find_spec(backend.partition(".")[0]) is not None:
        words = [sys.executable, "-c", _BUILD, backend, str(target.resolve())]
    elif uv := shutil.which("uv"):
        words = [uv, "build", "--wheel", "--out-dir", str(target.resolve())]
    elif find_spec("pip") is not None:
        words = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", str(target.resolve()), "."]
    else:
        raise ProjectError(f"nothing here can build a wheel: install uv, or {backend or 'hatchling'}")
    done = subprocess.run(  # noqa: S603 - the author's own build, on the author's machine
        words, cwd=project.folder, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise ProjectError(f"the build failed:\n{done.stderr.strip()[-LONGEST_COMPLAINT:]}")
    made = sorted(set(target.glob("*.whl")) - before) or sorted(
        target.glob("*.whl"), key=lambda path: path.stat().st_mtime
    )
    if not made:
        raise ProjectError("the build made no wheel")
    return made[-1]


def _settings(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ProjectError(f"{path.parent} holds no pyproject.toml: go to the plugin's folder") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path}: {error}") from error


def _packages(folder: Path, settings: dict[str, Any], entry_point: str) -> list[Path]:
    wheel = settings.get("tool", {}).get("hatch", {}).get("build", {}).get("targets", {}).get("wheel", {})
    top = entry_point.partition(":")[0].partition(".")[0]
    named = [folder / name for name in wheel.get("packages", ())] or [folder / top, folder / "src" / top]
    found = [path for path in named if path.is_dir()]
    if not found:
        found = [path for path in (folder / f"{top}.py", folder / "src" / f"{top}.py") if path.is_file()]
    if not any(path.stem == top for path in found):
        raise ProjectError(f"the entry point names {top}, and no such package lies in {folder}")
    return found
