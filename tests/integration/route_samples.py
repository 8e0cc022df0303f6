"""A sample of every route: who may use it, and what to send so that only access can stand in the way.

A route without a sample fails the walk (`test_web_access_routes.py`). The ids in a route's address are made
by `TaskForce.things`, by the name that they have in the address; `{name}` in what is sent stands for one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from werkzeug.test import TestResponse

from accord_auth.permissions import Permission

if TYPE_CHECKING:
    from tests.integration.task_force import Caller, TaskForce

TOMORROW = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
TERMS = {"purpose": "Joint work", "basis": "public_task", "marking": "TLP:AMBER", "expires_on": TOMORROW}
FORM_TERMS = {**TERMS, "recipient": "{ngo}"}
CLIENT = {"name": "A service", "kind": "service", "scopes": ["records:write"], "shared_secret": True}
APART = {"verdict": "apart", "one": "{part_id}", "other": "{other_part_id}", "reason": "As both say."}
ALL_GRANTS = {"reads": ["title", "body"], "calls": [], "ceiling": "TLP:CLEAR"}
LAWFUL = {"verdict": "lawful", "reason": "As both say."}
LIFT = {"act": "lift", "reason": "As both say."}
RECORD = {"external_id": "a1", "observed_at": "2026-05-01T12:00:00Z"}


@dataclass(frozen=True)
class Sample:
    """How a route is used."""

    needs: Permission
    form: Mapping[str, str] | None = None
    json: Mapping[str, Any] | None = None
    recipients: bool = False
    """Whether the recipient of the share may use it, too."""
    platform: bool = False
    """Whether it is for those who run the platform, about things of any member."""
    absent: bool = False
    """Whether there is nothing yet for those who may use it: they are told so."""
    told: int = 0
    """The status that those who may use it get where it must not be done, or cannot be now."""
    of_member: bool = False
    """Whether it is about something of a member's: who acts for the platform has others."""
    ids: Mapping[str, str] = field(default_factory=dict)
    """Parts of the address that are no ids."""
    given: frozenset[str] = frozenset()
    """Things that have to be there although neither address nor body name them."""


_LEADS, _CASES, _WRITE = Permission.LEADS_READ, Permission.CASES_READ, Permission.CASES_WRITE
_SHARE, _SHARES, _REVOKE = Permission.SHARES_CREATE, Permission.SHARES_READ, Permission.SHARES_REVOKE
_AUDIT, _ACCESS = Permission.AUDIT_READ, Permission.ACCESS_READ
_CLIENTS, _REVIEW = Permission.CLIENTS_WRITE, Permission.REVIEWS_DECIDE
_ACTIVATE, _APPROVE = Permission.PLUGINS_ACTIVATE, Permission.PLUGINS_APPROVE
_PUBLISH = Permission.PLUGINS_PUBLISH
_PEOPLE, _STAFF = Permission.PEOPLE_READ, Permission.PEOPLE_MANAGE
_BREAK = Permission.EMERGENCIES_DECIDE
_READ_DIRECTORY, _DIRECTORY = Permission.PROVISIONING_READ, Permission.PROVISIONING_MANAGE
_SIGNALS = Permission.SIGNALS_MANAGE
_STREAM = {
    "name": "A provider",
    "direction": "send",
    "subject_format": "email",
    "audience": "https://idp.example.org",
    "endpoint_url": "https://idp.example.org/push",
}
_TOKEN = {"name": "A token", "days": 30}
_MAPPED = {"group_name": "Group {unique}", "role": "analyst"}
_SSO = Permission.SSO_MANAGE
PROVIDER = {
    "issuer": "https://directory.example.org",
    "client_id": "accord",
    "method": "private_key_jwt",
    "role_claim": "groups",
}
_PROVIDER = frozenset({"provider_id"})
_NO_DOMAIN = {"domain": "no.example.org"}
_ADMINS = {"people": ["{person_id}", "{person_id}"]}
_INVITED = {"email": "invited-{unique}@example.org", "role": "analyst"}

PUBLIC = {
    "api_invitations.accept_it",
    "invitations.accept",
    "invitations.look",
    "api-docs.openapi_json",
    "api_applications.apply",
    "api_sessions.sign_in",
    "consent.decide",
    "device.answer",
    "device.ask",
    "joining.amend",
    "joining.apply",
    "joining.domain",
    "joining.form",
    "joining.status",
    "joining.withdraw",
    "oauth.authorize",
    "oauth.device_authorization",
    "oauth.introspection",
    "oauth.keys",
    "oauth.metadata",
    "oauth.pushed",
    "oauth.revocation",
    "oauth.token",
    "oauth.userinfo",
    "scim.serve",
    "second_step.check",
    "second_step.choose",
    "second_step.form",
    "second_step.options",
    "second_step.passkey",
    "signals.push",
    "sso_entry.by_invitation",
    "sso_entry.by_link",
    "sso_entry.by_word",
    "sso_protocol.callback",
    "sso_protocol.logout",
    "web.api_docs",
    "web.home",
    "web.sign_in",
    "web.sign_in_form",
    "web.sign_out",
    "web.static",
    "web.theme",
}
"""Routes that ask nobody who it is: signing in and out, static files, the API's description; OAuth's,
which ask in their own way (`test_oauth_code.py` and those beside it); SCIM and signals,
which ask for tokens of their own (`test_scim.py`, `test_signals.py`); applicants, whose address is
a secret."""

SIGNED_IN = {
    "account.account",
    "account.act_for",
    "account.confirm",
    "account.confirm_form",
    "account.confirm_options",
    "account.confirm_passkey",
    "account.end_others",
    "account.end_session",
    "account.password",
    "api_factors.own",
    "api_factors.remove",
    "api_factors.renew_codes",
    "api_sessions.change_password",
    "api_sessions.current",
    "api_sessions.end_own_session",
    "api_sessions.organisations",
    "api_sessions.own_sessions",
    "api_sessions.prove",
    "api_sessions.sign_out",
    "factors.add_passkey",
    "factors.app",
    "factors.begin_app",
    "factors.confirm_app",
    "factors.overview",
    "factors.passkey_options",
    "factors.remove",
    "factors.rename",
    "factors.renew_codes",
    "sso_entry.link",
    "sso_entry.prove",
}
"""Routes for everybody who is signed in, about nobody else."""

BODIES: dict[str, dict[str, Any]] = {
    "account.act_for": {"data": {"organisation": "nowhere"}},
    "account.confirm": {"data": {"password": "x"}},
    "account.confirm_passkey": {"data": {"credential": "{}"}},
    "account.password": {"data": {"current_password": "x", "new_password": "y"}},
    "api_sessions.change_password": {
        "json": {"current_password": "x", "new_password": "a long new password"}
    },
    "api_sessions.prove": {"json": {"password": "x"}},
    "factors.add_passkey": {"data": {"credential": "{}", "name": "laptop"}},
    "factors.begin_app": {"data": {"name": "phone"}},
    "factors.confirm_app": {"data": {"code": "000000"}},
    "factors.rename": {"data": {"name": "other"}},
}
"""What to send to them."""

NOTHING = "00000000-0000-7000-8000-000000000000"
"""The id of no thing: one's own sessions are nobody else's."""

_DECIDE, _MANAGE = Permission.APPLICATIONS_DECIDE, Permission.ORGANISATIONS_MANAGE
ALLOWANCE = {"name": "selectors", "allowance_id": NOTHING}
NO_SOURCE = {"slug": "nowhere"}
SELECTORS = {"name": "selectors"}
NO_PLUGIN = {"name": "nothing"}
FILES, TEMPLATES = {"name": "files"}, {"name": "templates"}
WHY = {"reason": "As the sample says."}
YEAR = {"signed_on": "2026-01-01", "starts_on": "2026-01-01", "ends_on": "2996-01-01"}
PAPER = {"reference": "folder 7", **YEAR}

SAMPLES: dict[str, Sample] = {
    "admin.leave": Sample(_MANAGE, form=WHY),
    "admin.organisation": Sample(Permission.ORGANISATIONS_READ),
    "admin.organisations": Sample(Permission.ORGANISATIONS_READ),
    "admin.renew": Sample(_MANAGE, form=PAPER),
    "admin.resume": Sample(_MANAGE, form=WHY, told=409),
    "admin.suspend": Sample(_MANAGE, form=WHY),
    "api_access.case": Sample(_ACCESS),
    "api_access.lead": Sample(_ACCESS),
    "api_access.person": Sample(_ACCESS),
    "api_access.share": Sample(_ACCESS, recipients=True),
    "api_applications.agreement": Sample(_DECIDE, json=PAPER),
    "api_applications.application": Sample(Permission.APPLICATIONS_READ),
    "api_applications.applications": Sample(Permission.APPLICATIONS_READ),
    "api_applications.approve": Sample(_DECIDE),
    "api_applications.check": Sample(_DECIDE, json={"item": "purpose", "state": "met", "note": "seen"}),
    "api_applications.domain": Sample(_DECIDE),
    "api_applications.invite": Sample(
        _DECIDE, json={"name": "Invited", "kind": "ngo", "contact_email": "i@example.org"}
    ),
    "api_applications.refuse": Sample(_DECIDE, json=WHY),
    "api_applications.terms": Sample(_DECIDE, json={"slug": "sample-of-terms"}),
    "api_audit.bundle": Sample(_AUDIT),
    "api_audit.checkpoint": Sample(_AUDIT),
    "api_audit.entries": Sample(_AUDIT),
    "api_audit.export": Sample(_AUDIT),
    "api_cases.add_note": Sample(_WRITE, json={"body": "A note."}),
    "api_cases.case": Sample(_CASES),
    "api_cases.case_list": Sample(_CASES),
    "api_cases.change": Sample(_WRITE, json={"status": "waiting"}),
    "api_cases.notes": Sample(_CASES),
    "api_cases.open_case": Sample(_WRITE, json={"lead_id": "{lead_id}"}),
    "api_clients.change": Sample(_CLIENTS, json=CLIENT),
    "api_clients.client": Sample(Permission.CLIENTS_READ),
    "api_clients.client_list": Sample(Permission.CLIENTS_READ),
    "api_clients.end_grant": Sample(_CLIENTS),
    "api_clients.exempt": Sample(
        Permission.CLIENTS_EXEMPT,
        platform=True,
        json={"until": "2026-12-01T00:00:00Z", "reason": "It cannot sign yet."},
    ),
    "api_clients.exemptible": Sample(Permission.CLIENTS_EXEMPT),
    "api_clients.grants": Sample(Permission.CLIENTS_READ),
    "api_clients.new_secret": Sample(_CLIENTS),
    "api_clients.register": Sample(_CLIENTS, json=CLIENT),
    "api_clients.remove": Sample(_CLIENTS),
    "api_emergencies.approve": Sample(_BREAK, platform=True),
    "api_emergencies.ask": Sample(_BREAK, json={**WHY, "organisation": "{slug}", "hours": 4}),
    "api_emergencies.begin": Sample(_BREAK, platform=True, told=403),
    "api_emergencies.emergency": Sample(Permission.EMERGENCIES_READ),
    "api_emergencies.emergency_list": Sample(Permission.EMERGENCIES_READ),
    "api_emergencies.end": Sample(_BREAK, platform=True),
    "api_factors.change_rule": Sample(_STAFF, json={"second_factor": True}, told=409, of_member=True),
    "api_factors.reset": Sample(_STAFF, told=409, of_member=True),
    "api_factors.rule": Sample(_PEOPLE, of_member=True),
    "api_invitations.invite": Sample(_STAFF, json=_INVITED, of_member=True),
    "api_invitations.resend": Sample(_STAFF, of_member=True),
    "api_invitations.waiting": Sample(_PEOPLE),
    "api_invitations.withdraw": Sample(_STAFF, of_member=True),
    "api_judgements.judge": Sample(Permission.LEADS_JUDGE, json=APART),
    "api_judgements.listed": Sample(_LEADS),
    "api_judgements.parts": Sample(_LEADS),
    "api_judgements.withdraw": Sample(Permission.LEADS_JUDGE),
    "api_leads.lead": Sample(_LEADS),
    "api_leads.queue": Sample(_LEADS),
    "api_leads.records": Sample(_LEADS),
    "api_minors.act": Sample(Permission.LEADS_MINORS, json=LIFT, told=404),
    "api_minors.queue": Sample(Permission.LEADS_MINORS),
    "api_organisations.leave": Sample(_MANAGE, json=WHY),
    "api_organisations.organisation": Sample(Permission.ORGANISATIONS_READ),
    "api_organisations.own": Sample(Permission.MEMBERSHIP_READ),
    "api_organisations.own_leave": Sample(Permission.MEMBERSHIP_END, json={"reason": "short"}, told=422),
    "api_organisations.renew": Sample(_MANAGE, json=PAPER),
    "api_organisations.resume": Sample(_MANAGE, json=WHY, told=409),
    "api_organisations.suspend": Sample(_MANAGE, json=WHY),
    "api_people.change_roles": Sample(_STAFF, json={"roles": ["auditor"]}, of_member=True),
    "api_people.people": Sample(_PEOPLE),
    "api_people.person": Sample(_PEOPLE, of_member=True),
    "api_people.remove": Sample(_STAFF, of_member=True),
    "api_plugin_decisions.advise": Sample(
        _APPROVE, json={"about": "used-by-nobody<1", "reason": "It leaks."}
    ),
    "api_plugin_decisions.advisory_list": Sample(Permission.PLUGINS_READ),
    "api_plugin_decisions.approve": Sample(_APPROVE, json=ALL_GRANTS),
    "api_plugin_decisions.check_grants": Sample(
        _APPROVE, json={"reads": [], "calls": [], "ceiling": "TLP:CLEAR"}
    ),
    "api_plugin_decisions.one_advisory": Sample(
        Permission.PLUGINS_READ, ids={"advisory_id": NOTHING}, told=404
    ),
    "api_plugin_decisions.refuse": Sample(_APPROVE, json=WHY),
    "api_plugin_decisions.resume": Sample(_APPROVE, json=WHY, told=409),
    "api_plugin_decisions.roll_back": Sample(_APPROVE, json=WHY, told=409),
    "api_plugin_decisions.suspend": Sample(_APPROVE, json=WHY, told=409),
    "api_plugin_health.parked": Sample(Permission.RECORDS_READ, ids=SELECTORS),
    "api_plugin_health.plugin": Sample(Permission.PLUGINS_READ, ids=SELECTORS),
    "api_plugin_health.plugin_list": Sample(Permission.PLUGINS_READ),
    "api_plugin_health.rerun": Sample(Permission.PLUGINS_OPERATE, ids=SELECTORS),
    "api_plugin_health.retry": Sample(Permission.PLUGINS_OPERATE, ids=SELECTORS),
    "api_plugin_health.retry_one": Sample(
        Permission.PLUGINS_OPERATE, ids=SELECTORS | {"record_id": "1"}, told=404
    ),
    "api_plugin_health.start": Sample(Permission.PLUGINS_OPERATE, ids=SELECTORS),
    "api_plugin_installed.resume": Sample(_APPROVE, json=WHY, ids=SELECTORS, told=409),
    "api_plugin_installed.suspend": Sample(_APPROVE, json=WHY, ids=NO_PLUGIN, told=404),
    "api_plugin_network.allow": Sample(_ACTIVATE, ids=ALLOWANCE, told=404),
    "api_plugin_network.allowance_list": Sample(Permission.PLUGINS_READ, ids=SELECTORS),
    "api_plugin_network.ask": Sample(
        _ACTIVATE, json={"marking": "TLP:AMBER+STRICT", "reason": "It asks us."}, ids=SELECTORS
    ),
    "api_plugin_network.end": Sample(_ACTIVATE, ids=ALLOWANCE, told=404),
    "api_plugin_network.request_list": Sample(Permission.PLUGINS_READ, ids=SELECTORS),
    "api_plugin_use.configure": Sample(_ACTIVATE, json={"settings": {}}, ids=TEMPLATES),
    "api_plugin_use.roll_back": Sample(_ACTIVATE, ids=FILES, told=409),
    "api_plugin_use.roll_forward": Sample(_ACTIVATE, ids=FILES, told=409),
    "api_plugin_use.start": Sample(_ACTIVATE, ids=FILES, told=409),
    "api_plugin_use.stop": Sample(_ACTIVATE, ids=FILES, told=409),
    "api_plugin_use.stopped": Sample(
        Permission.PLUGINS_READ, ids={**FILES, "stop_id": NOTHING}, of_member=True
    ),
    "api_plugin_use.trial_list": Sample(_ACTIVATE, ids=FILES),
    "api_plugin_use.try_out": Sample(_ACTIVATE, json={"kind": "draft"}, ids=FILES),
    "api_plugin_use.use": Sample(Permission.PLUGINS_READ, ids=FILES, of_member=True),
    "api_plugin_versions.compare": Sample(_PUBLISH, told=409),
    "api_plugin_versions.comparison": Sample(_PUBLISH),
    "api_plugin_versions.promote": Sample(_PUBLISH, told=409),
    "api_plugin_versions.publish": Sample(_PUBLISH, told=422),
    "api_plugin_versions.read_review": Sample(Permission.PLUGINS_READ),
    "api_plugin_versions.version": Sample(Permission.PLUGINS_READ),
    "api_plugin_versions.version_list": Sample(Permission.PLUGINS_READ),
    "api_plugin_versions.withdraw": Sample(_PUBLISH, json=WHY),
    "api_priorities.compare": Sample(_LEADS),
    "api_priorities.fit": Sample(Permission.PRIORITIES_MANAGE, told=409),
    "api_priorities.shown": Sample(_LEADS),
    "api_priorities.use": Sample(Permission.PRIORITIES_MANAGE, json={"version": "published"}, told=409),
    "api_provisioning.make_token": Sample(_DIRECTORY, json=_TOKEN, of_member=True),
    "api_provisioning.map_group": Sample(_DIRECTORY, json=_MAPPED, of_member=True),
    "api_provisioning.overview": Sample(_READ_DIRECTORY, of_member=True),
    "api_provisioning.replace_token": Sample(_DIRECTORY, of_member=True),
    "api_provisioning.revoke_token": Sample(_DIRECTORY, of_member=True),
    "api_provisioning.set_defaults": Sample(_DIRECTORY, json={}, of_member=True),
    "api_provisioning.unmap_group": Sample(_DIRECTORY, of_member=True),
    "api_records.upload": Sample(Permission.RECORDS_WRITE, json={"source": "upload", "records": [RECORD]}),
    "api_reviews.decide": Sample(_REVIEW, json={"decision": "confirmed"}, of_member=True),
    "api_reviews.review": Sample(Permission.REVIEWS_READ, of_member=True),
    "api_reviews.review_list": Sample(Permission.REVIEWS_READ),
    "api_reviews.start": Sample(_REVIEW, json={"reason": "again"}, told=409),
    "api_shares.create": Sample(_SHARE, json={**TERMS, "recipient": "harbor"}),
    "api_shares.made": Sample(_CASES),
    "api_shares.received": Sample(_SHARES),
    "api_shares.revoke": Sample(_REVOKE),
    "api_shares.share": Sample(_SHARES, recipients=True),
    "api_signals.add_stream": Sample(
        _SIGNALS, json={**_STREAM, "events": ["session-revoked"]}, of_member=True
    ),
    "api_signals.close_stream": Sample(_SIGNALS, of_member=True),
    "api_signals.send_again": Sample(_SIGNALS, of_member=True),
    "api_signals.signals": Sample(Permission.SIGNALS_READ, of_member=True),
    "api_signals.verify_stream": Sample(_SIGNALS, of_member=True),
    "api_sources.add": Sample(
        Permission.RECORDS_WRITE, json={"slug": "nowhere", "plugin": "nothing"}, told=404
    ),
    "api_sources.backfill": Sample(Permission.RECORDS_WRITE, ids=NO_SOURCE, told=404),
    "api_sources.pull": Sample(Permission.RECORDS_WRITE, ids=NO_SOURCE, told=404),
    "api_sources.pulls": Sample(Permission.RECORDS_READ, ids=NO_SOURCE, told=404),
    "api_sources.rejects": Sample(Permission.RECORDS_READ, ids=NO_SOURCE, told=404),
    "api_sources.remove": Sample(Permission.RECORDS_WRITE, ids=NO_SOURCE, told=404),
    "api_sources.schedule": Sample(Permission.RECORDS_WRITE, json={"every": "1h"}, ids=NO_SOURCE, told=404),
    "api_sources.source": Sample(Permission.RECORDS_READ, ids=NO_SOURCE, told=404),
    "api_sources.source_list": Sample(Permission.RECORDS_READ),
    "api_sources.withdraw": Sample(
        Permission.RECORDS_WITHDRAW, json={"external_ids": ["none such"]}, ids=NO_SOURCE, told=404
    ),
    "api_sso.add_domain": Sample(_SSO, json={"domain": "d{unique}.example.org"}),
    "api_sso.check": Sample(_SSO, given=_PROVIDER),
    "api_sso.check_domain": Sample(_SSO, ids=_NO_DOMAIN, told=404),
    "api_sso.configure": Sample(_SSO, json={**PROVIDER, "role_map": {"staff": "analyst"}}),
    "api_sso.emergency": Sample(_SSO, json=_ADMINS, told=422),
    "api_sso.only_way": Sample(_SSO, json={"only_way": False}),
    "api_sso.overview": Sample(_SSO),
    "api_sso.remove": Sample(_SSO, given=_PROVIDER),
    "api_sso.remove_domain": Sample(_SSO, ids=_NO_DOMAIN, told=404),
    "api_verdicts.give": Sample(Permission.LEADS_DECIDE, json=LAWFUL),
    "api_verdicts.history": Sample(_LEADS),
    "api_verdicts.withdraw": Sample(Permission.LEADS_DECIDE, told=404),
    "applications.agreement": Sample(_DECIDE, form=PAPER),
    "applications.application": Sample(Permission.APPLICATIONS_READ),
    "applications.applications": Sample(Permission.APPLICATIONS_READ),
    "applications.approve": Sample(_DECIDE),
    "applications.check": Sample(_DECIDE, form={"item": "purpose", "state": "met", "note": "seen"}),
    "applications.domain": Sample(_DECIDE),
    "applications.invite": Sample(
        _DECIDE, form={"name": "Invited", "kind": "ngo", "contact_email": "i@example.org"}
    ),
    "applications.refuse": Sample(_DECIDE, form=WHY),
    "applications.terms": Sample(_DECIDE, form={"slug": "sample-of-terms"}),
    "auditing.bundle": Sample(_AUDIT),
    "auditing.checkpoint": Sample(_AUDIT),
    "auditing.export": Sample(_AUDIT, ids={"form": "csv"}),
    "auditing.log": Sample(_AUDIT),
    "caseload.graph": Sample(_LEADS),
    "caseload.lead": Sample(_LEADS),
    "caseload.open_case": Sample(_WRITE),
    "caseload.queue": Sample(_LEADS),
    "caseload.texts": Sample(_LEADS),
    "caseload.unmask": Sample(Permission.SELECTORS_UNMASK, form={"purpose": "to call a hotline"}),
    "cases.assign": Sample(_WRITE, form={"assignee": ""}),
    "cases.case_list": Sample(_CASES),
    "cases.set_status": Sample(_WRITE, form={"status": "waiting"}),
    "casework.add_note": Sample(_WRITE, form={"body": "A note."}),
    "casework.case": Sample(_CASES),
    "casework.document": Sample(_SHARE),
    "casework.prepare_document": Sample(_SHARE),
    "casework.preview": Sample(_SHARE, form=FORM_TERMS),
    "casework.share": Sample(_SHARE, form=FORM_TERMS),
    "catalogue.allow": Sample(Permission.PLUGINS_ACTIVATE, form={}, ids=ALLOWANCE, told=404),
    "catalogue.ask": Sample(
        Permission.PLUGINS_ACTIVATE,
        form={"marking": "TLP:RED", "reason": "As the sample says."},
        ids=SELECTORS,
    ),
    "catalogue.end": Sample(Permission.PLUGINS_ACTIVATE, form={}, ids=ALLOWANCE, told=404),
    "catalogue.plugin": Sample(Permission.PLUGINS_READ, ids=SELECTORS),
    "catalogue.plugins": Sample(Permission.PLUGINS_READ),
    "catalogue.rerun": Sample(Permission.PLUGINS_OPERATE, form={}, ids=SELECTORS),
    "catalogue.resume": Sample(_APPROVE, form=WHY, ids=SELECTORS, told=409),
    "catalogue.retry": Sample(Permission.PLUGINS_OPERATE, form={}, ids=SELECTORS),
    "catalogue.retry_one": Sample(
        Permission.PLUGINS_OPERATE, form={}, ids=SELECTORS | {"record_id": "1"}, told=404
    ),
    "catalogue.start": Sample(Permission.PLUGINS_OPERATE, form={}, ids=SELECTORS),
    "catalogue.suspend": Sample(_APPROVE, form=WHY, ids=NO_PLUGIN, told=404),
    "clients.client": Sample(Permission.CLIENTS_READ),
    "clients.client_list": Sample(Permission.CLIENTS_READ),
    "clients.end_grant": Sample(_CLIENTS),
    "clients.exceptions": Sample(Permission.CLIENTS_EXEMPT),
    "clients.exempt": Sample(
        Permission.CLIENTS_EXEMPT, platform=True, form={"until": "2026-12-01", "reason": "Not yet."}
    ),
    "clients.form": Sample(_CLIENTS),
    "clients.new_secret": Sample(_CLIENTS),
    "clients.register": Sample(
        _CLIENTS,
        form={"name": "S", "kind": "service", "shared_secret": "1", "scope_records_write": "1"},
    ),
    "clients.remove": Sample(_CLIENTS),
    "emergencies.approve": Sample(_BREAK, platform=True),
    "emergencies.ask": Sample(_BREAK, form={**WHY, "organisation": "{slug}", "hours": "4"}),
    "emergencies.begin": Sample(_BREAK, platform=True, told=403),
    "emergencies.emergencies": Sample(Permission.EMERGENCIES_READ),
    "emergencies.emergency": Sample(Permission.EMERGENCIES_READ),
    "emergencies.end": Sample(_BREAK, platform=True),
    "feeds.add": Sample(
        Permission.RECORDS_WRITE,
        form={"plugin": "nothing", "slug": "nowhere", "marking": "TLP:AMBER"},
        told=404,
    ),
    "feeds.backfill": Sample(Permission.RECORDS_WRITE, form={}, ids=NO_SOURCE, told=404),
    "feeds.new": Sample(Permission.RECORDS_WRITE),
    "feeds.pull": Sample(Permission.RECORDS_WRITE, form={}, ids=NO_SOURCE, told=404),
    "feeds.remove": Sample(Permission.RECORDS_WRITE, ids=NO_SOURCE, told=404),
    "feeds.schedule": Sample(Permission.RECORDS_WRITE, form={"every": "1h"}, ids=NO_SOURCE, told=404),
    "feeds.source": Sample(Permission.RECORDS_READ, ids=NO_SOURCE, told=404),
    "feeds.sources": Sample(Permission.RECORDS_READ),
    "feeds.withdraw": Sample(
        Permission.RECORDS_WITHDRAW, form={"external_ids": "none such"}, ids=NO_SOURCE, told=404
    ),
    "membership.own": Sample(Permission.MEMBERSHIP_READ),
    "membership.own_leave": Sample(Permission.MEMBERSHIP_END, form={"reason": "short"}, told=422),
    "minors.act": Sample(Permission.LEADS_MINORS, form=LIFT, told=404),
    "minors.queue": Sample(Permission.LEADS_MINORS),
    "parts.judge": Sample(Permission.LEADS_JUDGE, form=APART),
    "parts.parts": Sample(_LEADS),
    "parts.said": Sample(_LEADS),
    "parts.withdraw": Sample(Permission.LEADS_JUDGE),
    "people.change": Sample(_STAFF, form={"asked": "yes"}, of_member=True),
    "people.invite": Sample(_STAFF, form=_INVITED, of_member=True),
    "people.people": Sample(_PEOPLE),
    "people.person": Sample(_PEOPLE, of_member=True),
    "people.remove": Sample(_STAFF, form={"reason": "left"}, of_member=True),
    "people.resend": Sample(_STAFF, of_member=True),
    "people.reset": Sample(_STAFF, form={"reason": "lost"}, of_member=True),
    "people.roles": Sample(_STAFF, form={"auditor": "yes"}, of_member=True),
    "people.withdraw": Sample(_STAFF, of_member=True),
    "plugin_use.draft": Sample(_ACTIVATE, ids=FILES),
    "plugin_use.roll_back": Sample(_ACTIVATE, form={}, ids=FILES, told=409),
    "plugin_use.roll_forward": Sample(_ACTIVATE, form={}, ids=FILES, told=409),
    "plugin_use.save": Sample(_ACTIVATE, form={}, ids=TEMPLATES),
    "plugin_use.start": Sample(_ACTIVATE, ids=FILES, told=409),
    "plugin_use.stop": Sample(_ACTIVATE, ids=FILES, told=409),
    "plugin_use.test_connection": Sample(_ACTIVATE, ids=FILES),
    "plugin_use.use": Sample(Permission.PLUGINS_READ, ids=FILES, of_member=True),
    "priorities.compare": Sample(_LEADS),
    "priorities.fit": Sample(Permission.PRIORITIES_MANAGE, form={}, told=409),
    "priorities.priorities": Sample(_LEADS),
    "priorities.use": Sample(Permission.PRIORITIES_MANAGE, form={"version": "published"}, told=409),
    "provisioning.make_token": Sample(_DIRECTORY, form={"name": "A token", "days": "30"}, of_member=True),
    "provisioning.map_group": Sample(_DIRECTORY, form=_MAPPED, of_member=True),
    "provisioning.overview": Sample(_READ_DIRECTORY, of_member=True),
    "provisioning.replace_token": Sample(_DIRECTORY, of_member=True),
    "provisioning.revoke_token": Sample(_DIRECTORY, of_member=True),
    "provisioning.set_defaults": Sample(
        _DIRECTORY, form={"default_domain": "", "default_role": ""}, of_member=True
    ),
    "provisioning.unmap_group": Sample(_DIRECTORY, of_member=True),
    "reach.case": Sample(_ACCESS),
    "reach.grant_counts": Sample(Permission.ORGANISATIONS_READ),
    "reach.lead": Sample(_ACCESS),
    "reach.overview": Sample(_ACCESS),
    "reach.person": Sample(_ACCESS),
    "reach.share": Sample(_ACCESS, recipients=True),
    "reviews.decide": Sample(_REVIEW, form={"decision": "confirmed"}, of_member=True),
    "reviews.evidence": Sample(Permission.REVIEWS_READ, ids={"form": "csv"}, of_member=True),
    "reviews.review": Sample(Permission.REVIEWS_READ, of_member=True),
    "reviews.reviews": Sample(Permission.REVIEWS_READ),
    "reviews.start": Sample(_REVIEW, form={"reason": "again"}, told=409),
    "sharing.document": Sample(_SHARES, recipients=True),
    "sharing.download": Sample(_SHARES),
    "sharing.prepare_document": Sample(_SHARES, recipients=True),
    "sharing.received": Sample(_SHARES),
    "sharing.revoke": Sample(_REVOKE),
    "sharing.share": Sample(_SHARES, recipients=True),
    "sso.configure": Sample(_SSO, form={**PROVIDER, "role_map": "staff = analyst"}),
    "sso.remove": Sample(_SSO, given=_PROVIDER),
    "sso.settings": Sample(_SSO),
    "sso.test": Sample(_SSO, given=_PROVIDER),
    "sso_access.add_domain": Sample(_SSO, form={"domain": "d{unique}.example.org"}),
    "sso_access.check_domain": Sample(_SSO, ids=_NO_DOMAIN, absent=True),
    "sso_access.emergency": Sample(_SSO, form={"first": "{person_id}", "second": "{person_id}"}, told=422),
    "sso_access.enforce": Sample(_SSO, given=_PROVIDER, told=409),
    "sso_access.relax": Sample(_SSO),
    "sso_access.remove_domain": Sample(_SSO, ids=_NO_DOMAIN, absent=True),
    "streams.add": Sample(_SIGNALS, form={**_STREAM, "event_session_revoked": "1"}, of_member=True),
    "streams.again": Sample(_SIGNALS, of_member=True),
    "streams.close": Sample(_SIGNALS, of_member=True),
    "streams.overview": Sample(Permission.SIGNALS_READ, of_member=True),
    "streams.verify": Sample(_SIGNALS, of_member=True),
    "verdicts.give": Sample(Permission.LEADS_DECIDE, form=LAWFUL),
    "verdicts.withdraw": Sample(Permission.LEADS_DECIDE, form={}, told=404),
    "versions.advise": Sample(_APPROVE, form={"about": "used-by-nobody<1", "reason": "It leaks."}),
    "versions.advisory": Sample(Permission.PLUGINS_READ, ids={"advisory_id": NOTHING}, told=404),
    "versions.approve": Sample(_APPROVE, form={"reads_title": "1", "reads_body": "1"}),
    "versions.compare": Sample(_PUBLISH, told=409),
    "versions.promote": Sample(_PUBLISH, told=409),
    "versions.publish": Sample(_PUBLISH, told=422),
    "versions.refuse": Sample(_APPROVE, form=WHY),
    "versions.resume": Sample(_APPROVE, form=WHY, told=409),
    "versions.roll_back": Sample(_APPROVE, form=WHY, told=409),
    "versions.suspend": Sample(_APPROVE, form=WHY, told=409),
    "versions.tried_grants": Sample(_APPROVE),
    "versions.try_grants": Sample(_APPROVE, form={"reads_title": "1"}),
    "versions.version": Sample(Permission.PLUGINS_READ),
    "versions.version_list": Sample(Permission.PLUGINS_READ),
    "versions.withdraw": Sample(_PUBLISH, form=WHY),
}

Things = Mapping[str, UUID]

PLATFORM_THINGS = frozenset({"application_id", "slug"})
"""What is the platform's to see: applications and, by their short names, members."""


def with_things(task_force: TaskForce) -> list[str]:
    """Routes whose address, or what is sent to them, names a thing."""
    return sorted(endpoint for endpoint in SAMPLES if named_things(task_force, endpoint))


def named_things(task_force: TaskForce, endpoint: str) -> set[str]:
    """The things that a route's address, or what is sent to it, names."""
    sample = SAMPLES[endpoint]
    (rule, *_) = task_force.app.url_map.iter_rules(endpoint)
    sent = str({**(sample.form or {}), **(sample.json or {})})
    return (rule.arguments - set(sample.ids)) | set(re.findall(r"\{(\w+_id)\}", sent))


def needed_things(task_force: TaskForce, endpoint: str) -> set[str]:
    """What has to be made so that a route can be used: what it names, and what its sample takes for given."""
    sample = SAMPLES[endpoint]
    named = named_things(task_force, endpoint) | sample.given
    return named | ({"slug"} if "{slug}" in f"{sample.form}{sample.json}" else set())


def ask(task_force: TaskForce, who: str | None, endpoint: str, things: Things, **sent: Any) -> TestResponse:
    """Call a route by its name with these ids; `sent` takes the place of the sample's own body."""
    (rule,) = task_force.app.url_map.iter_rules(endpoint)
    sample = SAMPLES.get(endpoint)
    ids = {**{name: str(thing) for name, thing in things.items()}, **(sample.ids if sample else {})}
    path = re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda found: ids.get(found[1], NOTHING), rule.rule)
    method = next(iter((rule.methods or set()) - {"HEAD", "OPTIONS"}))
    return caller_of(task_force, who, endpoint).ask(
        method, path, **(sent or BODIES.get(endpoint) or body_of(task_force, sample, ids))
    )


def body_of(task_force: TaskForce, sample: Sample | None, ids: Mapping[str, str]) -> dict[str, Any]:
    """What a sample says to send, for these ids."""
    if sample is None:
        return {}
    named = {**ids, "ngo": str(task_force.ngo.id), "unique": uuid4().hex}
    if sample.form is not None:
        return {"data": {name: value.format_map(named) for name, value in sample.form.items()}}
    if sample.json is not None:
        return {"json": {name: _filled(value, named) for name, value in sample.json.items()}}
    return {}


def _filled(value: Any, named: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_filled(one, named) for one in value]
    return value.format_map(named) if isinstance(value, str) else value


def caller_of(task_force: TaskForce, who: str | None, endpoint: str) -> Caller:
    """Somebody with what this route is used with: a browser or a program."""
    return task_force.program(who) if endpoint.startswith("api") else task_force.browser(who)


def seen(answer: TestResponse, things: Things) -> str:
    """All that somebody can tell of an answer, but for the time, the reference and the id that they sent."""
    headers = {name: value for name, value in answer.headers if name != "Date"}
    told = f"{answer.status_code}\n{headers}\n{answer.text}"
    for thing in things.values():
        told = told.replace(str(thing), "ID")
    return re.sub(r"\b[0-9a-f]{12}\b", "REFERENCE", told)
