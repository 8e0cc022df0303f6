"""What a plugin reaches beyond itself, all of it through the host: HTTP and a store.

The process has no network and keeps no file. The host checks each request against what was granted, bounds
it, and writes it down; a plugin that was granted nothing gets `NotGiven`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from accord_sdk import wire

Ask = Callable[[wire.Want], wire.Gift]
"""Hands a want to the host and waits for the gift. Raises `NotGiven`."""


class NotGiven(Exception):
    """The host did not give what was asked for.

    `code` is short and stable: `not_granted`, `failed` (whatever went wrong on the way, the host says no
    more), `too_many`, `too_large`, `full`, `no_host`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def nobody(want: wire.Want) -> wire.Gift:
    """What stands in where there is no host."""
    raise NotGiven("no_host", "there is no host to ask: this plugin was not started by one")


class Http:
    """HTTP through the host: https, to hosts that the manifest's `calls` names. Redirects are answers."""

    def __init__(self, ask: Ask = nobody) -> None:
        self._ask = ask

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> wire.HttpAnswer:
        """The server's answer.

        :raises NotGiven: when the request was not granted, or failed.
        """
        gift = self._ask(wire.Http(method, url, dict(headers or {}), body))
        if not isinstance(gift, wire.HttpAnswer):
            raise NotGiven("failed", "the host gave something else")
        return gift


class Store:
    """A few values that outlive the process, for this organisation's use of the plugin alone.

    Keys are text of at most 200 characters. Keys and values together have the manifest's `limits.store_kb`.
    """

    def __init__(self, ask: Ask = nobody) -> None:
        self._ask = ask

    def get(self, key: str) -> bytes | None:
        """What is kept under the key, or None.

        :raises NotGiven: when the host keeps nothing for this plugin.
        """
        gift = self._ask(wire.StoreGet(key))
        return gift.value if isinstance(gift, wire.Stored) else None

    def put(self, key: str, value: bytes) -> None:
        """Keep a value under the key in place of what was there.

        :raises NotGiven: code `full` beyond the quota.
        """
        self._ask(wire.StorePut(key, value))

    def delete(self, key: str) -> None:
        """Forget the key; nothing happens where there is none.

        :raises NotGiven: when the host keeps nothing for this plugin.
        """
        self._ask(wire.StorePut(key, None))

    def keys(self, prefix: str = "") -> tuple[str, ...]:
        """The keys that begin so, in order.

        :raises NotGiven: when the host keeps nothing for this plugin.
        """
        gift = self._ask(wire.StoreKeys(prefix))
        return gift.keys if isinstance(gift, wire.Keys) else ()
