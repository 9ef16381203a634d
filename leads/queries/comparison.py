"""Two records beside each other, field by field, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format

from leads import merging
from leads.merging import FORMER, Values
from leads.models import Company, Contact, CustomField, Lifecycle, Source, Tag
from leads.services.merging import values
from users.models import User

_WORDS = {"email": "E-mail", "created_at": "First heard", "source": "Heard through"}
# how what nobody chooses is put together
SAID = {
    "tags": "all of both stand",
    "lifecycle": "the further one stands",
    "created_at": "the earlier one stands",
    "source": "that of the earlier one stands",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One field of both records, and whose value stands."""

    name: str
    label: str
    mine: str
    theirs: str
    chosen: str
    said: str = ""

    @property
    def is_same(self) -> bool:
        return self.mine == self.theirs

    @property
    def to_choose(self) -> bool:
        """Whether there is something to decide."""
        return not self.said and not self.is_same

    @property
    def takes_former(self) -> bool:
        return self.chosen == FORMER


def compare_contacts(one: Contact, other: Contact, chosen: Mapping[str, str]) -> list[Line]:
    """What two people have, and what stands; three queries at most."""
    mine, theirs = (values.of_contact(row, row.standing) for row in (one, other))
    return lines(mine, theirs, chosen, about="contact")


def compare_companies(one: Company, other: Company, chosen: Mapping[str, str]) -> list[Line]:
    """What two companies have, and what stands."""
    return lines(values.of_company(one), values.of_company(other), chosen, about="company")


def lines(mine: Values, theirs: Values, chosen: Mapping[str, str], *, about: str) -> list[Line]:
    """A line per field that one of them has."""
    words = Words(about, mine, theirs)
    return [
        Line(
            name,
            words.label(name),
            words.value(name, mine.get(name)),
            words.value(name, theirs.get(name)),
            chosen.get(name) or merging.preferred(mine.get(name), theirs.get(name)),
            SAID.get(name, ""),
        )
        for name in merging.names_of(mine, theirs)
        if not (merging.is_empty(mine.get(name)) and merging.is_empty(theirs.get(name)))
    ]


class Words:
    """Fields and values of these records in words."""

    def __init__(self, about: str, *of: Values) -> None:
        self.fields = {field.key: field for field in CustomField.objects.filter(about=about)}
        self.companies = Company.objects.in_bulk({one["company"] for one in of if one.get("company")})
        self.owners = User.objects.in_bulk({one["owner"] for one in of if one.get("owner")})
        self.tags = Tag.objects.in_bulk({tag for one in of for tag in one.get("tags") or ()})

    def label(self, name: str) -> str:
        """The field as people call it."""
        if name.startswith(values.CUSTOM):
            field = self.fields.get(name.removeprefix(values.CUSTOM))
            return field.label if field else name.removeprefix(values.CUSTOM)
        return _WORDS.get(name) or name.replace("_", " ").capitalize()

    def value(self, name: str, value: Any) -> str:
        """The value as people read it; empty for none."""
        if merging.is_empty(value):
            return ""
        if name == "company":
            return self.companies[value].name if value in self.companies else "a company that is gone"
        if name == "owner":
            return self.owners[value].name if value in self.owners else "somebody who is gone"
        if name == "tags":
            return ", ".join(sorted(self.tags[tag].name for tag in value if tag in self.tags))
        if name == "created_at":
            return date_format(timezone.localtime(datetime.fromisoformat(str(value))), "j M Y")
        labels = {"lifecycle": Lifecycle, "source": Source}.get(name)
        if labels is not None and value in labels.values:
            return str(labels(value).label)
        if isinstance(value, bool):
            return "yes" if value else "no"
        return str(value)
