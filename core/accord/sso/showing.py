"""The page of an organisation's directory, gathered."""

from __future__ import annotations

from collections.abc import Mapping

from flask import url_for
from sqlalchemy.orm import Session

from accord.sso.leaving import outside
from accord.sso.presentation import DirectoryForm, DirectoryPage, DomainRow
from accord.web.presentation import Option
from accord.web.request import unit
from accord_auth.joining.domains import record_name
from accord_auth.oauth.addresses import PATHS
from accord_auth.organisations.domains import proved_domains
from accord_auth.organisations.local_sign_in import only_by_directory
from accord_auth.principal import Principal
from accord_auth.sso import enforcing, service
from accord_auth.sso.domains import further_domains
from accord_auth.sso.drafts import ALWAYS
from accord_auth.sso.models import ProofMethod, Provider
from accord_auth.sso.trail import last_failures
from accord_config.database import NOBODY

METHODS = {
    ProofMethod.PRIVATE_KEY_JWT: "Accord’s own key (private_key_jwt)",  # noqa: RUF001 - a true apostrophe for the page
    ProofMethod.CLIENT_SECRET: "a client secret that the directory made",
}


def directory_page(
    who: Principal, sent: Mapping[str, str], errors: Mapping[str, str], error: str = ""
) -> DirectoryPage:
    """Everything about the directory of the principal's organisation.

    :raises PermissionDenied: without `sso:manage`.
    """
    with outside().gate.transaction(NOBODY) as session:
        found = service.directory_of(session, who)
        possible = enforcing.candidates(session, who)
        lacking = enforcing.without_passkey(session, who)
        return DirectoryPage(
            organisation=who.organisation_name,
            form=_form(found, sent, errors),
            facts=_facts(who),
            exists=found is not None,
            only=only_by_directory(session, who.organisation),
            tried=found is not None and service.admin_tried_it(session, found),
            named=tuple(str(one) for one in possible if one.named),
            candidates=tuple(Option(str(one.id), str(one)) for one in possible),
            without_passkey=tuple(str(one) for one in lacking if not one.named),
            lost=tuple(map(str, enforcing.no_candidates_any_more(session, who))),
            domains=_domains(session, who),
            failures=tuple(last_failures(unit(), who)),
            test_url=url_for("sso.test"),
            remove_url=url_for("sso.remove"),
            enforce_url=url_for("sso_access.enforce"),
            relax_url=url_for("sso_access.relax"),
            emergency_url=url_for("sso_access.emergency"),
            domain_url=url_for("sso_access.add_domain"),
            error=error,
        )


def _form(found: Provider | None, sent: Mapping[str, str], errors: Mapping[str, str]) -> DirectoryForm:
    values: Mapping[str, str] = sent
    if not sent and found is not None:
        values = {
            "issuer": found.issuer,
            "client_id": found.client_id,
            "method": found.method,
            "scopes": " ".join(scope for scope in found.scopes if scope not in ALWAYS),
            "role_claim": found.role_claim,
            "role_map": "\n".join(f"{value} = {role}" for value, role in found.role_map.items()),
        }
    chosen = values.get("method", "")
    return DirectoryForm(
        action_url=url_for("sso.configure"),
        methods=tuple(Option(kind.value, words, kind.value == chosen) for kind, words in METHODS.items()),
        has_secret=found is not None and found.sealed_secret is not None,
        # A secret that was sent is not sent back.
        values={name: value for name, value in values.items() if name != "secret"},
        errors=errors,
    )


def _facts(who: Principal) -> tuple[tuple[str, str], ...]:
    here, slug = outside(), who.organisation_slug
    return (
        ("Redirect address", here.callback(slug)),
        ("Back-channel logout address", here.back_channel(slug)),
        ("Address after sign-out", here.after_sign_out),
        ("Start of a sign-in", here.start(slug)),
        ("Keys of Accord, for private_key_jwt", here.issuer + PATHS["keys"]),
    )


def _domains(session: Session, who: Principal) -> tuple[DomainRow, ...]:
    further = further_domains(session, who)
    named = {one.domain for one in further}
    joined = sorted(proved_domains(session, who.organisation) - named)
    return (
        *(DomainRow(domain, proved=True) for domain in joined),
        *(
            DomainRow(
                one.domain,
                one.proved_at is not None,
                record_name(one.domain),
                one.challenge,
                one.problem,
                None if one.proved_at else url_for("sso_access.check_domain", domain=one.domain),
                url_for("sso_access.remove_domain", domain=one.domain),
            )
            for one in further
        ),
    )
