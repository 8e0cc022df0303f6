"""What a plugin's answer may look like before it is kept: its output is a stranger's input.

Whatever passes here can be stored in PostgreSQL, indexed, read back as the contract's types and
summed up by the linker. What does not costs the plugin its own findings and nobody else anything.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from accord_sdk import RECORD_FIELDS, Finding, Indicator, Selector, SelectorKind, Signal
from accord_sdk.host.errors import PluginMisbehaved

MOST_FINDINGS = 500
"""Findings of one plugin on one record."""
LONGEST_KIND = 60
LONGEST_VALUE = 2_000
"""Bytes of UTF-8 of a selector's value: PostgreSQL's index entries end at 2,704."""
LONGEST_NOTE = 500
MOST_KEYS = 64
MOST_ATTRIBUTES = 20
KEY_BITS = 63

_SHORT = LONGEST_VALUE // 4
"""Characters that are never more bytes than that."""
_USUAL_NAMES = frozenset(
    "amount currency minutes name admin1 country lat lon geonameid platform obscured".split()
)
_LARGEST_KEY = (1 << KEY_BITS) - 1
_USUAL_KINDS = frozenset(map(str, SelectorKind)) | {"date"}
_FORMATS: dict[str, re.Pattern[str]] = {
    SelectorKind.TEMPLATE: re.compile(r"[0-9a-f]{128}"),
    SelectorKind.IMAGE: re.compile(r"[0-9a-fA-F]{64}"),
    SelectorKind.AGE: re.compile(r"[0-9]{1,3}"),
}
"""Kinds that the host calculates with; every other value is only compared."""


def check(plugin: str, findings: Sequence[Finding]) -> None:
    """Go on only with findings on one record that can be stored and shown.

    :raises PluginMisbehaved: saying what is wrong with them.
    """
    if len(findings) > MOST_FINDINGS:
        raise PluginMisbehaved(
            f"{plugin} made {len(findings)} findings on one record: {MOST_FINDINGS} may be kept"
        )
    for finding in findings:
        if _fits(finding):
            continue
        problem = _problem(finding)
        if problem is not None:
            raise PluginMisbehaved(f"{plugin} made a finding that cannot be kept: {problem}")


def check_indicator(plugin: str, indicator: Indicator) -> None:
    """Go on only with an indicator that can be stored and shown.

    :raises PluginMisbehaved: saying what is wrong with it.
    """
    texts = (indicator.kind, indicator.evidence, indicator.source)
    if not 1 <= len(indicator.kind) <= LONGEST_KIND:
        problem: str | None = "its kind is empty or too long"
    elif not 0.0 <= indicator.strength <= 1.0:
        problem = "its strength is not within 0 to 1"
    elif any(len(part) > LONGEST_NOTE for part in texts):
        problem = "its evidence or source is too long"
    else:
        problem = "it holds NUL" if any("\x00" in part for part in texts) else None
    if problem is not None:
        raise PluginMisbehaved(f"{plugin} gave an indicator that cannot be kept: {problem}")


def storable(message: str) -> str:
    """A plugin's own words about its failure, cut and without what PostgreSQL cannot store."""
    return message.replace("\x00", "\\x00")[:LONGEST_NOTE]


def _fits(finding: Finding) -> bool:
    """A quick look that lets nearly all through: what passes here has no `_problem`."""
    start, end, field = finding.start, finding.end, finding.field
    if not (
        finding.kind in _USUAL_KINDS
        and 0.0 <= finding.confidence <= 1.0
        and (field is None or field in RECORD_FIELDS)
        and (0 <= start < end if start is not None and end is not None else start is end)
        and isinstance(finding, Selector)
        and 0 < len(finding.value) <= _SHORT
        and "\x00" not in finding.value
    ):
        return False
    form, keys = _FORMATS.get(finding.kind), finding.keys
    if form is not None and not form.fullmatch(finding.value):
        return False
    if keys and (len(keys) > MOST_KEYS or max(keys) > _LARGEST_KEY or min(keys) < 0):
        return False
    attributes = finding.attributes
    return not attributes or (len(attributes) <= MOST_ATTRIBUTES and _attributes_problem(attributes) is None)


def _problem(finding: Finding) -> str | None:
    if not 1 <= len(finding.kind) <= LONGEST_KIND or "\x00" in finding.kind:
        return "its kind is empty, too long or holds NUL"
    if not 0.0 <= finding.confidence <= 1.0:
        return "its confidence is not within 0 to 1"
    if finding.field is not None and (len(finding.field) > LONGEST_KIND or "\x00" in finding.field):
        return "its field is too long or holds NUL"
    if (finding.start is None) != (finding.end is None) or (
        finding.start is not None and finding.end is not None and not 0 <= finding.start < finding.end
    ):
        return "its span is no span"
    return _selector_problem(finding) if isinstance(finding, Selector) else _signal_problem(finding)


def _signal_problem(finding: Signal) -> str | None:
    if not 0.0 <= finding.strength <= 1.0:
        return "its strength is not within 0 to 1"
    if len(finding.note) > LONGEST_NOTE or len(finding.source) > LONGEST_NOTE:
        return "its note or source is too long"
    return "it holds NUL" if "\x00" in finding.note + finding.source else None


def _selector_problem(finding: Selector) -> str | None:
    if not finding.value or len(finding.value.encode()) > LONGEST_VALUE or "\x00" in finding.value:
        return "its value is empty, too long or holds NUL"
    form = _FORMATS.get(finding.kind)
    if form is not None and not form.fullmatch(finding.value):
        return f"its value is no {finding.kind}"
    if len(finding.keys) > MOST_KEYS or any(key.bit_length() > KEY_BITS for key in finding.keys):
        return f"it has more than {MOST_KEYS} keys, or one beyond {KEY_BITS} bits"
    return _attributes_problem(finding.attributes) if finding.attributes else None


def _attributes_problem(attributes: Mapping[str, str | int | float]) -> str | None:
    if len(attributes) > MOST_ATTRIBUTES:
        return f"it has more than {MOST_ATTRIBUTES} attributes"
    for name, value in attributes.items():
        if name not in _USUAL_NAMES and (len(name) > LONGEST_KIND or "\x00" in name):
            return "the name of an attribute is too long or holds NUL"
        if isinstance(value, str):
            if len(value) > LONGEST_NOTE or "\x00" in value:
                return "an attribute is too long or holds NUL"
        elif isinstance(value, float) and not math.isfinite(value):
            return "an attribute is no finite number"
    return None
