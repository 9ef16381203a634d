"""From the cells of a list to a person. Values in, values out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from capture import countries
from core.errors import Refused
from leads import normalise
from leads.custom import Rule, stored
from leads.services import ContactRow
from leads.vocabulary import FieldType, Source

_TEXT = ("first_name", "last_name", "email", "phone", "job_title")
_SOURCES = {text.lower(): value for value, label in Source.choices for text in (value, label)}
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_FORMULA = frozenset("=+-@")
_YES, _NO = {"yes", "y", "true", "1", "x", "ja", "oui", "si"}, {"no", "n", "false", "0", "nein", "non"}


@dataclass(frozen=True, slots=True)
class Reading:
    """How the columns of one list are to be read."""

    mapping: Mapping[int, str]
    width: int
    day_first: bool = False
    tags: tuple[str, ...] = ()
    owners: Mapping[str, int] = field(default_factory=dict)
    custom: Mapping[str, Rule] = field(default_factory=dict)

    def person(self, cells: Sequence[str]) -> ContactRow:
        """The row as a person. Raises Refused naming the field that cannot be read."""
        if any(cells[self.width :]):
            raise Refused(
                row=f"The row has {len(cells)} cells, the header has {self.width}. "
                "A comma inside a cell needs quotation marks around the cell."
            )
        values: dict[str, str] = {}
        tags = list(self.tags)
        for number, name in self.mapping.items():
            value = cells[number] if number < len(cells) else ""
            if value[:1] == "'" and value[1:2] in _FORMULA:  # our own mark against formulas
                value = value[1:]
            if name == "tags":
                tags += [tag for part in re.split(r"[,;]|\s:::\s", value) if (tag := normalise.line(part))]
            elif value:
                values[name] = value
        fields: dict[str, Any] = {name: values[name] for name in _TEXT if name in values}
        if "full_name" in values:
            first, last = split_name(values["full_name"])
            fields.setdefault("first_name", first)
            fields.setdefault("last_name", last)
        if "email" in fields:
            fields["email"] = one_address(fields["email"])
        if "country" in values:
            fields["country"] = _country(values["country"])
        own = {name.removeprefix("custom."): value for name, value in values.items() if name.startswith("custom.")}
        custom = {key: _custom(key, value, self.custom[key], self.day_first) for key, value in own.items()}
        if custom:
            fields["custom"] = custom
        return ContactRow(
            fields=fields,
            company_name=values.get("company", ""),
            company_domain=values.get("company_domain", ""),
            source=_SOURCES.get(values.get("source", "").strip().lower(), Source.IMPORT.value),
            tags=tuple(dict.fromkeys(tags)),
            created_at=_created(values["created_at"], self.day_first) if "created_at" in values else None,
            owner_id=self._owner(values["owner"]) if "owner" in values else None,
        )

    def _owner(self, value: str) -> int:
        owner_id = self.owners.get(value.strip().lower())
        if owner_id is None:
            raise Refused(owner=f"No colleague has the address “{value[:60]}”. Invite them, or leave the column out.")
        return owner_id


def split_name(value: str) -> tuple[str, str]:
    """(first, last): “Last, First” at its comma, else the last word is the last name."""
    name = normalise.line(value)
    if "," in name:
        last, _, first = name.partition(",")
        return first.strip(), last.strip()
    first, _, last = name.rpartition(" ")
    return (first, last) if first else (last, "")


def one_address(value: str) -> str:
    """The first of several addresses, without the name in front of it."""
    first = next((part for part in re.split(r"\s:::\s|[;,]", value) if part.strip()), "")
    inside = re.search(r"<([^<>]*)>", first)
    return (inside.group(1) if inside else first).strip()


def _country(value: str) -> str:
    code = countries.code(normalise.line(value)[:80])
    if not code:
        raise Refused(country=f"“{value[:60]}” is not a country we know. Use its English name or two-letter code.")
    return code


def read_date(value: str, *, day_first: bool) -> date | None:
    """A day as lists write it: 2024-03-05, 05.03.2024, 5 Mar 2024, Mar 5 2024, 3/5/2024; none when it is no day."""
    text = normalise.line(value)[:40]
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).date()
    except ValueError:
        pass
    words = re.findall(r"\d+|[a-z]+", text.lower())
    if len(words) < 3:
        return None
    months = [number for number, word in enumerate(words[:3]) if word[:3] in _MONTHS]
    try:
        if months:
            position = months[0]
            month = _MONTHS.index(words[position][:3]) + 1
            day, year = (int(word) for number, word in enumerate(words[:3]) if number != position)
        elif len(words[0]) == 4:
            year, month, day = (int(word) for word in words[:3])
        else:
            a, b, year = (int(word) for word in words[:3])
            day, month = (a, b) if day_first or "." in text or a > 12 else (b, a)
        return date(year + 2000 if year < 70 else year + 1900 if year < 100 else year, month, day)
    except ValueError:
        return None


def _created(value: str, day_first: bool) -> datetime:
    day = read_date(value, day_first=day_first)
    if day is None:
        raise Refused(created_at=f"“{value[:40]}” is not a date. Write it as 2024-03-05.")
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _custom(key: str, value: str, rule: Rule, day_first: bool) -> Any:
    """The cell as the custom field stores it; only how lists write numbers, days and yes is read here."""
    read: Any = value
    if rule.type == FieldType.NUMBER:
        read = _number(value)
    elif rule.type == FieldType.DATE:
        read = read_date(value, day_first=day_first) or value
    elif rule.type == FieldType.YES_NO and value.lower() in _YES | _NO:
        read = value.lower() in _YES
    try:
        return stored(rule, read)
    except Refused as refused:
        raise Refused(**{key: str(refused)}) from None


def _number(value: str) -> Decimal | str:
    """1,234.50 or 1.234,50 or 1'234.50; the text itself when it is none of them."""
    plain = re.sub(r"[\s_'’]", "", value[:60])
    plain = plain.replace(".", "").replace(",", ".") if re.search(r",\d{1,2}$", plain) else plain.replace(",", "")
    try:
        return Decimal(plain)
    except InvalidOperation:
        return value


def is_day_first(values: Sequence[str]) -> bool:
    """Whether dates such as 25/03/2024 show that the day comes first in this column."""
    parts = [re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-]\d{2,4}.*", value.strip()) for value in values]
    return any(int(part.group(1)) > 12 for part in parts if part)
