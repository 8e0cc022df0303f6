"""The plugin's registration: one detector that gives every long enough text a template selector."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from accord_sdk import Call, Context, Detector, Found, Record, Selector, SelectorKind, hookimpl
from accord_templates.sketch import sketch
from accord_templates.tokens import words

SURE_WORDS = 24
"""From so many words on, a sketch has full confidence; below, it falls in proportion (12 words: 0.5)."""


class Templates:
    """Finds the template of a record's body; stateless, so the same body has the same template everywhere."""

    name = "templates"

    def open(self) -> None:
        """Nothing to load."""

    def close(self) -> None:
        """Nothing to let go."""

    def detect(self, batch: Sequence[Record], call: Call) -> Iterator[Found]:
        """One `Found` for each record, with one template selector or none."""
        for ref, record in enumerate(batch):
            selector = template(record.body) if record.body else None
            yield Found(ref, (selector,) if selector else ())


def template(body: str) -> Selector | None:
    """The template selector of a text, or None when it is too short to have one."""
    found = words(body)
    made = sketch(found)
    if made is None:
        return None
    confidence = min(1.0, len(found) / SURE_WORDS)
    return Selector(
        SelectorKind.TEMPLATE, made.value, field="body", confidence=round(confidence, 3), keys=made.keys
    )


@hookimpl
def accord_detectors(context: Context) -> Sequence[Detector]:
    """The template detector."""
    return [Templates()]
