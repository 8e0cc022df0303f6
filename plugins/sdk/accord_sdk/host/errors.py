"""How a plugin's process can fail. `code` is short and stable; the message is for people.

The words and the next step for each code are the host's; see the page on reason codes.
"""

from __future__ import annotations


class PluginFailed(Exception):
    """The plugin did not do what was asked. `about` names the file, field or limit that is responsible."""

    code = "failed"

    def __init__(self, message: str, about: str = "") -> None:
        super().__init__(message)
        self.about = about


class PluginTimedOut(PluginFailed):
    """The plugin took longer than its manifest allows; its process was killed."""

    code = "timed_out"


class PluginDied(PluginFailed):
    """The plugin's process ended by itself."""

    code = "died"


class PluginStopped(PluginFailed):
    """The plugin may not run any more: it was suspended, withdrawn, or its time is over."""

    code = "stopped"

    def __init__(self, message: str, about: str = "", code: str = "stopped") -> None:
        super().__init__(message, about)
        self.code = code


class PluginMisbehaved(PluginFailed):
    """The plugin sent what the contract does not allow; its process was killed."""

    code = "misbehaved"


class PluginRaised(PluginFailed):
    """The plugin raised an error; its process goes on."""

    code = "raised"


class PluginLate(PluginFailed):
    """The plugin was not done when others would have had to wait for it; the call was cancelled."""

    code = "late"


class PluginBusy(PluginFailed):
    """All processes that the activation may have at once are at work."""

    code = "busy"


class NoSandbox(PluginFailed):
    """This machine does not sandbox any more; nothing of the plugin ran, and it is not to blame."""

    code = "no_sandbox"


class EnvironmentIncomplete(PluginFailed):
    """The plugin cannot be started with what it needs; nothing of it ran."""

    code = "environment"
