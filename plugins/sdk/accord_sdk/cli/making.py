"""`accord-sdk new`, `build` and `check`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click

from accord_sdk import project as projects
from accord_sdk.checks import RECORDS, Report, run_checks
from accord_sdk.cli.staging import isolated, launcher_beside
from accord_sdk.wheel import read_plugin, unpack
from accord_sdk.words import short


@click.command()
@click.argument("name")
@click.option(
    "--in",
    "parent",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    default=Path(),
    help="Folder in which the plugin's folder is made; the current one if left out.",
)
def new(name: str, parent: Path) -> None:
    """Make the plugin NAME: a folder with a detector that works, its manifest, a test and sample records."""
    folder = projects.create(name, parent)
    click.echo(f"made {folder}: a detector that works, its manifest, a test and three records")
    click.echo(f"go on with: cd {folder} && accord-sdk test")


@click.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for the wheel; dist/.")
def build(out: Path | None) -> None:
    """Build the plugin's wheel from the current folder, with the build backend that it names."""
    project = projects.read(Path())
    click.echo(projects.build(project, out or Path("dist")))


@click.command()
@click.argument("wheel", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(wheel: Path) -> None:
    """Say what WHEEL asks for, and hold it to the contract; ends with 1 where something does not hold."""
    data = wheel.read_bytes()
    found = read_plugin(wheel.name, data)
    dependencies = [line for line in found.wheel.requires if "extra ==" not in line]
    others = sum(not line.startswith("accord-sdk") for line in dependencies)
    click.echo(f"{found.manifest.name} {found.wheel.version} sha256:{found.wheel.digest}")
    click.echo(f"  {short(found.manifest, others)}")
    for table in (found.manifest.reads, found.manifest.calls):
        for name, reason in table.items():
            click.echo(f"    {name}: {reason}")
    with tempfile.TemporaryDirectory() as folder, isolated() as isolation:
        # Whoever starts the sandbox may be another user.
        Path(folder).chmod(0o755)
        unpack(wheel.name, data, Path(folder))
        report = run_checks(found.manifest, launcher_beside(isolation, Path(folder)))
    tell(report)
    for name in report.unread:
        why = f"asks for `{name}` but {RECORDS} records never need it"
        click.echo(f"  warning: {why}: remove it for a faster approval")
    if not report.passed:
        sys.exit(1)


def tell(report: Report) -> None:
    """Print what came of the checks."""
    for one in report.broken:
        click.echo(f"  FAILED {one.name}: {one.words}")
    parts = [f"contract {len(report.checks) - len(report.broken)} passed"]
    if report.broken:
        parts.append(f"{len(report.broken)} failed")
    if report.records_per_s:
        parts.append(f"{report.records_per_s:,.0f} records/s")
    if report.peak_mb is not None:
        parts.append(f"peak {report.peak_mb} MB")
    click.echo(", ".join(parts))
