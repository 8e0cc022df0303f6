"""What a plugin's process may read of the file system: Python, system libraries, and its own distributions.

A first-party plugin shares the platform's site-packages, and none of the platform may be seen. So the view
is made of single packages: the plugin's distribution, the SDK's, and what these require, as the installed
metadata says, each shown at its place under one folder. They are shown and not copied: nothing goes stale
when a plugin is upgraded or edited, nothing has to be removed, and starting costs no disk. A member's plugin
has an environment of its own, which is shown whole.
"""

from __future__ import annotations

import hashlib
import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from accord_sdk.host.errors import EnvironmentIncomplete
from accord_sdk.manifest import ENTRY_POINT_GROUP
from accord_sdk.packing import LEFT_OUT

PYTHON = PurePosixPath("/py")
"""Where the view has the interpreter and its standard library."""
PACKAGES = PurePosixPath("/plugin")
"""Where the view has the plugin's packages."""
PLATFORM = "accord"
SDK = "accord-sdk"
_WHOLE = (".dist-info", ".libs", ".egg-info")
"""Folders that belong to one distribution although they are no package."""


@dataclass(frozen=True)
class View:
    """Paths of this machine and where the plugin's process sees them, read-only.

    `hidden` are folders of the view that stay empty although what holds them is shown.
    """

    shown: tuple[tuple[Path, PurePosixPath], ...]
    links: tuple[tuple[str, PurePosixPath], ...]
    hidden: tuple[PurePosixPath, ...]
    python: PurePosixPath


def plugin_view(name: str, search: Iterable[Path] = ()) -> View:
    """The view of the installed plugin with this entry point name.

    `search` are folders with installed distributions, looked at before the platform's own.

    :raises EnvironmentIncomplete: when it or something that it requires is not installed.
    """
    path = (*map(str, search), *sys.path)
    return _view(name, path, tuple(map(_changed, path)))


def _changed(folder: str) -> int:
    """When something was last installed into a folder or removed from it, in nanoseconds."""
    try:
        return Path(folder).stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=256)
def _view(name: str, path: tuple[str, ...], changed: tuple[int, ...]) -> View:
    """The view, looked up anew only when something was installed: reading all metadata costs 30 ms."""
    plugin = _plugin(name, path)
    packages: dict[PurePosixPath, Path] = {}
    for distribution in _closure([plugin, _distribution(SDK, path)], path):
        for place, source in _contents(distribution):
            packages.setdefault(PACKAGES / place, source)
    base = base_view()
    shown = (*base.shown, *((source, place) for place, source in sorted(packages.items())))
    return View(shown, base.links, base.hidden, base.python)


def digest_of(distribution: metadata.Distribution) -> str:
    """The sha256, in hexadecimal, of what a distribution installed: each file's path and content.

    Neither what an installer notes of its own work counts nor what Python compiled.
    """
    whole = hashlib.sha256()
    for place, source in sorted(_contents(distribution)):
        paths = sorted(source.rglob("*")) if source.is_dir() else [source]
        for path in paths:
            if not path.is_file() or path.name in LEFT_OUT or "__pycache__" in path.parts:
                continue
            inside = place / path.relative_to(source) if source.is_dir() else place
            whole.update(f"{inside}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


Known = dict[str, tuple[str, tuple[Requirement, ...]]]
"""Version and requirements of installed distributions, by canonical name: reading them costs a while."""


def required_by(distribution: metadata.Distribution, known: Known) -> dict[str, str]:
    """Everything that an installed plugin may load beside itself, the SDK too: version by canonical name.

    :raises EnvironmentIncomplete: when something that it requires is not installed.
    """
    own = canonicalize_name(distribution.metadata["Name"])
    known.setdefault(own, _read(distribution))
    found: dict[str, str] = {}
    waiting: list[tuple[str, frozenset[str]]] = [(own, frozenset()), (SDK, frozenset())]
    seen = set(waiting)
    while waiting:
        name, extras = waiting.pop()
        if name not in known:
            known[name] = _read(_distribution(name, sys.path))
        found[name], requirements = known[name]
        for requirement in requirements:
            wanted = (canonicalize_name(requirement.name), frozenset(requirement.extras))
            if wanted not in seen and _is_wanted(requirement, extras):
                seen.add(wanted)
                waiting.append(wanted)
    del found[own]
    return dict(sorted(found.items()))


def _read(distribution: metadata.Distribution) -> tuple[str, tuple[Requirement, ...]]:
    about = distribution.metadata
    return about["Version"], tuple(map(Requirement, about.get_all("Requires-Dist") or ()))


def _is_wanted(requirement: Requirement, extras: Iterable[str]) -> bool:
    """Whether something that was installed with these extras requires this on this machine."""
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))


def site_view(site: Path) -> View:
    """The view of a plugin with an environment of its own: everything that is installed there."""
    base = base_view()
    return View((*base.shown, (site, PACKAGES)), base.links, base.hidden, base.python)


def base_view() -> View:
    """The interpreter that runs this, its standard library and the system's libraries, and no package."""
    executable = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    standard = Path(sysconfig.get_path("stdlib"))
    place = PYTHON / "lib" / standard.name
    shown = [(executable, PYTHON / "bin" / "python"), (standard, place)]
    if sysconfig.get_config_var("Py_ENABLE_SHARED"):
        name = str(sysconfig.get_config_var("INSTSONAME"))
        # A Python that was moved since it was built knows its old place only.
        folders = (str(Path(sys.base_prefix, "lib")), sysconfig.get_config_var("LIBDIR") or "")
        library = next(
            (Path(folder, name) for folder in folders if os.access(Path(folder, name), os.R_OK)), None
        )
        if library is not None:
            shown.append((library.resolve(), PYTHON / "lib" / name))
    hidden = [place / name for name in ("site-packages", "dist-packages") if (standard / name).is_dir()]
    libraries, links = _system_libraries()
    return View((*libraries, *shown), links, tuple(hidden), PYTHON / "bin" / "python")


def _system_libraries() -> tuple[list[tuple[Path, PurePosixPath]], tuple[tuple[str, PurePosixPath], ...]]:
    """The folders of shared libraries, and the loader where the executables name it."""
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    folders = [Path("/usr/lib") / multiarch] if multiarch else []
    folders.append(Path("/usr/lib64"))
    shown = [(folder, PurePosixPath(folder)) for folder in folders if folder.is_dir()]
    links = []
    for short in ("lib", "lib64"):
        if Path("/", short).is_symlink():
            links.append((f"usr/{short}", PurePosixPath("/", short)))
        elif Path("/", short, multiarch).is_dir():
            shown.append((Path("/", short, multiarch), PurePosixPath("/", short, multiarch)))
    covered = {place for _, place in shown}
    for loader in (*Path("/usr/lib").glob("ld-linux*"), *Path("/lib").glob("ld-linux*")):
        # On aarch64 the loader is a file of its own beside the folder of libraries.
        place = PurePosixPath(loader)
        if place not in covered and not (place.parts[1] == "lib" and Path("/lib").is_symlink()):
            shown.append((loader.resolve(), place))
            covered.add(place)
    return shown, tuple(links)


def _plugin(name: str, path: Sequence[str]) -> metadata.Distribution:
    for distribution in metadata.distributions(path=list(path)):
        for entry_point in distribution.entry_points:
            if entry_point.group == ENTRY_POINT_GROUP and entry_point.name == name:
                return distribution
    raise EnvironmentIncomplete(f"no installed distribution has the plugin {name!r}")


def _distribution(name: str, path: Sequence[str]) -> metadata.Distribution:
    found = next(iter(metadata.distributions(name=name, path=list(path))), None)
    if found is None:
        raise EnvironmentIncomplete(f"the distribution {name} is not installed")
    return found


def _closure(roots: list[metadata.Distribution], path: Sequence[str]) -> Iterator[metadata.Distribution]:
    """The distributions and whatever they require on this machine, each once.

    :raises EnvironmentIncomplete: when one is missing, or is the platform itself.
    """
    waiting: list[tuple[metadata.Distribution, frozenset[str]]] = [(root, frozenset()) for root in roots]
    seen: set[tuple[str, frozenset[str]]] = set()
    given: set[str] = set()
    while waiting:
        distribution, extras = waiting.pop()
        name = canonicalize_name(distribution.metadata["Name"])
        if name == PLATFORM:
            raise EnvironmentIncomplete("a plugin may require accord-sdk, never accord itself")
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        if name not in given:
            given.add(name)
            yield distribution
        for requirement in map(Requirement, distribution.requires or ()):
            if _is_wanted(requirement, extras):
                wanted = _distribution(requirement.name, path)
                waiting.append((wanted, frozenset(requirement.extras)))


def _contents(distribution: metadata.Distribution) -> Iterator[tuple[PurePosixPath, Path]]:
    """What a distribution installed: its packages and single modules, as place and path.

    A folder that is no package of its own may be shared with strangers, so its entries come one by one.
    """
    files = [PurePosixPath(file) for file in distribution.files or ()]
    known = set(files)
    root = Path(str(distribution.locate_file("")))
    done: set[PurePosixPath] = set()
    for file in files:
        if file.is_absolute() or ".." in file.parts:
            continue  # a script in bin/, which nothing in the view runs
        if file.suffix == ".pth":
            # In somebody else's environment it could name any folder of this machine.
            if str(root) in sys.path:
                yield from _editable(root / file)
            continue
        place = _whole(file, known)
        if place not in done and (root / place).exists():
            done.add(place)
            yield place, (root / place).resolve()


def _whole(file: PurePosixPath, known: set[PurePosixPath]) -> PurePosixPath:
    """The outermost folder of the file that is the distribution's alone, or else the file."""
    for folder in reversed(file.parents[:-1]):
        if folder / "__init__.py" in known or folder.name.endswith(_WHOLE):
            return folder
    return file


def _editable(pth: Path) -> Iterator[tuple[PurePosixPath, Path]]:
    """The packages in the folders that an editable installation names; nothing else that lies there."""
    for line in pth.read_text(encoding="utf-8").splitlines():
        root = Path(line.strip())
        if not root.is_absolute() or not root.is_dir():
            continue
        for module in sorted(root.glob("*/__init__.py")):
            if module.parent.name.isidentifier() and module.parent.name != "tests":
                yield PurePosixPath(module.parent.name), module.parent.resolve()
