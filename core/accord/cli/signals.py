"""`accord signals`: an organisation's shared signals, by the installation's operator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import click

from accord.cli.home import acting_for, opened
from accord_auth.errors import NotFound
from accord_auth.principal import Principal
from accord_auth.signals.events import CHOICES, NAMES
from accord_auth.signals.models import Direction, SubjectFormat
from accord_auth.streams import service
from accord_auth.streams.service import StreamDraft
from accord_config.database import NOBODY, Role, ScopedSession
from accord_config.home import Home

FORMATS = [one.value for one in SubjectFormat]
EVENTS = sorted(CHOICES)
of_organisation = click.option("--organisation", required=True, metavar="SLUG", help="Whose streams.")
events_option = click.option(
    "--event", "events", multiple=True, type=click.Choice(EVENTS), help="Which events; all without it."
)
subjects_option = click.option(
    "--subjects", type=click.Choice(FORMATS), default="email", show_default=True, help="How people are named."
)


@click.group()
def signals() -> None:
    """Shared signals: who is told, and who tells, at once when somebody's access ends."""


@signals.command("list")
@of_organisation
def list_streams(organisation: str) -> None:
    """The organisation's streams, and what of the last signals waits or is parked."""
    with _acting(organisation) as (_, session, who):
        streams = service.streams_of(session, who)
        sent = service.deliveries_of(session, who)
    for one in streams:
        other = one.endpoint_url if one.direction == Direction.SEND else one.issuer
        last = f"{one.last_at:%Y-%m-%d %H:%M}" if one.last_at else "never"
        trouble = f"; failed {one.failed_at:%Y-%m-%d %H:%M}: {one.last_words}" if one.failed_at else ""
        names = " ".join(NAMES[event] for event in one.events)
        click.echo(f"stream {one.id} {one.name!r} {one.direction} {other} {names} (last {last}{trouble})")
    for each in sent:
        if each.state != "delivered":
            click.echo(f"signal {each.id} {NAMES[each.event]} {each.state} {each.words}")


@signals.command("send-to")
@click.argument("name")
@click.argument("url")
@click.option("--audience", required=True, help="What the receiver expects in aud.")
@click.option("--authorization", default="", help="Whole value of the Authorization header that it wants.")
@events_option
@subjects_option
@of_organisation
def send_to(
    name: str,
    url: str,
    audience: str,
    authorization: str,
    events: tuple[str, ...],
    subjects: str,
    organisation: str,
) -> None:
    """Tell the system called NAME by pushing to URL; prints the stream's id."""
    draft = StreamDraft(
        name=name,
        direction=Direction.SEND,
        events=events or tuple(EVENTS),
        subject_format=SubjectFormat(subjects),
        audience=audience,
        endpoint_url=url,
        authorization=authorization,
    )
    with _acting(organisation) as (home, session, who):
        click.echo(service.add_stream(session, who, draft, home.seals()).stream.id)


@signals.command("receive-from")
@click.argument("name")
@click.option("--issuer", required=True, help="What stands in iss.")
@click.option("--keys", required=True, metavar="URL", help="Where its public keys are, as a JWK set.")
@click.option("--audience", required=True, help="What has to stand in aud.")
@events_option
@subjects_option
@of_organisation
def receive_from(
    name: str,
    issuer: str,
    keys: str,
    audience: str,
    events: tuple[str, ...],
    subjects: str,
    organisation: str,
) -> None:
    """Take signals of the system called NAME; prints where it pushes to and, this once, with which token."""
    draft = StreamDraft(
        name=name,
        direction=Direction.RECEIVE,
        events=events or tuple(EVENTS),
        subject_format=SubjectFormat(subjects),
        audience=audience,
        issuer=issuer,
        jwks_uri=keys,
    )
    with _acting(organisation) as (home, session, who):
        made = service.add_stream(session, who, draft, home.seals())
        click.echo(f"{home.settings.issuer}/signals/push/{made.stream.id}")
    click.echo(made.secret)


@signals.command()
@click.argument("stream")
@of_organisation
def verify(stream: str, organisation: str) -> None:
    """Send a verification event by STREAM, an id that `list` tells; a worker sends it."""
    with _acting(organisation) as (_, session, who):
        click.echo(service.verify_stream(session, who, _id(stream)).id)


@signals.command()
@click.argument("stream")
@of_organisation
def close(stream: str, organisation: str) -> None:
    """Close STREAM, an id that `list` tells: nothing is taken any more, and nothing sent."""
    with _acting(organisation) as (_, session, who):
        service.close_stream(session, who, _id(stream))
    click.echo("closed")


@signals.command()
@click.argument("signal")
@of_organisation
def again(signal: str, organisation: str) -> None:
    """Try the parked SIGNAL again, an id that `list` tells."""
    with _acting(organisation) as (_, session, who):
        service.send_again(session, who, _id(signal))
    click.echo("it is tried again")


@contextmanager
def _acting(organisation: str) -> Iterator[tuple[Home, ScopedSession, Principal]]:
    with opened() as home:
        who = acting_for(home, organisation)
        gate = home.database(Role.GATE, pool_size=1)
        try:
            with gate.transaction(NOBODY) as session:
                yield home, session, who
        finally:
            gate.close()


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound("there is no such id: see `accord signals list`") from error
