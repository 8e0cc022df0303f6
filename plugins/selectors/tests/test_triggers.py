"""The pre-pass: every token has a code, and codes say what the lists say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord_selectors import triggers
from accord_selectors.date_forms import MONTHS
from accord_selectors.folding import fold, tokenize
from accord_selectors.phone_classes import phone_class
from accord_selectors.price_classes import price_class

_PIECES = st.sampled_from(
    "six to oh double 614 05 30 12345678 $ € ( [ * [.] . - / ' ! | ☎ я may f0ur at dot gmail ago q".split()
)
_TEXTS = st.lists(st.one_of(_PIECES, st.characters()), max_size=40)


@given(pieces=_TEXTS, gap=st.sampled_from(["", " ", " " * 14]))
def test_a_text_has_a_code_for_each_token_that_stands_for_its_classes_and_roles(
    pieces: list[str], gap: str
) -> None:
    folded = fold(gap.join(pieces), triggers.Codes(frozenset({"may"})))
    assert len(folded.codes) == len(folded.tokens) == len(folded.ends)
    phones = folded.codes.translate(triggers.PHONE_CLASSES).decode("ascii")
    prices = folded.codes.translate(triggers.PRICE_CLASSES).decode("ascii")
    assert phones == "".join(map(phone_class, folded.tokens))
    assert prices == "".join(map(price_class, folded.tokens))
    roles = 0
    for token in folded.tokens:
        roles |= triggers.meaning(token).roles
    assert folded.roles == roles


def test_the_words_of_a_role_are_where_it_is_looked_for() -> None:
    folded = fold("free 9 may to 12 june, not in the hay")
    found = [folded.tokens[at.start()] for at in triggers.where(triggers.MONTH).finditer(folded.codes)]
    assert found == ["may", "june"]
    assert all(triggers.meaning(word).roles & triggers.MONTH for word in MONTHS)


def test_words_with_which_places_begin_are_marked_whatever_else_they_are() -> None:
    codes = triggers.Codes(frozenset({"march", "columbus"}))
    marked = [codes[token] >= triggers.NAME for token in tokenize("march in columbus may")]
    assert marked == [True, False, False, False, True, False, False]
    assert codes["march"] - triggers.NAME == triggers.Codes()["march"]


def test_a_table_that_is_full_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(triggers.Codes, "CAP", 10)
    codes = triggers.Codes()
    for word in "abcdefghijklm":
        assert codes[word * 5] == codes["zebra"]
    assert 0 < len(codes) <= 10
