"""`accord audit`: read the audit log, seal it, verify it, and let members check their own part anywhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import click

from accord.cli.home import acting_for, opened
from accord_auth.audit import checking, sealing
from accord_auth.audit.bundles import bundle_head, write_bundle
from accord_auth.audit.exports import FORMS, whole_export
from accord_auth.audit.keys import KEY_FILE, SigningKeyFile
from accord_auth.audit.notes import Head, NoteError, PublicKey, read_public_key
from accord_auth.audit.reading import AuditFilter, begin_export
from accord_auth.audit.service import AuditTag, record
from accord_auth.audit.verification import verify as find_faults
from accord_auth.joining.acting import platform_admin
from accord_auth.principal import Principal
from accord_config.database import NOBODY, Database, Role
from accord_config.home import Home

LATE = timedelta(hours=1)
"""An entry that waits longer to be sealed is worth a word: the worker seals each minute."""

a_file = click.Path(exists=True, dir_okay=False, path_type=Path)
a_day = click.DateTime(formats=["%Y-%m-%d"])
new_file = click.Path(dir_okay=False, path_type=Path)


@click.group()
def audit() -> None:
    """The audit log: read it, seal it, verify it, check a member's own part."""


@audit.command()
@click.option("--new-key", is_flag=True, help="Go on with a key that did not sign the last checkpoint.")
def seal(new_key: bool) -> None:
    """Seal what is committed, as the worker does each minute."""
    with _worker() as (home, database):
        done = sealing.seal_waiting(database, _keys(home), new_key=new_key)
    click.echo(f"{done.entries} entries sealed; the log has {done.head.size if done.head else 0}")


@audit.command()
def key() -> None:
    """Print the public key that checkpoints are believed by; give it to the members in person."""
    with _worker() as (home, database):
        click.echo(str(sealing.public_key(database, _keys(home))))


@audit.command()
@click.option("--public-key", "keys", type=a_file, multiple=True, help="Believe this key, too.")
@click.option("--earlier", "notes", type=a_file, multiple=True, help="A checkpoint that was kept outside.")
def verify(keys: tuple[Path, ...], notes: tuple[Path, ...]) -> None:
    """Walk the whole log, print everything that is wrong in order; ends with 1 where something is."""
    with reading_files():
        believed = [read_public_key(path.read_text(encoding="utf-8")) for path in keys]
    with _worker() as (home, database):
        believed += _own_key(home, database, needed=not believed)
        with reading_files():
            earlier = [checking.read_earlier(path, _signer(path, believed)) for path in notes]
        found = 0
        for fault in find_faults(database, believed, earlier):
            if not found:
                click.echo("the first thing that is wrong:")
            found += 1
            click.echo(f"{fault.kind.value}: {fault.words}")
        _conclude(database, found)


def _own_key(home: Home, database: Database, *, needed: bool) -> list[PublicKey]:
    """This host's own key where it has one. What the database says about keys proves nothing."""
    if not _keys(home).path.exists() and (not needed or sealing.latest(database) is None):
        return []
    return [sealing.public_key(database, _keys(home))]


def _signer(path: Path, believed: list[PublicKey]) -> PublicKey:
    """The key that signed an earlier checkpoint, of those that are believed."""
    for candidate in believed:
        try:
            checking.read_earlier(path, candidate)
        except NoteError:
            continue
        return candidate
    raise NoteError(f"{path.name}: no key that you believe signed it")


def _conclude(database: Database, found: int) -> None:
    waits = sealing.backlog(database)
    if waits.entries:
        late = ", which is late: does a worker run?" if waits.overdue(datetime.now(UTC), LATE) else ""
        click.echo(f"{waits.entries} entries wait to be sealed, and nothing protects them yet{late}")
    if found:
        click.echo(f"{found} things are wrong")
        sys.exit(1)
    head = sealing.latest(database)
    click.echo(f"ok: {head.size if head else 0} entries are as they were sealed")


@audit.command()
@click.option("--organisation", required=True, metavar="SLUG", help="Whose entries.")
@click.option("--output", type=new_file, help="A file; standard output if left out.")
@click.option(
    "--earlier", type=a_file, help="A checkpoint or bundle of before: prove that the log only grew."
)
@click.option("--since", type=click.IntRange(min=0), default=0, help="Only entries from this number on.")
def bundle(organisation: str, output: Path | None, earlier: Path | None, since: int) -> None:
    """Write a member's own entries with the proofs that they are in the log."""
    with reading_files():
        size = checking.read_earlier(earlier, None).size if earlier else None
    with _worker() as (home, database):
        who = acting_for(home, organisation)

        begin = partial(database.transaction, who.scope)
        with begin() as session:
            head = bundle_head(session, who, size)
            record(session, who, AuditTag.AUDIT_EXPORT, "audit log", {"format": "bundle"})
        pieces = write_bundle(begin, who, head, earlier=size, since=since)
        if output is None:
            for piece in pieces:
                sys.stdout.write(piece)
        else:
            with output.open("w", encoding="utf-8") as file:
                file.writelines(pieces)


@audit.command()
@click.option("--organisation", metavar="SLUG", help="Whose entries.")
@click.option("--admin", metavar="EMAIL", help="The platform's own entries, in this platform admin's name.")
@click.option("--format", "form", type=click.Choice(sorted(FORMS)), default="jsonl", help="As what.")
@click.option("--person", type=click.UUID, metavar="ID", help="Only what this person did.")
@click.option("--tag", type=click.Choice([tag.value for tag in AuditTag]), help="Only entries of this tag.")
@click.option("--subject", default="", help="Only where the subject begins like this.")
@click.option("--since", type=a_day, help="Only from this day on, in UTC.")
@click.option("--until", type=a_day, help="Only up to this day, in UTC.")
@click.option("--output", type=new_file, help="A file; standard output if left out.")
def export(
    organisation: str | None,
    admin: str | None,
    form: str,
    person: UUID | None,
    tag: str | None,
    subject: str,
    since: datetime | None,
    until: datetime | None,
    output: Path | None,
) -> None:
    """Write the entries of a member, or of the platform, the oldest first."""
    days = {"since": since.date() if since else None, "until": until.date() if until else None}
    narrowed = AuditFilter(person_id=person, tag=tag or "", subject=subject, **days)
    with _worker() as (home, database):
        who = _reader(home, organisation, admin)
        begin = partial(database.transaction, who.scope)
        with begin() as session:
            newest = begin_export(session, who, narrowed, form)
        pieces = FORMS[form][1](whole_export(begin, who, narrowed, newest))
        if output is None:
            for piece in pieces:
                sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
        else:
            with output.open("wb") as file:
                file.writelines(pieces)


def _reader(home: Home, organisation: str | None, admin: str | None) -> Principal:
    if (organisation is None) == (admin is None):
        raise click.UsageError("name --organisation, or --admin for the platform's own entries")
    if organisation is not None:
        return acting_for(home, organisation)
    gate = home.database(Role.GATE, pool_size=1)
    try:
        with gate.transaction(NOBODY) as session:
            return platform_admin(session, admin or "")
    finally:
        gate.close()


@audit.command()
@click.argument("bundle", type=a_file)
@click.option("--public-key", "key_file", type=a_file, help="The log's public key as you were given it.")
@click.option(
    "--earlier", type=a_file, help="A checkpoint or bundle of before, which this one must continue."
)
def check(bundle: Path, key_file: Path | None, earlier: Path | None) -> None:
    """Check BUNDLE, without a home or a database; ends with 1 where something is wrong."""
    with reading_files():
        believed = read_public_key(key_file.read_text(encoding="utf-8")) if key_file else None
        before: Head | None = checking.read_earlier(earlier, believed) if earlier else None
        checked = checking.check(checking.read_bundle(bundle), believed, before)
    for line in checking.describe(checked):
        click.echo(line)
    if checked.problems:
        sys.exit(1)


@contextmanager
def reading_files() -> Iterator[None]:
    """Say in one line what is wrong with a file that was given."""
    try:
        yield
    except ValueError as error:
        raise click.UsageError(str(error) or (type(error).__doc__ or "").strip()) from error


@contextmanager
def _worker() -> Iterator[tuple[Home, Database]]:
    with opened() as home:
        database = home.database(Role.WORKER, pool_size=1)
        try:
            yield home, database
        finally:
            database.close()


def _keys(home: Home) -> SigningKeyFile:
    return SigningKeyFile(home.path / KEY_FILE)
