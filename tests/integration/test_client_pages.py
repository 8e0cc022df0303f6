"""The pages of an organisation's programs, and the platform admin's one of exceptions."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tests.integration.sample import SOON

if TYPE_CHECKING:
    from tests.integration.oauth_party import Party

pytest_plugins = ["tests.integration.task_force", "tests.integration.oauth_party"]


def test_an_admin_registers_a_program_sees_it_and_removes_it(party: Party) -> None:
    browser = party.task_force.browser("manager")
    assert "read the queue of leads" in browser.get("/clients/new").text
    sent = {
        "name": "The sender",
        "kind": "service",
        "scope_records_write": "1",
        "keys": json.dumps(party.signer().jwks),
        "networks": "198.51.100.0/24\n2001:db8::/32\n",
    }
    made = browser.post("/clients/new", data=sent)
    assert made.status_code == 303, made.text
    page = browser.get(made.location).text
    for words in ("The sender", "send records in", "198.51.100.0/24", "its keys", "Nothing: nobody"):
        assert words in page
    assert "The sender" in browser.get("/clients").text
    assert browser.post(f"{made.location}/remove").status_code == 303
    assert browser.get(made.location).status_code == 404


def test_what_will_not_do_is_told_beside_its_field_and_nothing_is_lost(party: Party) -> None:
    browser = party.task_force.browser("manager")
    sent = {"name": "The sender", "kind": "service", "scope_openid": "1", "networks": "here", "keys": "{"}
    answer = browser.post("/clients/new", data=sent)
    assert answer.status_code == 422
    assert "this is no JSON" in answer.text
    answer = browser.post("/clients/new", data=sent | {"keys": ""})
    for words in ("no person to tell of", "is no network", "paste its public keys", 'value="The sender"'):
        assert words in answer.text
    assert re.search(r'name="scope_openid" value="1" checked', answer.text)


def test_a_secret_is_shown_once_after_a_platform_admin_allowed_it(party: Party) -> None:
    browser, admin = party.task_force.browser("manager"), party.task_force.browser("admin")
    sent = {"name": "Old system", "kind": "service", "scope_records_write": "1", "shared_secret": "1"}
    where = browser.post("/clients/new", data=sent).location
    assert "no platform admin allows yet" in browser.get(where).text
    assert browser.post(f"{where}/secret").status_code == 409
    assert "Old system" in admin.get("/client-exceptions").text
    exception = f"/client-exceptions/{where.rsplit('/', 1)[1]}"
    assert admin.post(exception, data={"until": "soon", "reason": "x"}).status_code == 422
    given = {"until": SOON, "reason": "It cannot sign."}
    assert admin.post(exception, data=given).status_code == 303
    shown = re.search(r"acc_cs_[\w-]{43}", browser.post(f"{where}/secret").text)
    assert shown is not None
    assert shown[0] not in browser.get(where).text


def test_what_a_program_holds_is_seen_and_ended(party: Party) -> None:
    client = party.register()
    token = party.tokens(client)["access_token"]
    where = f"/clients/{party.client_row(client).id}"
    page = party.task_force.browser("manager").get(where).text
    end = re.search(rf'action="({where}/grants/[0-9a-f-]+/end)"', page)
    assert end is not None
    assert "investigator" in page
    assert "/end" not in party.task_force.browser("auditor").get(where).text
    assert party.task_force.browser("manager").post(end[1]).status_code == 303
    assert party.api(token).status_code == 401
