"""What each app holds about a person: what a copy of it shows, and what is left of it after an erasure.

An app says so in `HELD` of its own `privacy.py`; a test fails on a table that points at a person and is in no list.
Facts keep what counts (kind, day, source, amount) and lose what tells who it was.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.db.models import Case, CharField, F, Model, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Concat


@dataclass(frozen=True, slots=True)
class Held:
    """One table. `via` is the path to the contact's id; `shows` names the columns of the copy, relations by `__`.

    On erasure `blank` is written over the columns it names, or with `is_deleted` the rows go.
    """

    model: str
    label: str
    via: str = "contact"
    shows: tuple[str, ...] = ()
    blank: Mapping[str, Any] = field(default_factory=dict)
    is_deleted: bool = False
    by_address: str = ""  # a column in which rows without a contact are looked for by the person's addresses; with
    # `where` they are emptied in the request, because it finds nothing once the addresses are gone
    where: Callable[[int], Q] | None = None  # instead of `via`, where no key leads to the contact
    keeps: str = ""  # why rows stay as they are, when they are neither blanked nor deleted

    def table(self) -> type[Model]:
        return apps.get_model(self.model)

    def rows(self, contact_id: int) -> "QuerySet[Any]":
        """The person's rows, in the order of their keys."""
        of = self.where(contact_id) if self.where else Q(**{self.via: contact_id})
        return self.table()._base_manager.filter(of).order_by("pk")


# the key of a message is kept, so that sending it again stores nothing; unless it is an address itself
_UNNAMED = Case(
    When(message_id__contains="@", then=Concat(Value("erased:"), Cast(F("pk"), CharField()))), default=F("message_id")
)

HELD = [
    Held(
        "leads.Identity",
        "How we know you",
        shows=("kind", "value", "created_at"),
        blank={"value": Concat(Value("erased:"), Cast(F("pk"), CharField()))},
    ),
    Held(
        "leads.Touch",
        "Where you came from",
        via="identity__contact",
        shows=("position", "at", "source", "medium", "campaign", "term", "content", "referrer", "landing"),
        blank={"term": "", "content": "", "referrer": "", "landing": ""},
    ),
    Held(
        "leads.Trapped",
        "When something at your device followed a link that nobody can see",
        via="identity__contact",
        shows=("at",),
        is_deleted=True,
    ),
    Held(
        "leads.Consent",
        "What you agreed to",
        shows=("purpose", "given", "is_pending", "at", "basis", "source", "shown__text", "proof"),
        blank={"source": "erased", "proof": ""},
    ),
    Held(
        "leads.Consent",
        "What you agreed to before we knew you",
        via="identity__contact",
        shows=("purpose", "given", "is_pending", "at", "basis", "source", "shown__text", "proof"),
        blank={"source": "erased", "proof": ""},
    ),
    Held(
        "leads.EngagementEvent",
        "What you did",
        shows=("kind__label", "occurred_at", "received_at", "identity__value", "source", "properties", "agent__text"),
        blank={"properties": {}, "agent": None, "message_id": _UNNAMED},
    ),
    Held(
        "leads.Evidence",
        "What you told us",
        shows=("criterion__label", "verdict", "text", "amount", "on_date", "quote", "source", "observed_at"),
        blank={"text": "", "quote": "", "amount": None, "on_date": None},
    ),
    Held(
        "leads.LifecycleChange",
        "How far you came with us",
        shows=("from_stage", "to_stage", "at", "reason"),
        blank={"reason": ""},
    ),
    Held(
        "leads.OwnerChange",
        "Who looked after you",
        shows=("at", "from_owner__name", "to_owner__name"),
        keeps="names colleagues only",
    ),
    Held(
        "leads.Merge",
        "Records of you that we joined",
        shows=("former_name", "at", "former"),
        blank={"former_name": "Erased person", "former_domain": "", "reason": "", "former": {}}
        | {"before": {}, "after": {}, "aside": []},
    ),
    Held("leads.Duplicate", "Who might be you too", via="first", shows=("confidence", "found_at"), is_deleted=True),
    Held("leads.Duplicate", "Who might be you too", via="second", shows=("confidence", "found_at"), is_deleted=True),
    Held("leads.DuplicateKeys", "Digests by which we compare", shows=("seen_at",), is_deleted=True),
    Held(
        "leads.Standing", "Your score", shows=("lifecycle", "source", "total", "grade", "owner__name"), keeps="numbers"
    ),
    Held("leads.Erasure", "Erasure", keeps="says who and when, nothing about the person"),
    Held("leads.PersonalCopy", "Copies of your data", shows=("requested_at",), is_deleted=True),
]


@lru_cache(maxsize=1)
def held() -> tuple[Held, ...]:
    """What all apps hold, from the bottom up."""
    found: list[Held] = []
    for config in reversed(list(apps.get_app_configs())):
        name = f"{config.name}.privacy"
        if find_spec(config.name) and find_spec(name):
            found += getattr(import_module(name), "HELD", [])
    return tuple(found)


def shown(row: Model, names: Iterable[str]) -> dict[str, Any]:
    """A row as a copy shows it: label → value, choices in words. Relations must have been selected."""
    said: dict[str, Any] = {}
    for name in names:
        value: Any = row
        *path, last = name.split("__")
        for step in path:
            value = getattr(value, step, None)
        label = str(getattr(type(row)._meta.get_field(path[0] if path else last), "verbose_name", last))
        display = getattr(value, f"get_{last}_display", None)
        said[label[:1].upper() + label[1:]] = display() if display else getattr(value, last, None)
    return said


def names_of(one: Held) -> tuple[str, ...]:
    """The columns that a copy shows; without a choice all that are not keys."""
    return one.shows or tuple(
        column.name for column in one.table()._meta.concrete_fields if not column.is_relation and not column.primary_key
    )


def relations_of(one: Held) -> list[str]:
    """What is to be selected with the rows."""
    return sorted({name.rsplit("__", 1)[0] for name in names_of(one) if "__" in name})
