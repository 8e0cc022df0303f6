"""What a client asks of a person's sign-in: prompt, max_age, acr_values; and what the id_token then says."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import text
from tests.conftest import PASSWORD

if TYPE_CHECKING:
    from tests.integration.oauth_party import Party

pytest_plugins = ["tests.integration.task_force", "tests.integration.oauth_party"]
VERIFIER = secrets.token_urlsafe(48)
WHO = "investigator"


class Person:
    """A browser with a session of its own."""

    def __init__(self, party: Party) -> None:
        self.party = party
        self.browser = party.task_force.browser()
        self.browser.client.set_cookie("accord_session", party.task_force.fresh_token(WHO))

    def ask(self, given: dict[str, str]) -> Any:
        return self.browser.get(f"/oauth/authorize?{urlencode(given)}")

    def decide(self, given: dict[str, str] | str) -> Any:
        query = given if isinstance(given, str) else urlencode(given)
        return self.browser.post("/oauth/consent", data={"query": query, "decision": "allow"})

    def prove(self, led: Any) -> str:
        """Prove again who it is; the address to which one is led back."""
        assert led.status_code == 303
        asked = urlsplit(led.location)
        assert asked.path == "/confirm"
        back = parse_qs(asked.query)["next"][0]
        done = self.browser.post("/confirm", data={"password": PASSWORD, "next": back})
        assert done.status_code == 303, done.text
        return str(done.location)

    def age(self, seconds: int) -> None:
        """As if the last proof were so long ago."""
        with self.party.gate() as session:
            session.execute(
                text(
                    "UPDATE sessions SET proved_at = now() - make_interval(secs => :age)"
                    " WHERE person_id = :id"
                ),
                {"age": seconds, "id": self.party.task_force.people[WHO].person_id},
            )

    def methods(self, *amr: str) -> None:
        """As if everything had been proved in these ways."""
        with self.party.gate() as session:
            session.execute(
                text("UPDATE sessions SET amr = :amr WHERE person_id = :id"),
                {"amr": list(amr), "id": self.party.task_force.people[WHO].person_id},
            )


@pytest.fixture
def person(party: Party) -> Person:
    return Person(party)


def web_client(party: Party, **changes: Any) -> str:
    """A client with a server, which authenticates."""
    return party.register(auth_method="private_key_jwt", jwks={"keys": []}, **changes)


def test_prompt_login_takes_a_proof_that_follows_the_request(party: Party, person: Person) -> None:
    given = party.request(party.register(), VERIFIER, prompt="login")
    # Signed in a moment ago, which is not because of this request.
    led = person.ask(given)
    assert person.decide(given).location.startswith("/confirm")
    back = person.prove(led)
    page = person.browser.get(back)
    assert page.status_code == 200
    assert "Let" in page.text
    done = person.decide(urlsplit(back).query)
    assert "code" in party.back(done)


def test_the_mark_of_a_request_counts_for_it_alone(party: Party, person: Person) -> None:
    client = party.register()
    given = party.request(client, VERIFIER, prompt="login")
    mark = parse_qs(urlsplit(person.prove(person.ask(given))).query)["accord_asked"][0]
    for other in (given | {"scope": "openid"}, given | {"state": "another"}):
        assert person.ask(other | {"accord_asked": mark}).location.startswith("/confirm")
    for wrong in ("x", mark[:-2], mark + "x", "W10"):
        assert person.ask(given | {"accord_asked": wrong}).location.startswith("/confirm")
    assert person.ask(given | {"accord_asked": mark}).status_code == 200


@pytest.mark.parametrize(("age", "allowed", "asked"), [(30, 60, False), (90, 60, True), (0, 0, True)])
def test_max_age_asks_who_proved_it_longer_ago(
    age: int, allowed: int, asked: bool, party: Party, person: Person
) -> None:
    person.age(age)
    given = party.request(party.register(), VERIFIER, max_age=str(allowed))
    answer = person.ask(given)
    assert (answer.status_code == 303) is asked
    if asked:
        back = person.prove(answer)
        assert person.browser.get(back).status_code == 200
        assert "code" in party.back(person.decide(urlsplit(back).query))


def test_prompt_none_answers_without_a_word(party: Party, person: Person) -> None:
    client = web_client(party)
    given = party.request(client, VERIFIER, prompt="none")
    assert party.back(party.ask(None, given))["error"] == "login_required"
    assert party.back(person.ask(given))["error"] == "consent_required"
    person.decide(given | {"prompt": "consent"})
    answer = party.back(person.ask(given))
    assert {"code", "iss", "state"} <= set(answer)
    more = given | {"scope": "openid leads:read cases:write"}
    assert party.back(person.ask(more))["error"] == "consent_required"
    person.age(90)
    assert party.back(person.ask(given | {"max_age": "60"}))["error"] == "login_required"
    assert party.back(person.ask(given | {"max_age": "600"}))["code"]
    with party.gate() as session:
        session.execute(text("UPDATE oauth_grants SET revoked_at = now()"))
    assert party.back(person.ask(given))["error"] == "consent_required"


def test_a_program_on_somebody_s_machine_is_never_let_in_without_a_word(party: Party, person: Person) -> None:
    given = party.request(party.register(), VERIFIER)
    person.decide(given)
    assert party.back(person.ask(given | {"prompt": "none"}))["error"] == "consent_required"


def test_what_one_person_allowed_counts_for_nobody_else(party: Party, person: Person) -> None:
    given = party.request(web_client(party), VERIFIER)
    person.decide(given)
    assert party.back(party.ask("analyst", given | {"prompt": "none"}))["error"] == "consent_required"


def test_the_id_token_says_how_and_when(party: Party, person: Person) -> None:
    expected = {
        ("pwd",): (["pwd"], "https://refeds.org/profile/sfa"),
        ("otp", "pwd"): (["otp", "pwd", "mfa"], "https://refeds.org/profile/mfa"),
        ("hwk",): (["hwk", "mfa"], "phr"),
    }
    keys = KeySet.import_key_set(party.app.test_client().get("/oauth/jwks.json").json)
    client = party.register()
    for amr, (methods, reached) in expected.items():
        person.methods(*amr)
        code = party.back(person.decide(party.request(client, VERIFIER)))["code"]
        tokens = party.redeem(client, code, VERIFIER).json
        claims = jwt.decode(tokens["id_token"], keys, algorithms=["RS256"]).claims
        assert (claims["amr"], claims["acr"]) == (methods, reached)
        again = party.refresh(client, tokens["refresh_token"]).json
        renewed = jwt.decode(again["id_token"], keys, algorithms=["RS256"]).claims
        assert (renewed["amr"], renewed["auth_time"]) == (methods, claims["auth_time"])


def test_acr_values_are_wishes_that_a_proof_may_meet(party: Party, person: Person) -> None:
    mfa = "https://refeds.org/profile/mfa"
    given = party.request(party.register(), VERIFIER, acr_values=f"unknown {mfa}")
    person.methods("otp", "pwd")
    assert person.ask(given).status_code == 200
    person.methods("pwd")
    led = person.ask(given)
    # There is no second factor: the proof is the password, and the client learns that from the id_token.
    assert person.browser.get(person.prove(led)).status_code == 200
    person.methods("pwd")
    assert person.ask(given | {"acr_values": "unknown"}).status_code == 200
    none = party.request(web_client(party), VERIFIER, acr_values=mfa, prompt="none")
    assert party.back(person.ask(none))["error"] == "consent_required"
