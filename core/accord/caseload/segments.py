"""A record's text cut into stretches, so that the evidence for each finding can be marked."""

from __future__ import annotations

from collections.abc import Iterable

from accord.caseload.masking import is_masked, mask_text
from accord.web.presentation import Segment, Tone
from accord_sdk import Finding, Selector, SelectorKind

LABELS: dict[str, str] = {
    SelectorKind.PHONE: "Phone number",
    SelectorKind.EMAIL: "E-mail address",
    SelectorKind.HANDLE: "Handle",
    SelectorKind.URL: "Web address",
    SelectorKind.WALLET: "Wallet",
    SelectorKind.IMAGE: "Image hash",
    SelectorKind.TEMPLATE: "Text template",
    SelectorKind.PRICE: "Price",
    SelectorKind.AGE: "Age",
    SelectorKind.PLACE: "Place",
}
_TONES: dict[int, Tone] = {1: "plus", -1: "minus", 0: "info"}


def label_of(kind: str) -> str:
    """A selector kind or an indicator in words, such as `Several people`."""
    return LABELS.get(kind) or kind.replace("_", " ").capitalize()


def segments(
    text: str | None, field: str, findings: Iterable[Finding], *, unmasked: bool
) -> tuple[Segment, ...]:
    """The text of one field in stretches. Where findings overlap, contact values come first."""
    if not text:
        return ()
    marked = [(finding.start, finding.end, finding) for finding in findings if _within(finding, field, text)]
    marked.sort(key=lambda item: (not _contact(item[2]), item[0], item[1], item[2].kind))
    chosen: list[tuple[int, int, Finding]] = []
    for start, end, finding in marked:
        if start is None or end is None:
            continue
        if all(end <= other_start or start >= other_end for other_start, other_end, _ in chosen):
            chosen.append((start, end, finding))
    chosen.sort(key=lambda item: item[0])
    return tuple(_cut(text, chosen, unmasked=unmasked))


def _cut(text: str, chosen: list[tuple[int, int, Finding]], *, unmasked: bool) -> Iterable[Segment]:
    position = 0
    for start, end, finding in chosen:
        if start > position:
            yield Segment(text[position:start])
        yield _segment(text[start:end], finding, unmasked=unmasked)
        position = end
    if position < len(text):
        yield Segment(text[position:])


def _segment(stretch: str, finding: Finding, *, unmasked: bool) -> Segment:
    if isinstance(finding, Selector):
        hide = is_masked(finding.kind) and not unmasked
        shown = mask_text(stretch) if hide else stretch
        return Segment(shown, finding.kind, label_of(finding.kind), "selector", masked=hide)
    return Segment(stretch, finding.kind, finding.note or label_of(finding.kind), _TONES[finding.sign])


def _within(finding: Finding, field: str, text: str) -> bool:
    if finding.field != field or finding.start is None or finding.end is None:
        return False
    if isinstance(finding, Selector) and finding.kind == SelectorKind.TEMPLATE:
        return False
    return 0 <= finding.start < finding.end <= len(text)


def _contact(finding: Finding) -> bool:
    return isinstance(finding, Selector) and is_masked(finding.kind)
