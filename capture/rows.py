"""From the cells of a list to a person. Values in, values out."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
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
_FORMULA = frozenset("=+-@\t\r")
_YES, _NO = {"yes", "y", "true", "1", "x", "ja", "oui", "si"}, {"no", "n", "false", "0", "nein", "non"}


@dataclass(frozen=True, slots=True)
class Reading:
    """How the columns of one list are to be read."""

    mapping: Mapping[int, str]
    width: int
    day_first: bool = False
    decimal_comma: bool = False
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
            value = plain(value)
            if name == "tags":
                parts = (normalise.line(part) for part in re.split(r"[,;]|\s:::\s", value))
                tags += [tag for tag in parts if tag and not tag.startswith("* ")]  # Google's own groups: * myContacts
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
        custom = {key: self._custom(key, value) for key, value in own.items()}
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

    def _custom(self, key: str, value: str) -> Any:
        """The cell as the custom field stores it; only how lists write numbers, days and yes is read here."""
        rule, read = self.custom[key], value  # type: Rule, Any
        if rule.type == FieldType.NUMBER:
            read = read_number(value, decimal_comma=self.decimal_comma)
            read = value if read is None else read
        elif rule.type == FieldType.DATE:
            read = read_date(value, day_first=self.day_first) or value
        elif rule.type == FieldType.YES_NO and value.lower() in _YES | _NO:
            read = value.lower() in _YES
        try:
            return stored(rule, read)
        except Refused as refused:
            raise Refused(**{key: str(refused)}) from None

    def _owner(self, value: str) -> int:
        owner_id = self.owners.get(value.strip().lower())
        if owner_id is None:
            raise Refused(owner=f"No colleague has the address “{value[:60]}”. Invite them, or leave the column out.")
        return owner_id


def plain(value: str) -> str:
    """A cell without our own mark against formulas."""
    return value[1:] if value[:1] == "'" and value[1:2] in _FORMULA else value


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


def read_number(value: str, *, decimal_comma: bool) -> Decimal | None:
    """1,234.50 or 1.234,50 or 1'234.50 or € 12; none when it is no number.

    Only where one sign is followed by three digits, as in 1.234, `decimal_comma` has to tell what it means.
    """
    plain = re.sub(r"[\s_'’€$£¥%]", "", value[:60])
    points, commas = plain.count("."), plain.count(",")
    if points and commas:  # the last one is the decimal sign
        is_comma = plain.rindex(",") > plain.rindex(".")
    elif points == 1 or commas == 1:
        is_grouped = bool(re.fullmatch(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", plain))
        is_comma = decimal_comma if is_grouped else commas == 1
    else:  # 1.234.567 and 1,234,567 are whole
        is_comma = points > 1
    plain = plain.replace(".", "").replace(",", ".") if is_comma else plain.replace(",", "")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return None
    return number if abs(number.adjusted()) < 1000 else None  # written out, 1e1000000000 fills the memory


def has_decimal_comma(values: Iterable[str]) -> bool:
    """Whether the numbers show that a comma stands before the decimals."""
    plain = [re.sub(r"[\s'’€$£¥%]", "", value) for value in values]
    return any(re.fullmatch(r"[+-]?(\d+|\d{1,3}(\.\d{3})+),\d{1,2}", value) for value in plain)


def read_moment(value: str, *, day_first: bool, zone: tzinfo = UTC) -> datetime | None:
    """An instant as lists write it: a day as in `read_date` with a time, which is of the zone unless it names another;
    without a time it is noon in UTC.
    """
    text = normalise.line(value)[:60]
    try:
        moment = datetime.fromisoformat(text.replace(" UTC", "+00:00").replace("Z", "+00:00"))
        if len(text) > 10:
            return moment if moment.tzinfo else moment.replace(tzinfo=zone)
    except ValueError:
        pass
    time_of_day = re.search(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*([ap]\.?m\.?)?", text, re.IGNORECASE)
    day = read_date(text[: time_of_day.start()] if time_of_day else text, day_first=day_first)
    if day is None:
        return None
    if time_of_day is None:
        return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    hour, minute, second, half = time_of_day.groups()
    hours = int(hour) % 12 + (12 if half.lower().startswith("p") else 0) if half else int(hour)
    try:
        return datetime(day.year, day.month, day.day, hours, int(minute), int(second or 0), tzinfo=zone)
    except ValueError:
        return None


def is_day_first(values: Sequence[str]) -> bool:
    """Whether dates such as 25/03/2024 show that the day comes first in this column."""
    parts = [re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-]\d{2,4}.*", value.strip()) for value in values]
    return any(int(part.group(1)) > 12 for part in parts if part)
