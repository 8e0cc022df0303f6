"""Why something of a plugin's stopped: one table of codes, with the words that page, API and command say.

A stop has a code, what is responsible (a file, a field, a limit: `about`), the plugin's or the host's own
message, and the next step. `docs/reference/plugin-reasons.md` is held to this table by a test.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """What a code means, and what to do about it."""

    code: str
    words: str
    next_step: str


def _table(*reasons: Reason) -> dict[str, Reason]:
    return {reason.code: reason for reason in reasons}


REASONS: dict[str, Reason] = _table(
    Reason(
        "advised",
        "an advisory is about it, or about something that it uses",
        "Publish a version that does without what is named (of one beside Accord: upgrade it), or roll back.",
    ),
    Reason("asked", "somebody asked for it to run again", "Nothing: it runs as soon as a worker is free."),
    Reason(
        "busy",
        "all its processes were at work for other records",
        "Nothing: it runs by itself. Where this goes on, add workers, or ask the author to make it faster.",
    ),
    Reason(
        "changed",
        "a file of it is not the one that was approved",
        "Find out who changed the file; then build its environment again: `accord plugins rebuild NAME`.",
    ),
    Reason(
        "contract",
        "it does not hold to the contract",
        "Mend what the message says until `accord-sdk test` passes; publish a version with a higher number.",
    ),
    Reason(
        "died",
        "its process ended by itself",
        "Look at the plugin's log and the record; tell its author. Then run it again.",
    ),
    Reason(
        "environment",
        "it cannot be started with what it needs",
        "Install what the message names, or have the plugin's environment built again; then start it again.",
    ),
    Reason(
        "expired",
        "the time for which it was approved is over",
        "Ask the platform's admins to approve it anew, or a version after it.",
    ),
    Reason("failed", "it did not do what was asked", "Look at the message; tell its author."),
    Reason(
        "failures",
        "it failed many times in a row, so it rests",
        "It is tried again by itself at the time shown. Once its cause is mended, start it again at once.",
    ),
    Reason(
        "late",
        "it was not done when others would have had to wait for it",
        "Nothing: its findings come later, and the records are linked again. Its author may make it faster.",
    ),
    Reason(
        "misbehaved",
        "it sent what the contract does not allow",
        "Tell its author what the message says: the contract's page names the rule. Then run it again.",
    ),
    Reason(
        "missing",
        "it is not installed any more",
        "Install the distribution that is named beside Accord again, and start the workers anew.",
    ),
    Reason(
        "new_version",
        "another version of the plugin looks at the records again",
        "Nothing: what the old version found stays until the new one has looked.",
    ),
    Reason(
        "no_sandbox",
        "no worker can keep it in a sandbox, and without one it may not run",
        "Have the operator do what the message says and start a worker: `accord doctor` tries it out.",
    ),
    Reason(
        "not_usable",
        "its plugin may not be used",
        "Have the plugin approved and active, and the organisation's access in order; then ask again.",
    ),
    Reason(
        "raised",
        "it raised an error",
        "Look at the message and the record; tell its author. Then run it again.",
    ),
    Reason(
        "record_failed",
        "it says that it could not look at the record",
        "Look at what it says of the record; run it again when its cause is gone.",
    ),
    Reason(
        "refused",
        "an admin refused it",
        "Mend what the message says, and publish a version with a higher number.",
    ),
    Reason(
        "requirements",
        "what it requires cannot be had as a wheel",
        "Publish it with the wheels that it requires (`--with`), or ask the operator for an index of them.",
    ),
    Reason(
        "restarts",
        "its process had to be started again too often, so it rests",
        "It is tried again by itself at the time shown. Tell its author; start it again once it is mended.",
    ),
    Reason(
        "stopped",
        "it may not run any more: it was suspended, withdrawn, or its time is over",
        "Ask the platform's admins; another version may be activated, or rolled back to.",
    ),
    Reason(
        "suspended",
        "an admin suspended it",
        "Ask the platform's admins, who may let it run again; or roll back to another version.",
    ),
    Reason(
        "timed_out",
        "it took longer than its manifest allows",
        "Run it again when the machine is less busy; else its author has to mend it or raise the limit.",
    ),
    Reason(
        "withdrawn",
        "its publisher took it back",
        "Ask its publisher for a version after it, or have it rolled back to the one before.",
    ),
)
"""By code, in alphabetical order."""

UNKNOWN = Reason("unknown", "it stopped for a reason without a code", "Look at the message and at the log.")


@dataclass(frozen=True)
class Stop:
    """Why something stopped, in the words that page, API and command have in common."""

    reason: Reason
    about: str = ""
    """The file, field or limit that is responsible, where it is known."""
    message: str = ""


def reason_of(code: str) -> Reason:
    """The reason with this code; a code that the table does not know is one without words."""
    return REASONS.get(code, UNKNOWN)
