"""Many values as one parameter."""

from __future__ import annotations

import json
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from accord_config.arrays import array, documents, texts

storable = st.text(st.characters(codec="utf-8", exclude_characters="\x00"))


def test_numbers_and_ids_are_written_as_arrays() -> None:
    assert array([1, -2, 3]) == "{1, -2, 3}"
    assert array([UUID(int=1)]) == "{00000000-0000-0000-0000-000000000001}"
    assert array([]) == "{}"


@given(values=st.lists(storable))
def test_texts_come_back_as_they_were(values: list[str]) -> None:
    assert json.loads(texts(values)) == values


@given(values=st.lists(st.dictionaries(storable, storable)))
def test_documents_come_back_as_they_were(values: list[dict[str, str]]) -> None:
    assert json.loads(documents(json.dumps(value) for value in values)) == values
