"""Recovery codes: ten on paper, each for one sign-in when no other factor is at hand (NIST SP 800-63B,
3.1.2).

Each is 80 random bits, which nobody guesses, so that one round of SHA-256 is enough; the hash is bound to the
person.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from accord_auth.factors.models import RecoveryCode

CODES = 10
BYTES = 10
GROUP = 4


def renew(session: Session, person_id: UUID) -> list[str]:
    """Ten new codes, told this once; older ones count no more."""
    forget(session, person_id)
    codes = [_make() for _ in range(CODES)]
    session.add_all(RecoveryCode(person_id=person_id, code_hash=_hash(person_id, code)) for code in codes)
    session.flush()
    return codes


def check(session: Session, person_id: UUID, typed: str) -> bool:
    """Whether this is one of the person's codes that was not used; then it is used up."""
    used = session.scalar(
        update(RecoveryCode)
        .where(
            RecoveryCode.person_id == person_id,
            RecoveryCode.code_hash == _hash(person_id, typed),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=func.now())
        .returning(RecoveryCode.id)
        .execution_options(synchronize_session=False)
    )
    return used is not None


def forget(session: Session, person_id: UUID) -> None:
    """Take all of a person's codes."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))


def left(session: Session, person_id: UUID) -> int:
    """How many codes the person can still use."""
    unused = select(func.count()).select_from(RecoveryCode)
    own = unused.where(RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None))
    return session.scalar(own) or 0


def _make() -> str:
    letters = base64.b32encode(secrets.token_bytes(BYTES)).decode().lower()
    return "-".join(letters[start : start + GROUP] for start in range(0, len(letters), GROUP))


def _hash(person_id: UUID, typed: str) -> bytes:
    plain = "".join(letter for letter in typed.lower() if letter.isalnum())
    return hashlib.sha256(person_id.bytes + plain.encode("utf-8", "surrogatepass")).digest()
