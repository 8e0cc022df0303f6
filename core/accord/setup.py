"""Opening a home: a fresh one is set up on the first use of any command."""

from __future__ import annotations

from importlib import import_module

from accord import migrations
from accord.registry.advised import note_suspended
from accord.registry.service import activate_all, discover, synchronise
from accord_auth.oauth.clients import ensure_command_line_client
from accord_auth.organisations.models import OrganisationKind
from accord_auth.organisations.service import create_organisation
from accord_config.database import NOBODY, Role, Scope
from accord_config.home import Home
from accord_config.settings import Settings, SettingsError

FIRST_ORGANISATION = "local"


def open_home(settings: Settings, *, migrate: bool = False) -> Home:
    """A home whose schema and plugins are those of this version of Accord.

    The embedded database is brought up to date by itself, any other one only when `migrate` says so.

    :raises SettingsError: when the schema is another version's.
    """
    home = Home(settings)
    with home.locked():
        _schema(home, migrate or settings.embedded)
        _plugins(home)
    return home


def _schema(home: Home, allowed: bool) -> None:
    owner = home.database(Role.OWNER)
    try:
        if migrations.current(owner.engine) == migrations.head():
            return
        if not allowed:
            raise SettingsError("the database's schema is not this version's: run `accord migrate`")
        migrations.migrate(owner.engine)
        # What only a new version needs, and takes its time to be imported.
        resealing = import_module("accord.resealing")
        earlier = import_module("accord.sharing.earlier")
        with owner.transaction(NOBODY) as session:
            resealing.seal_open_settings(session, home.seals())
            earlier.link_earlier_shares(session)
    finally:
        owner.close()


def _plugins(home: Home) -> None:
    gate, worker = home.database(Role.GATE), home.database(Role.WORKER)
    with gate.transaction(NOBODY) as session:
        local = create_organisation(
            session, slug=FIRST_ORGANISATION, name="Local", kind=OrganisationKind.OTHER
        )
        ensure_command_line_client(session)
    with worker.transaction(Scope(organisation_id=local.id)) as session:
        suspended = synchronise(session, discover())
        if suspended:
            # Before it is committed: rather written down twice than not at all.
            with gate.transaction(NOBODY) as log:
                for plugin, advisory in suspended:
                    note_suspended(log, plugin, advisory)
        activate_all(session, local.id)
    gate.close()
    worker.close()
