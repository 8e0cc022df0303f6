"""The reference page says what the plugin does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from accord_indicators import movement, scale
from accord_indicators.lexicon import load

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "indicators.md"
SIGNS = {"+": 1, "-": -1, "0": 0}
ROW = re.compile(r"^\| `(\w+)` \| ([-+0]) \| (.+?) \| (.+?) \|", re.MULTILINE)


@pytest.fixture(scope="module")
def rows() -> dict[str, tuple[int, str, str]]:
    return {
        kind: (SIGNS[sign], third, fourth)
        for kind, sign, third, fourth in ROW.findall(PAGE.read_text("utf-8"))
    }


@pytest.mark.parametrize("wording", load().wordings.values(), ids=lambda wording: wording.kind)
def test_every_text_indicator_stands_there_with_its_sign_strength_and_source(wording, rows):
    sign, strength, source = rows[wording.kind]
    assert (sign, float(strength)) == (wording.sign, wording.strength)
    assert source in {"NIJ", "T-Net"}
    assert source in wording.source


def test_every_lead_indicator_stands_there_with_its_sign(rows):
    said = {}
    for module in (movement, scale):
        text = Path(module.__file__).read_text("utf-8")
        said |= {kind: int(sign) for kind, sign in re.findall(r'Indicator\(\s*"(\w+)", (-?\d)', text)}
    assert len(said) == 19
    assert {kind: rows[kind][0] for kind in said} == said
