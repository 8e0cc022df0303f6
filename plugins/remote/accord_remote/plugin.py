"""The detector that asks another one: parts of a batch go out signed, what comes back is checked and kept."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from standardwebhooks import Webhook, WebhookVerificationError

from accord_remote.messages import Answer, decode, encode, reduced
from accord_sdk import RECORD_FIELDS, Call, Context, Detector, Failed, NotGiven, Record, Result, hookimpl
from accord_sdk.outside import Http

USUAL_FIELDS = ("title", "body")
SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{32,86}={0,2}")
"""As Standard Webhooks writes it: 24 to 64 bytes."""
MOST_BYTES = 512 * 1024
"""Of one request's body; the host sends at most 1 MiB."""
AWAY = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers of a server that may answer better later."""
GIVEN_LATER = frozenset({"failed", "too_many"})


class Unasked(Exception):
    """The remote detector did not answer for these records; `retry` asks for another go."""

    def __init__(self, code: str, message: str, *, retry: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.retry = retry


class Remote:
    """Asks the endpoint of the configuration."""

    name = "remote"

    def __init__(self, http: Http, config: Mapping[str, Any]) -> None:
        self._http = http
        self._config = config
        self._ready = False

    def open(self) -> None:
        """Nothing to load. A setting that cannot be used fails the first batch, which shows it."""

    def _prepare(self) -> None:
        if self._ready:
            return
        missing = [name for name in ("endpoint", "secret") if not self._config.get(name)]
        if missing:
            raise ValueError(f"the setting {missing[0]} is missing")
        self._endpoint = str(self._config["endpoint"])
        self._fields = tuple(self._config.get("fields") or USUAL_FIELDS)
        unknown = sorted(set(self._fields) - set(RECORD_FIELDS))
        if unknown:
            raise ValueError(f"the setting fields names {unknown[0]!r}, which is no field of a record")
        secret = str(self._config["secret"])
        if not SECRET.fullmatch(secret):
            raise ValueError("the setting secret is none: whsec_ and 24 to 64 random bytes in base64")
        self._signing = Webhook(secret)
        self._ready = True

    def close(self) -> None:
        """Nothing to end."""

    def detect(self, batch: Sequence[Record], call: Call) -> Iterator[Result]:
        """What the remote detector says of each record."""
        self._prepare()
        start = 0
        while start < len(batch):
            part = self._part(batch, start, call)
            try:
                yield from self._ask(part, start, call)
            except Unasked as error:
                for ref in range(start, start + len(part)):
                    yield Failed(ref, error.code, str(error), retry=error.retry)
            start += len(part)
            call.progress(start, len(batch))

    def _part(self, batch: Sequence[Record], start: int, call: Call) -> list[Record]:
        """So many records from `start` on as one request holds; at least one."""
        part: list[Record] = []
        size = 0
        for record in batch[start:]:
            small = reduced(record, self._fields)
            size += len(encode(call.id, [small], dry_run=call.dry_run))
            if part and size > MOST_BYTES:
                break
            part.append(small)
        return part

    def _ask(self, part: Sequence[Record], start: int, call: Call) -> Iterator[Result]:
        name = f"msg_{uuid.uuid4().hex}"
        body = encode(name, part, dry_run=call.dry_run)
        if len(body) > MOST_BYTES:
            raise Unasked("too_large", f"a record of more than {MOST_BYTES} bytes is not sent")
        answer = self._checked(self._post(name, body), name)
        seen: set[int] = set()
        results: list[Result] = []
        for item in answer.items:
            if not 0 <= item.ref < len(part) or item.ref in seen:
                raise Unasked("bad_answer", f"it answered for record {item.ref} of {len(part)}, or twice")
            seen.add(item.ref)
            results.append(msgspec.structs.replace(item, ref=start + item.ref))
        yield from results
        for ref in sorted(set(range(len(part))) - seen):
            yield Failed(start + ref, "no_answer", "the remote detector left this record out")

    def _post(self, name: str, body: bytes) -> tuple[dict[str, str], bytes]:
        moment = datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": name,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": self._signing.sign(name, moment, body.decode()),
        }
        try:
            answer = self._http.request("POST", self._endpoint, headers=headers, body=body)
        except NotGiven as error:
            later = error.code in GIVEN_LATER
            raise Unasked(error.code, f"the remote detector was not reached: {error}", retry=later) from error
        if answer.status in AWAY:
            raise Unasked("away", f"the remote detector answered {answer.status}", retry=True)
        if answer.status != 200:
            raise Unasked("refused", f"the remote detector answered {answer.status}")
        return dict(answer.headers), answer.body

    def _checked(self, answer: tuple[dict[str, str], bytes], name: str) -> Answer:
        headers, body = answer
        if headers.get("webhook-id") != name:
            raise Unasked("signature", "the answer is not one to this request: its webhook-id is another one")
        try:
            self._signing.verify(body, headers, json_parse=False)
        except (WebhookVerificationError, UnicodeDecodeError, ValueError) as error:
            raise Unasked("signature", f"the answer's signature does not hold: {error}") from error
        try:
            return decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Unasked("bad_answer", f"the answer is none: {error}"[:300]) from error


@hookimpl
def accord_detectors(context: Context) -> list[Detector]:
    """The one detector."""
    return [Remote(context.http, context.config)]
