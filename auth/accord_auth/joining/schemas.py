"""What applicants and platform admins fill in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from marshmallow import ValidationError, fields, validate, validates_schema

from accord_auth.errors import Invalid
from accord_auth.forms import Strict, email, line, paragraph
from accord_auth.joining.domains import domain_of
from accord_auth.joining.models import CheckState, Item
from accord_auth.organisations.models import OrganisationKind
from accord_auth.organisations.service import SLUG

SHORTEST_REASON = 10
CHECKED_BY_PEOPLE = tuple(item for item in Item if item not in (Item.DOMAIN, Item.AGREEMENT))
"""The domain is checked by DNS, the agreement by its dates."""


def _domain(text: str) -> None:
    try:
        domain_of(text)
    except Invalid as error:
        raise ValidationError(str(error).capitalize() + ".") from error


def _slug(text: str) -> None:
    if not SLUG.fullmatch(text):
        raise ValidationError("Use up to 40 of a-z, 0-9 and -.")


def _domain_field() -> fields.String:
    field = line()
    field.validators.append(_domain)
    return field


class DetailsForm(Strict):
    """What an organisation says of itself."""

    name = line()
    kind = fields.Enum(OrganisationKind, by_value=True, required=True)
    domain = _domain_field()
    contact_name = line()
    contact_email = email()
    purpose = paragraph(shortest=SHORTEST_REASON)
    legal_basis = paragraph(shortest=SHORTEST_REASON)
    jurisdiction = line()
    known_to = paragraph(required=False)


@dataclass(frozen=True)
class Details:
    """What an organisation says of itself, checked by `DetailsForm`."""

    name: str
    kind: OrganisationKind
    domain: str
    contact_name: str
    contact_email: str
    purpose: str
    legal_basis: str
    jurisdiction: str
    known_to: str = ""


class InviteForm(Strict):
    """Whom a platform admin invites to apply."""

    name = line()
    kind = fields.Enum(OrganisationKind, by_value=True, required=True)
    contact_email = email()


class CheckForm(Strict):
    """What came of looking at an item. Without a state the item is open again."""

    item = fields.Enum(Item, by_value=True, required=True)
    state = fields.Enum(CheckState, by_value=True, load_default=None, allow_none=True)
    note = paragraph(required=False)

    @validates_schema
    def _asking(self, data: dict[str, object], **_: object) -> None:
        if data["item"] not in CHECKED_BY_PEOPLE:
            raise ValidationError("DNS and the agreement's dates decide this one.", "item")
        if data["state"] is CheckState.ASKED and not data["note"]:
            raise ValidationError("Write what the applicant should send or change.", "note")


class AgreementForm(Strict):
    """A signed agreement. Access closes on the day `ends_on`."""

    reference = line()
    signed_on = fields.Date(required=True)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True)

    @validates_schema
    def _order(self, data: dict[str, date], **_: object) -> None:
        if data["ends_on"] <= data["starts_on"]:
            raise ValidationError("Must come after the day on which it starts.", "ends_on")


class TermsForm(Strict):
    """Under which short name an applicant is to take part, who vouches for it, and what it gets."""

    slug = fields.String(required=True, validate=[validate.Length(1, 40), _slug])
    sponsor = line(required=False, longest=40)
    hash_lists = fields.Boolean(load_default=False)


class ReasonForm(Strict):
    """Why: whoever is concerned reads it."""

    reason = paragraph(shortest=SHORTEST_REASON)
