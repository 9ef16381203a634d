"""Traits as Segment's clients name them, to our fields. Values in, values out."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from capture import countries
from core.errors import Refused
from leads import custom, normalise
from leads.custom import Rule
from leads.vocabulary import FieldType

MOST_TRAITS = 200
LONGEST_TRAIT = 100
# ours -> theirs, the first that is given counts
_FIELDS = {
    "first_name": ("firstName", "first_name", "firstname"),
    "last_name": ("lastName", "last_name", "lastname"),
    "email": ("email",),
    "phone": ("phone",),
    "job_title": ("title", "jobTitle", "job_title", "position"),
}
_COMPANY_NAME = ("name", "companyName", "company_name")
_DOMAIN = ("domain", "website", "url")
_EMPLOYEES = ("employee_count", "employees", "employeeCount", "size")
# said of a person in ways that have a place of their own, or that are not worth a field
_KNOWN = {name for names in _FIELDS.values() for name in names}
_KNOWN |= {"name", "company", "address", "id", "avatar", "createdAt", "created_at", "username", "anonymousId", "userId"}
_KNOWN_OF_COMPANY = {*_COMPANY_NAME, *_DOMAIN, *_EMPLOYEES, "industry", "address", "country", "id", "createdAt"}


@dataclass(slots=True)
class Person:
    """What traits say about a person."""

    fields: dict[str, Any] = field(default_factory=dict)
    custom: dict[str, Any] = field(default_factory=dict)
    company: "Organisation | None" = None
    unknown: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Organisation:
    """What traits say about a company."""

    name: str = ""
    domain: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    custom: dict[str, Any] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


def newest(
    known: Mapping[str, list[Any]], told: Mapping[str, Any], *, at: datetime
) -> tuple[dict[str, list[Any]], dict[str, Any]]:
    """The traits after something was told at an instant, and those of them that this telling decides.

    By trait the later word stands, in whichever order they arrive.
    """
    merged, fresh = dict(known), {}
    for name, value in told.items():
        name = normalise.line(name[: 2 * LONGEST_TRAIT])[:LONGEST_TRAIT]
        before = merged.get(name)
        if not name or (before is None and len(merged) >= MOST_TRAITS):
            continue
        if before is None or at >= datetime.fromisoformat(before[1]):
            merged[name] = [value, at.isoformat()]
            fresh[name] = value
    return merged, fresh


def person_of(traits: Mapping[str, Any], rules: Mapping[str, Rule]) -> Person:
    """The fields that the traits fill; what is no value of its field is left out."""
    person = Person()
    for ours, theirs in _FIELDS.items():
        if value := _first(traits, theirs):
            person.fields[ours] = value
    name = _first(traits, ("name",))
    if name and not person.fields.get("first_name") and not person.fields.get("last_name"):
        first, _, last = name.rpartition(" ")
        person.fields |= {"first_name": first, "last_name": last} if first else {"first_name": name}
    if code := _country(traits):
        person.fields["country"] = code
    company = traits.get("company")
    if isinstance(company, Mapping):
        person.company = organisation_of(company, {})
    elif isinstance(company, str) and normalise.line(company):
        person.company = Organisation(name=normalise.line(company)[:200])
    person.custom, person.unknown = _own(traits, rules, _KNOWN)
    return person


def organisation_of(traits: Mapping[str, Any], rules: Mapping[str, Rule]) -> Organisation:
    """The company that the traits describe."""
    company = Organisation(
        name=_first(traits, _COMPANY_NAME)[:200], domain=normalise.company_domain(_first(traits, _DOMAIN))
    )
    if industry := _first(traits, ("industry",)):
        company.fields["industry"] = industry[:80]
    employees = next((traits[name] for name in _EMPLOYEES if traits.get(name) is not None), None)
    if isinstance(employees, str) and employees.strip().isdigit() and len(employees) < 12:
        employees = int(employees)
    if isinstance(employees, int) and not isinstance(employees, bool) and 0 <= employees < 2**31:
        company.fields["employees"] = employees
    if code := _country(traits):
        company.fields["country"] = code
    company.custom, company.unknown = _own(traits, rules, _KNOWN_OF_COMPANY)
    return company


def _first(traits: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """The first of the names that has a text or a number."""
    for name in names:
        value = traits.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool):
            text = normalise.line(str(value)[:2000])
            if text:
                return text
    return ""


def _country(traits: Mapping[str, Any]) -> str:
    address = traits.get("address")
    place = address if isinstance(address, Mapping) else {}
    return countries.code(_first(place, ("country",)) or _first(traits, ("country",)))


def _own(traits: Mapping[str, Any], rules: Mapping[str, Rule], known: set[str]) -> tuple[dict[str, Any], list[str]]:
    """Values of the team's own fields, and the names of traits that are no field here."""
    values, unknown = {}, []
    for name, value in traits.items():
        if name in known:
            continue
        key = key_of(name)
        rule = rules.get(key)
        if rule is None:
            unknown.append(normalise.line(name)[:LONGEST_TRAIT])
            continue
        try:
            values[key] = custom.stored(rule, _shaped(rule, value))
        except Refused:
            continue
    return values, [name for name in unknown if name]


def key_of(name: str) -> str:
    """A trait's name as the key of a custom field: planName and "plan name" are plan_name."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()).strip("_")[:40]


def _shaped(rule: Rule, value: Any) -> Any:
    """The value in its field's type, where it is written in another one."""
    shapes: dict[str, Callable[[Any], Any]] = {
        FieldType.TEXT: lambda given: str(given) if isinstance(given, int | float) else given,
        FieldType.CHOICE: lambda given: str(given) if isinstance(given, int | float) else given,
        FieldType.DATE: lambda given: given[:10] if isinstance(given, str) else given,
        FieldType.NUMBER: lambda given: float(given) if isinstance(given, str) and _NUMBER.fullmatch(given) else given,
    }
    shape = shapes.get(rule.type)
    return shape(value) if shape else value


_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,6})?")
