"""What a finding may look like before it is kept: a plugin's output is a stranger's input."""

from __future__ import annotations

from accord.host.errors import PluginMisbehaved
from accord_sdk import Finding, Selector

LONGEST_KIND = 60
LONGEST_VALUE = 2_000
LONGEST_NOTE = 500
MOST_KEYS = 64
KEY_BITS = 63


def check(plugin: str, finding: Finding) -> None:
    """Go on only with a finding that can be stored and shown.

    :raises PluginMisbehaved: saying what is wrong with it.
    """
    problem = _problem(finding)
    if problem is not None:
        raise PluginMisbehaved(f"{plugin} made a finding that cannot be kept: {problem}")


def _problem(finding: Finding) -> str | None:
    if not 1 <= len(finding.kind) <= LONGEST_KIND or "\x00" in finding.kind:
        return "its kind is empty, too long or holds NUL"
    if not 0.0 <= finding.confidence <= 1.0:
        return "its confidence is not within 0 to 1"
    if (finding.start is None) != (finding.end is None) or (
        finding.start is not None and finding.end is not None and not 0 <= finding.start < finding.end
    ):
        return "its span is no span"
    if isinstance(finding, Selector):
        return _selector_problem(finding)
    if not 0.0 <= finding.strength <= 1.0:
        return "its strength is not within 0 to 1"
    if len(finding.note) > LONGEST_NOTE or len(finding.source) > LONGEST_NOTE:
        return "its note or source is too long"
    return "it holds NUL" if "\x00" in finding.note + finding.source + (finding.field or "") else None


def _selector_problem(finding: Selector) -> str | None:
    if not 1 <= len(finding.value) <= LONGEST_VALUE:
        return "its value is empty or too long"
    texts = [finding.value, finding.field or "", *finding.attributes]
    texts += [value for value in finding.attributes.values() if isinstance(value, str)]
    if any("\x00" in part for part in texts):
        return "it holds NUL"
    if len(finding.keys) > MOST_KEYS or any(key.bit_length() > KEY_BITS for key in finding.keys):
        return f"it has more than {MOST_KEYS} keys, or one beyond {KEY_BITS} bits"
    return None
