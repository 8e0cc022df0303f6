"""The plugin's registration: the text detector and the assessor of leads, both on one word list."""

from __future__ import annotations

from collections.abc import Sequence

from accord_indicators import lexicon
from accord_indicators.assessor import MovementAndScale
from accord_indicators.text import TextIndicators
from accord_sdk import Assessor, Context, Detector, hookimpl


@hookimpl
def accord_detectors(context: Context) -> Sequence[Detector]:
    """The detector of indicators in texts."""
    return [TextIndicators(lexicon.load(), ethnicity=context.config.get("ethnicity") is True)]


@hookimpl
def accord_assessors(context: Context) -> Sequence[Assessor]:
    """The assessor of leads."""
    return [MovementAndScale(lexicon.load())]
