"""The word list is complete and wrong ones are refused."""

from __future__ import annotations

import pytest

from accord_indicators.first_words import FirstWords
from accord_indicators.folding import fold
from accord_indicators.lexicon import LexiconError, load, parse


def first(wording, text):
    """The first wording that counts, looked for where it can begin."""
    folded = fold(text)
    places = FirstWords({wording.kind: wording.words}).places(folded)
    return wording.first(folded, places.get(wording.kind, ()))


HEAD = 'version = "1"\n[sources]\nnij = "a study"\n'
ENTRY = '[[indicator]]\nkind = "k"\nsign = 1\nstrength = 0.5\nsource = "nij"\nlabel = "l"\n'


def test_every_indicator_has_sign_strength_source_and_label():
    lexicon = load()
    assert lexicon.version
    for wording in lexicon.wordings.values():
        assert wording.source
        assert wording.label
        assert 0 <= wording.strength <= 1
    assert lexicon.wordings["movement_wording"].sign == -1
    assert lexicon.wordings["ethnicity_stated"].strength == 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (ENTRY.replace('"nij"', '"who"') + "patterns = []", "unknown source"),
        (ENTRY.replace("0.5", "1.5") + "patterns = []", "strength"),
        (ENTRY + 'patterns = ["a.*b"]', "mean nothing"),
        (ENTRY + 'patterns = ["(a|b"]', "k: "),
        (ENTRY.replace("sign = 1", "sign = 2") + "patterns = []", "sign"),
        (ENTRY, "patterns"),
        (ENTRY + 'patterns = ["x?"]', "must begin"),
        (ENTRY + 'patterns = ["(very)? soon"]', "must begin"),
    ],
)
def test_a_wrong_word_list_is_refused_with_the_reason(wrong, message):
    with pytest.raises(LexiconError, match=message):
        parse((HEAD + wrong).encode())


def test_the_pattern_language_is_what_the_file_says():
    (wording,) = parse(
        (HEAD + ENTRY + 'patterns = ["(big|red) box(es)?", "no ?# x"]').encode()
    ).wordings.values()
    for text in ("a big box", "RED - boxes", "no12 x", "no 3, x"):
        assert first(wording, text), text
    for text in ("bigbox", "no x", "big  and box", "blue box"):
        assert first(wording, text) is None, text
