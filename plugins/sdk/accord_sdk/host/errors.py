"""How a plugin's process can fail. `code` is short and stable; the message is for people."""

from __future__ import annotations


class PluginFailed(Exception):
    """The plugin did not do what was asked."""

    code = "failed"


class PluginTimedOut(PluginFailed):
    """The plugin took longer than its manifest allows; its process was killed."""

    code = "timed_out"


class PluginDied(PluginFailed):
    """The plugin's process ended by itself."""

    code = "died"


class PluginMisbehaved(PluginFailed):
    """The plugin sent what the contract does not allow; its process was killed."""

    code = "misbehaved"


class PluginRaised(PluginFailed):
    """The plugin raised an error; its process goes on."""

    code = "raised"


class EnvironmentIncomplete(PluginFailed):
    """The plugin cannot be started with what it needs; nothing of it ran."""

    code = "environment"
