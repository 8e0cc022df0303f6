"""The words that the page of the audit log has for its tags."""

from __future__ import annotations

from accord.auditing.words import TAG_WORDS, tag_words
from accord_auth.audit.service import AuditTag


def test_every_tag_has_words_of_its_own() -> None:
    assert set(TAG_WORDS) == set(AuditTag)
    assert len(set(TAG_WORDS.values())) == len(TAG_WORDS)


def test_a_tag_of_another_version_stands_for_itself() -> None:
    assert tag_words("weather.forecast_made") == "weather: forecast made"
