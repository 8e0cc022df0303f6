"""What the shared templates show: the frame around every page, errors, and parts that several pages use.

Everything here is a frozen record that a view fills; nothing here asks a database. An address that
is None means that the person may not do it, or that there is nothing to go to: the page leaves the
control out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Theme = Literal["light", "dark"]
THEME_COOKIE = "accord_theme"


def theme_of(cookie: str | None) -> Theme | None:
    """The theme that a person chose; None (no cookie, `system`, anything else) follows the system."""
    if cookie == "light":
        return "light"
    return "dark" if cookie == "dark" else None


@dataclass(frozen=True)
class NavItem:
    """One entry of the main navigation. `icon` is one of `accord.web.assets.ICONS`."""

    label: str
    url: str
    active: bool
    icon: str
    count: int | None = None
    """Things that wait for the person there; None or 0 shows nothing."""
    managing: bool = False
    """Whether it stands in the menu "Manage" rather than in the bar itself."""


@dataclass(frozen=True)
class ReadingBanner:
    """Somebody reads a member's case data in an emergency: whose, until when, and how to stop."""

    organisation: str
    ends_at: datetime
    stop_url: str
    """POST `organisation`: act for the platform again."""
    stop_slug: str


@dataclass(frozen=True)
class Frame:
    """Addresses and state that `base.html` needs on every page besides `principal` and `nav`."""

    home_url: str
    theme_url: str
    """POST `theme` = light, dark or system, and `next`."""
    here: str
    """This page's path and query, where choosing a theme comes back to."""
    theme: Theme | None = None
    sign_in_url: str | None = None
    sign_out_url: str | None = None
    """POST."""
    account_url: str | None = None
    switch_url: str | None = None
    """POST `organisation` and `next`: act for another organisation."""
    organisations: tuple[Option, ...] = ()
    """The organisations that the person may act for; the choice shows from two on."""
    reading: ReadingBanner | None = None
    """One reads in an emergency."""
    read_url: str | None = None
    """Where the own organisation's people see who reads its case data in an emergency right now."""


@dataclass(frozen=True)
class Option:
    """A choice in a form."""

    value: str
    label: str
    selected: bool = False
    help: str = ""


@dataclass(frozen=True)
class PasskeyForm:
    """A form that a passkey fills in: `passkeys.js` asks for options, has the browser answer, and posts
    it."""

    options_url: str
    """POST, answers with JSON."""
    action_url: str
    """POST `credential`, and `next` or `name`."""
    origin: str
    """The one address at which passkeys work."""
    next: str = ""


@dataclass(frozen=True)
class SignInPage:
    """`organisations` is filled when the person has several and has to say for which to act."""

    action_url: str
    """POST `email`, `password`, `organisation`, `next`."""
    email: str = ""
    error: str = ""
    next: str = ""
    organisations: tuple[Option, ...] = ()
    passkey: PasskeyForm | None = None
    directory_url: str = ""
    """POST `word` (address, domain or short name) and `next`: to sign in with an organisation's directory."""
    word: str = ""
    word_error: str = ""


@dataclass(frozen=True)
class LeavingPage:
    """A page on the way to another site: browsers hold forms to our own, so that a link leads there."""

    title: str
    words: str
    url: str
    host: str


@dataclass(frozen=True)
class ApiDocsPage:
    """`document_url` gives the OpenAPI document as JSON."""

    document_url: str


@dataclass(frozen=True)
class Problem:
    """An error page: what happened, what to do next, and the reference that finds it in the log."""

    status: int
    title: str
    message: str
    advice: str
    reference: str
    back_url: str | None = None
    back_label: str = "Go to the start page"
    fields: Mapping[str, str] = field(default_factory=dict)
    """What is wrong with a form, by the field's name."""


_PROBLEMS: Mapping[int, tuple[str, str, str]] = {
    400: (
        "That request was not understood",
        "Something in the form or the address is missing or not in the expected form.",
        "Go back, check what you entered, and send it again.",
    ),
    401: (
        "Sign in first",
        "Your session has ended, or you have not signed in yet. Nothing was changed.",
        "Sign in, then come back to this page.",
    ),
    403: (
        "You may not do this",
        "Your roles in this organisation do not allow it. Nothing was changed.",
        "If you need it for your work, ask an administrator of your organisation for the permission.",
    ),
    404: (
        "There is nothing here",
        "The address may be wrong, or what was here is not, or no longer, visible to your organisation.",
        "Check the address, or start again from the queue.",
    ),
    405: (
        "That cannot be done here",
        "This address exists, but not for that kind of request.",
        "Go back and use the buttons of the page.",
    ),
    409: (
        "Somebody was faster",
        "What you wanted to change has changed in the meantime. Nothing was changed by you.",
        "Go back, reload the page, and decide again.",
    ),
    413: (
        "That is too large",
        "What you sent is larger than this installation accepts. Nothing was stored.",
        "Send it in smaller parts, or use `accord ingest` for files of records.",
    ),
    422: (
        "Something in the form is not right",
        "A field is missing or does not have the expected form. Nothing was changed.",
        "Go back, correct what you entered, and send it again.",
    ),
    429: (
        "Too many requests",
        "You, or somebody at your address, asked too often in a short time.",
        "Wait a minute, then try again.",
    ),
    500: (
        "Something went wrong on our side",
        "The error was recorded. Nothing that you did was half done: a step is stored whole or not at all.",
        "Try again. If it happens again, give the reference below to your administrator.",
    ),
}


def problem(
    status: int, reference: str, *, back_url: str | None = None, fields: Mapping[str, str] | None = None
) -> Problem:
    """The error page of an HTTP status; an unlisted one reads like 400 or 500, by its first digit."""
    title, message, advice = _PROBLEMS.get(status) or _PROBLEMS[500 if status >= 500 else 400]
    return Problem(status, title, message, advice, reference, back_url, fields=fields or {})


Sign = Literal[-1, 0, 1]


@dataclass(frozen=True)
class Reason:
    """Why a lead ranks where it ranks.

    `contribution` is in points of the score (0-100) and negative when it lowers the rank; `weight`
    is the indicator's own weight in the ranking.
    """

    indicator: str
    """In words, such as `Several places in a short time`."""
    sign: Sign
    weight: float
    contribution: float
    evidence: str
    """One sentence that says what was observed."""
    source: str = ""
    """Where the indicator comes from: a DOI or a report."""
    without: str = ""
    """Where the lead would stand without it, such as `rank 40`."""


Tone = Literal["selector", "plus", "minus", "info"]


@dataclass(frozen=True)
class Segment:
    """A stretch of a record's text; with a `kind` it is a finding and gets marked.

    `label` says what was found, such as `Phone number` or `Several people offered`. Where `masked`
    is set, `text` is masked already: pages never receive what they must not show.
    """

    text: str
    kind: str | None = None
    label: str | None = None
    tone: Tone | None = None
    masked: bool = False


@dataclass(frozen=True)
class RecordView:
    """One record. `key` is unique on the page and made of letters, digits and hyphens."""

    key: str
    source_name: str
    observed_at: datetime
    place: str | None = None
    title_segments: tuple[Segment, ...] = ()
    body_segments: tuple[Segment, ...] = ()
    prices: tuple[str, ...] = ()
    """In words, such as `200 USD for 60 min`."""
    images_count: int = 0
    url_host: str | None = None
    """The host only; the page shows it and never links to it."""
    marking: str | None = None


@dataclass(frozen=True)
class SelectorRow:
    """A selector and how far it reaches. `display` is masked unless the person unmasked it."""

    kind: str
    display: str
    records: int
    masked: bool = True
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    hub: bool = False
    """On so many leads (a switchboard, a site's own number) that records are not joined on it."""
    hub_note: str = ""


@dataclass(frozen=True)
class NoteView:
    """A note as it was written: plain text, shown with its line breaks."""

    author: str
    written_at: datetime
    body: str
    organisation: str = ""


@dataclass(frozen=True)
class FormState:
    """What the person entered last and what was wrong with it, by field name; `""` is the whole form."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ProgressRow:
    """How far something is: `done` of `total`, and what else there is to say."""

    label: str
    done: int
    total: int
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class StopView:
    """Why something stopped, what is responsible, and what to do."""

    words: str
    next_step: str
    code: str
    about: str = ""
    message: str = ""
    until: datetime | None = None
    """When it is tried again by itself."""
