"""Second factors for whoever runs Accord: resetting anybody's, and what `accord doctor` says."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import text
from tests.conftest import Databases

from accord_auth.permissions import Role as PersonRole
from accord_config.database import NOBODY, Role


def test_the_operator_resets_the_factors_of_any_account(
    accord: Any, database: Databases, organisations: Any, principal_of: Any
) -> None:
    who = principal_of(organisations.police, PersonRole.ORGANISATION_ADMIN, email="ada@example.org")
    with database(Role.GATE).transaction(NOBODY) as session:
        session.execute(
            text(
                "INSERT INTO passkeys (person_id, name, credential_id, public_key, sign_count, aaguid,"
                " transports, synced) VALUES (:person, 'laptop', '\\x01', '\\x02', 0, '', '{}', false)"
            ),
            {"person": who.person_id},
        )
    assert "nobody@example.org" in accord("people", "reset-factors", "nobody@example.org", "--yes").stderr
    done = accord("people", "reset-factors", "ada@example.org", "--yes", "--reason", "lost the laptop")
    assert done.stdout == "reset; ended: nothing; no mail was sent: tell the person\n"
    assert "has no second factor" in accord("people", "reset-factors", "ada@example.org", "--yes").stderr
    with database(Role.OWNER).engine.connect() as connection:
        query = text("SELECT why, detail FROM audit_entries WHERE tag = 'factor.reset'")
        assert connection.execute(query).all() == [("lost the laptop", {"factors": 1})]


def test_the_doctor_says_plainly_whether_a_password_alone_lets_the_platform_s_people_in(accord: Any) -> None:
    said = accord("doctor", ACCORD_PUBLIC_URL="http://192.0.2.7:8400").stdout
    assert re.search(r"^note +second factor: a password alone lets platform admins in", said, re.MULTILINE)
    assert "passkeys: none: browsers make them for a name, not for 192.0.2.7; set public_url" in said
    said = accord("doctor", ACCORD_PLATFORM_SECOND_FACTOR="true").stdout
    assert "second factor: whoever acts for the platform needs a second factor" in said
    assert "passkeys: made for localhost, used at http://localhost:8400" in said
