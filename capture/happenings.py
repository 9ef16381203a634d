"""From the cells of a list to what somebody did or said. Values in, values out."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from decimal import Decimal

from capture.rows import one_address, plain, read_moment, read_number
from capture.tables import heading
from core.errors import Refused
from leads import normalise
from leads.vocabulary import IdentityKind, Verdict

NOTE = "note"
_VERDICTS = {text.lower(): value for value, label in Verdict.choices for text in (value, label)} | {
    "yes": Verdict.MEETS.value, "met": Verdict.MEETS.value, "no": Verdict.FAILS.value, "maybe": Verdict.WEAK.value,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Happening:
    """One row: an event (`kind`), an answer to a criterion, or a note."""

    identity: tuple[str, str]
    at: datetime
    written: str = ""  # when, as the list says it, whoever reads it
    kind: str = ""
    criterion: str = ""
    text: str = ""
    detail: str = ""
    verdict: str = ""
    amount: Decimal | None = None

    @property
    def is_note(self) -> bool:
        return not self.kind and not self.criterion

    @property
    def message_id(self) -> str:
        """The same for the same row of whatever list: what is imported twice is stored once."""
        parts = (*self.identity, self.kind, self.criterion, self.written, self.text, self.detail, self.verdict)
        told = "\0".join((*parts, str(self.amount))).encode("utf-8", "replace")
        return f"import-{hashlib.sha256(told).hexdigest()[:32]}"


@dataclass(frozen=True, slots=True)
class Reading:
    """How the columns of a list of activities are to be read; `kinds` and `criteria` are keys by name, as headings."""

    mapping: Mapping[int, str]
    width: int
    kinds: Mapping[str, str] = field(default_factory=dict)
    criteria: Mapping[str, str] = field(default_factory=dict)
    every_row: str = ""  # what happened, where no column says it
    day_first: bool = False
    decimal_comma: bool = False
    zone: tzinfo = UTC  # of times that name none

    def happening(self, cells: Sequence[str]) -> Happening:
        """The row as a happening. Raises Refused naming the field that cannot be read."""
        if any(cells[self.width :]):
            raise Refused(
                row=f"The row has {len(cells)} cells, the header has {self.width}. "
                "A delimiter inside a cell needs quotation marks around the cell."
            )
        values = {
            name: value
            for number, name in self.mapping.items()
            if number < len(cells) and (value := normalise.text(plain(cells[number])))
        }
        kind, criterion = self._what(normalise.line(values.get("kind", "") or self.every_row))
        at = read_moment(values.get("at", ""), day_first=self.day_first, zone=self.zone)
        if at is None:
            raise Refused(at=f"“{values.get('at', '')[:40]}” is not a date. Write it as 2024-03-05 14:30.")
        amount = None
        if "amount" in values:
            amount = read_number(values["amount"], decimal_comma=self.decimal_comma)
            if amount is None or not amount.is_finite():
                raise Refused(amount=f"“{values['amount'][:40]}” is not an amount.")
        if not kind and not criterion and not values.get("text"):
            raise Refused(text="A note needs its text.")
        return Happening(
            identity=_who(values),
            at=at,
            written=(at.replace(tzinfo=UTC) if at.tzinfo is self.zone else at).isoformat(),
            kind=kind,
            criterion=criterion,
            text=values.get("text", ""),
            detail=normalise.line(values.get("detail", ""))[:500],
            verdict=_verdict(values.get("verdict", "")) if criterion else "",
            amount=amount,
        )

    def _what(self, given: str) -> tuple[str, str]:
        """(kind of event, criterion); both empty for a note."""
        word = heading(given)
        if word in self.kinds:
            return self.kinds[word], ""
        if word in self.criteria:
            return "", self.criteria[word]
        if word in {NOTE, "notes"}:
            return "", ""
        if not word:
            raise Refused(kind="Say what happened: a kind of event, a criterion, or “note”.")
        raise Refused(kind=f"“{given[:60]}” is neither a kind of event nor a criterion. Settings lists them.")


def _who(values: Mapping[str, str]) -> tuple[str, str]:
    if "email" in values:
        mailbox = normalise.mailbox(one_address(values["email"]))
        if not mailbox:
            raise Refused(email=f"“{values['email'][:60]}” is not an e-mail address.")
        return IdentityKind.EMAIL.value, mailbox
    number = normalise.phone(values.get("phone", ""))
    if not number:
        raise Refused(email="Say whose activity it is: an e-mail address, or a number such as +49 30 901820.")
    return IdentityKind.PHONE.value, number


def _verdict(value: str) -> str:
    verdict = _VERDICTS.get(normalise.line(value).lower())
    if verdict is None:
        raise Refused(verdict=f"“{value[:40]}” is no verdict. Write meets, weak or fails.")
    return verdict
