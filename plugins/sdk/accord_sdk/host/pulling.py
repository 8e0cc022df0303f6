"""A source plugin's process, read page by page: its answer to one call may be larger than memory."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator

from accord_sdk import Page, wire
from accord_sdk.host.errors import PluginMisbehaved, PluginRaised, PluginTimedOut
from accord_sdk.host.process import PluginProcess

Progressed = Callable[[int, int], None]
"""Told how much is done, and of how much; what the plugin says, unchecked."""

logger = logging.getLogger(__name__)


def ignored(done: int, total: int) -> None:
    """Nobody wants to know."""


class SourceProcess(PluginProcess):
    """A started source plugin; one pull for each process."""

    def pages(
        self,
        name: str,
        cursor: bytes | None,
        *,
        limit: int,
        dry_run: bool = False,
        on_progress: Progressed = ignored,
    ) -> Iterator[Page]:
        """The pages that source `name` gives from `cursor` on, as they come, up to the one without more.

        The time that counts against the plugin's limit is the time spent waiting for it, not the time
        that the caller takes over a page. `on_progress` is told what the plugin says of how far it is. End
        the process when you stop before the last page.

        :raises PluginFailed: when the plugin fails; the pages until then are good.
        """
        call = self._send(wire.Pull(name, cursor, limit), dry_run)
        patience = self.manifest.limits.batch_seconds
        while True:
            began = time.monotonic()
            frame = self._decode(self._read_frame(began + patience))
            patience -= time.monotonic() - began
            match frame:
                case wire.Results(call=answered, items=items) if answered == call:
                    for item in items:
                        if not isinstance(item, Page):
                            raise PluginMisbehaved(
                                f"{self.manifest.name} answered a pull with {type(item).__name__}"
                            )
                        yield item
                        if not item.more:
                            return
                case wire.Done(call=answered, error=error) if answered == call:
                    if error is not None:
                        raise PluginRaised(f"{self.manifest.name}: {error.message}")
                    return
                case wire.Log(level, message):
                    logger.info("%s says (%s): %s", self.manifest.name, level, message)
                case wire.Need() as need:
                    self._give(need)
                case wire.Progress(call=answered, done=done, total=total) if answered == call:
                    on_progress(done, total)
                case other:
                    raise PluginMisbehaved(f"{self.manifest.name} sent {type(other).__name__} out of turn")
            if patience <= 0:
                raise PluginTimedOut(f"{self.manifest.name} did not come to an end within its time limit")
