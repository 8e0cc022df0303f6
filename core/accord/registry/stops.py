"""Why a version, or a plugin as a whole, does not run: reason code, what is responsible, the next step."""

from __future__ import annotations

from datetime import UTC, datetime

from accord.host.reasons import Stop, reason_of
from accord.registry.models import Plugin, PluginStatus, PluginTrial, PluginVersion, VersionState
from accord.web.presentation import StopView

_CODES = {
    VersionState.FAILED: "failed",
    VersionState.REFUSED: "refused",
    VersionState.SUSPENDED: "suspended",
    VersionState.WITHDRAWN: "withdrawn",
}
"""Of versions that stopped before codes were kept with them."""


def stop_of_version(version: PluginVersion) -> Stop | None:
    """Why a version does not run, where something is in the way."""
    code = _CODES.get(VersionState(version.state))
    if code is not None:
        named = f"{version.name} {version.version}"
        told = version.stop or version.checks.get("stop", {})
        return Stop(reason_of(told.get("code", code)), told.get("about") or named, version.problem)
    if version.state == VersionState.APPROVED:
        return _over(version.approved_until)
    return None


def stop_of_plugin(plugin: Plugin) -> Stop | None:
    """Why a plugin runs for nobody, where something is in the way."""
    named = f"{plugin.name} {plugin.version}"
    if plugin.status == PluginStatus.SUSPENDED:
        told = plugin.stop
        return Stop(reason_of(told.get("code", "suspended")), told.get("about") or named, plugin.reason)
    if plugin.status == PluginStatus.MISSING:
        return Stop(reason_of("missing"), named, f"no installed distribution has the plugin {plugin.name}")
    return _over(plugin.approved_until)


def stop_of_trial(trial: PluginTrial) -> Stop | None:
    """Why a run on trial failed, where it did."""
    told = trial.result
    if "error" not in told:
        return None
    return Stop(reason_of(told.get("code", "failed")), told.get("about") or trial.plugin, told["error"])


def shown(stop: Stop, until: datetime | None = None) -> StopView:
    """A stop as pages show it; `until` is when it is tried again by itself."""
    reason = stop.reason
    return StopView(
        words=reason.words,
        next_step=reason.next_step,
        code=reason.code,
        about=stop.about,
        message=stop.message,
        until=until,
    )


def _over(until: datetime | None) -> Stop | None:
    if until is None or until > datetime.now(UTC):
        return None
    return Stop(reason_of("expired"), f"approved until {until:%Y-%m-%d %H:%M} UTC", "nobody approved it anew")
