"""The assessor: what a lead's facts say, one indicator each, with its evidence in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from accord_indicators.lexicon import Lexicon
from accord_indicators.movement import movement
from accord_indicators.scale import scale
from accord_indicators.text import ETHNICITY
from accord_sdk import Assessed, Call, Indicator, Lead, SignalCount


class MovementAndScale:
    """Judges leads by movement, scale, and the share of their records that carries each signal.

    Stated ethnicity is left out whatever the configuration says. The same facts always give the same
    answer: nothing depends on the time of day or on the other leads of a batch.
    """

    name = "movement_and_scale"

    def __init__(self, lexicon: Lexicon) -> None:
        self._labels: Mapping[str, str] = {kind: one.label for kind, one in lexicon.wordings.items()}

    def assess(self, leads: Sequence[Lead], call: Call) -> Iterator[Assessed]:
        """What there is to say of each lead."""
        for ref, lead in enumerate(leads):
            yield Assessed(ref, (*movement(lead), *scale(lead), *self._carried(lead)))

    def _carried(self, lead: Lead) -> Iterator[Indicator]:
        for signal in lead.signals:
            if signal.kind != ETHNICITY and signal.records > 0:
                yield self._share(signal, max(lead.records, signal.records))

    def _share(self, signal: SignalCount, records: int) -> Indicator:
        label = self._labels.get(signal.kind) or signal.note or signal.kind.replace("_", " ")
        evidence = f"{label} in {signal.records} of {records} records"
        strength = round(min(1.0, max(0.0, signal.strength)) * signal.records / records, 4)
        source = signal.source or "source not stated by the detector"
        return Indicator(signal.kind, signal.sign, strength, evidence, source)
