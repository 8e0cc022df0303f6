"""An entry as the bytes of its leaf: one way to write it, and nothing left out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from accord_auth.audit.document import FIELDS, canonical, leaf_of

values = st.one_of(st.none(), st.integers(0, 2**53 - 1), st.text(st.characters(codec="utf-8")))
documents = st.fixed_dictionaries(dict.fromkeys(FIELDS, values))


def test_a_document_is_written_as_rfc_8785_says() -> None:
    document: dict[str, Any] = dict.fromkeys(FIELDS)
    document |= {"subject": 'caf\u00e9 "\u20ac"\n\u000f\u007f', "sequence": 7}
    written = canonical(document).decode()
    assert written.startswith('{"actor":null,"address":null,"after":null,"at":null,')
    assert '"sequence":7,"subject":"caf\u00e9 \\"\u20ac\\"\\n\\u000f\u007f","tag":null' in written


@settings(deadline=None)  # a busy machine is no failure
@given(documents, documents)
def test_two_documents_have_one_leaf_only_when_they_are_equal(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert (leaf_of(one) == leaf_of(other)) == (one == other)


@settings(deadline=None)  # a busy machine is no failure
@given(documents, st.sampled_from(FIELDS), values)
def test_changing_any_field_changes_the_leaf(document: dict[str, Any], name: str, value: Any) -> None:
    assume(document[name] != value)
    assert leaf_of(document | {name: value}) != leaf_of(document)


@pytest.mark.parametrize("name", FIELDS)
def test_a_document_without_one_of_its_fields_is_none(name: str) -> None:
    document = dict.fromkeys(FIELDS)
    del document[name]
    with pytest.raises(ValueError, match=name):
        canonical(document)
