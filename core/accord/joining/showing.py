"""An application as pages show it, to applicants and to platform admins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from accord.joining.presentation import ItemRow
from accord.web.presentation import Option
from accord_auth.joining.models import Application, Item
from accord_auth.joining.progress import CheckLine
from accord_auth.joining.schemas import Details
from accord_auth.organisations.models import OrganisationKind

ITEM_WORDS: Mapping[Item, str] = {
    Item.DOMAIN: "Domain, proved by DNS",
    Item.KIND: "Kind of organisation",
    Item.PURPOSE: "Purpose",
    Item.LEGAL_BASIS: "Legal basis",
    Item.JURISDICTION: "Jurisdiction",
    Item.SPONSOR: "Sponsor among the members",
    Item.AGREEMENT: "Agreement signed, with its dates",
}


def kind_words(kind: str) -> str:
    """A kind in words."""
    return "NGO" if kind == OrganisationKind.NGO else kind.replace("_", " ").capitalize()


def kind_options() -> tuple[Option, ...]:
    """The kinds to choose from."""
    return tuple(Option(one.value, kind_words(one)) for one in OrganisationKind)


def item_rows(lines: Iterable[CheckLine], *, questions_only: bool) -> tuple[ItemRow, ...]:
    """The checklist; an applicant sees the notes that ask something, and none of what was seen."""
    return tuple(
        ItemRow(
            ITEM_WORDS[line.item],
            line.state,
            line.note if not questions_only or line.state == "asked" else "",
        )
        for line in lines
    )


def said(found: Application) -> dict[str, str]:
    """What an application says of the organisation, by the form's fields."""
    return {name: getattr(found, name) for name in Details.__dataclass_fields__}
