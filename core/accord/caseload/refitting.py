"""Making a version of an organisation's priorities from its verdicts. It is kept, and not used by that."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from accord.caseload.decided_leads import Figures, examples
from accord.caseload.fitting import cross_validated, fit, judged
from accord.caseload.priorities import load_weights
from accord.caseload.priority_versions import PUBLISHED, Version, keep
from accord_auth.audit.service import AuditTag, record
from accord_auth.permissions import Permission
from accord_auth.principal import Principal


def refit(session: Session, principal: Principal) -> Version:
    """Fit a version to the organisation's verdicts and keep it.

    :raises TooFewVerdicts: when there are too few.
    """
    principal.require(Permission.PRIORITIES_MANAGE)
    made = fit_version(session, principal.organisation, principal.person_name)
    detail = {"confirmed": made.figures.confirmed, "leads": made.figures.leads} if made.figures else {}
    record(session, principal, AuditTag.PRIORITIES_FIT, f"priorities {made.name}", detail)
    return made


def fit_version(session: Session, organisation_id: UUID, fitted_by: str) -> Version:
    """Fit and keep a version, as a job that somebody asked for.

    :raises TooFewVerdicts: when there are too few.
    """
    published = load_weights()
    found = fit(examples(session, organisation_id), published, version=0)
    made = Version(
        "",
        found.weights,
        in_use=False,
        anchor=published.version,
        fitted_by=fitted_by,
        figures=found.figures,
        published_figures=found.published,
        steps=found.steps,
    )
    return keep(session, organisation_id, made)


def figures_now(session: Session, principal: Principal, version: Version) -> Figures:
    """How a version orders the leads that are decided by now; a fitted one is judged by cross-validation.

    :raises TooFewVerdicts: when there are too few.
    """
    principal.require(Permission.LEADS_READ)
    found = examples(session, principal.organisation)
    if version.name == PUBLISHED:
        return judged(found, version.weights)
    return cross_validated(found, load_weights())
