"""The platform admin's pages."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, current_app, render_template

from accord.admin.presentation import OrganisationRow, OrganisationsPage
from accord.web.fields import asks
from accord.web.request import AccordFlask, principal
from accord_auth.joining.overview import at_a_glance
from accord_config.database import NOBODY

blueprint = Blueprint("admin", __name__, template_folder="templates", url_prefix="/admin")


@blueprint.get("/organisations")
@asks()
def organisations() -> str:
    """The members, how many people each has and when somebody last signed in."""
    with cast("AccordFlask", current_app).gate.transaction(NOBODY) as session:
        rows = tuple(
            OrganisationRow(
                slug=found.organisation.slug,
                name=found.organisation.name,
                kind=found.organisation.kind,
                status=found.organisation.status,
                people=found.people,
                joined_at=found.organisation.created_at,
                last_sign_in_at=found.last_active_at,
            )
            for found in at_a_glance(session, principal())
        )
    return render_template("admin/organisations.html", page=OrganisationsPage(rows))
