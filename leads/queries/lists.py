"""The list of leads, by keyset on Standing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import IntegerField, Q, QuerySet
from django.db.models.functions import Coalesce
from django.urls import reverse

from core import keyset
from leads.days import date_of, day_of
from leads.filters import GRADES, TWO_WAY_DAYS, LeadFilter, month_range
from leads.models import Company, Contact, Lifecycle, Source, Standing, StandingQuerySet, Tag
from leads.queries.chips import Chip, chips_for
from users.models import User

PAGE_SIZE = 50
MOST_TAGS = 500
SOURCES: dict[str, str] = {str(value): str(label) for value, label in Source.choices}
# sort -> columns whose values, together, are unique
KEYS: dict[str, list[tuple[str, type]]] = {
    "score": [("total", int), ("contact_id", int)],
    "new": [("contact__created_at", datetime), ("contact_id", int)],
    "seen": [("seen_day", int), ("contact_id", int)],
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list of people."""

    standing: Standing
    chips: list[Chip]
    tags: list[Tag]
    name: str
    url: str
    why_url: str

    @property
    def contact(self) -> Contact:
        return self.standing.contact

    @property
    def company(self) -> Company | None:
        return self.standing.contact.company

    @property
    def about(self) -> str:
        """Job and company."""
        contact = self.standing.contact
        company = contact.company
        return ", ".join(filter(None, (contact.job_title, company.name if company else "")))

    @property
    def source(self) -> str:
        return SOURCES.get(self.standing.source, self.standing.source)

    @property
    def last_seen(self) -> date | None:
        return None if self.standing.last_day is None else date_of(self.standing.last_day)

    @property
    def last_two_way(self) -> date | None:
        return None if self.standing.two_way_day is None else date_of(self.standing.two_way_day)


def matching(words: Iterable[str], column: str = "search_text") -> Q:
    """Every word is in the search column; one or two letters only at the start of a word (the index needs three)."""
    found = Q()
    for word in words:
        if len(word) >= 3:
            found &= Q(**{f"{column}__contains": word})
        else:
            found &= Q(**{f"{column}__startswith": word}) | Q(**{f"{column}__contains": f" {word}"})
    return found


def people(user: User, wanted: LeadFilter, *, now: datetime, hot_from: int | None = None) -> StandingQuerySet:
    """Standings of those whom the filter wants and the user may see. `hot_from` is the least score of a hot lead."""
    rows = Standing.objects.visible_to(user)
    if wanted.words:
        rows = rows.filter(matching(wanted.words, "contact__search_text"))
    if wanted.owner:
        rows = rows.filter(owner={"mine": user.pk, "nobody": None}.get(wanted.owner, wanted.owner))
    if wanted.lifecycle:
        rows = rows.filter(lifecycle=wanted.lifecycle)
    if wanted.source:
        rows = rows.filter(source=wanted.source)
    if wanted.tag is not None:
        rows = rows.filter(tag_ids__contains=[wanted.tag]) if wanted.tag < 2**31 else rows.none()
    if wanted.min is not None:
        rows = rows.filter(total__gte=wanted.min)
    if wanted.max is not None:
        rows = rows.filter(total__lte=wanted.max)
    if wanted.grade:
        rows = rows.filter(grade__in=[grade for grade in GRADES if grade.startswith(wanted.grade)])
    if wanted.two_way:
        rows = rows.filter(two_way_day__gt=day_of(now) - TWO_WAY_DAYS)
    if months := month_range(wanted.month):
        rows = rows.filter(contact__created_at__gte=months[0], contact__created_at__lt=months[1])
    if wanted.view in {"mine", "nobody"}:
        rows = rows.filter(owner=user if wanted.view == "mine" else None)
    elif wanted.view == "hot":
        rows = rows.filter(lifecycle=Lifecycle.LEAD, is_qualified=False)
        rows = rows.none() if hot_from is None else rows.filter(total__gte=hot_from)
    elif wanted.view == "week":
        rows = rows.filter(contact__created_at__gte=now - timedelta(days=7))
    return rows


def list_page(
    rows: "QuerySet[Standing]", *, sort: str = "-score", after: str = "", before: str = "", size: int = PAGE_SIZE
) -> "keyset.Page[Standing]":
    """One page of standings with what a row shows, in the order of `sort`. One query."""
    key = sort.removeprefix("-")
    if key == "seen":  # as the index is: never seen is the longest ago
        rows = rows.annotate(seen_day=Coalesce("last_day", -1, output_field=IntegerField()))
    return keyset.page(
        _with_people(rows),
        by=KEYS[key],
        descending=sort.startswith("-"),
        after=after,
        before=before,
        size=size,
    )


def _with_people(rows: "QuerySet[Standing]") -> "QuerySet[Standing]":
    """With all that a row shows; what is long and not shown is left where it is."""
    unseen = ["search_text", "custom", "created_at"]
    return rows.select_related("contact__company", "owner").defer(
        *(f"contact__{name}" for name in ("search_text", "custom", "updated_at")),
        *(f"contact__company__{name}" for name in unseen),
        *("owner__password", "owner__email", "owner__created_at"),
    )


def rows_for(
    standings: "Iterable[Standing] | Iterable[int]", *, user: User, now: datetime, tags: Iterable[Tag] = ()
) -> list[Row]:
    """What templates/leads/_rows.html shows: for standings (as from `list_page`) or for ids of contacts.

    Ids keep their order, and those that the user may not see are left out. At most three queries; `tags` are those
    already at hand.
    """
    wanted = list(standings)
    known = [row for row in wanted if isinstance(row, Standing)]
    if ids := [row for row in wanted if isinstance(row, int)]:
        found = {row.pk: row for row in _with_people(Standing.objects.visible_to(user).filter(pk__in=ids))}
        known = [found[pk] for pk in ids if pk in found]
    chips = chips_for([row.pk for row in known], now=now)
    named = {tag.pk: tag for tag in tags}
    if missing := {tag for row in known for tag in row.tag_ids} - named.keys():
        named |= Tag.objects.in_bulk(missing)
    # an address per row and cell would cost more than the queries
    url, why_url = (reverse(name, args=[0]).split("/0/", 1) for name in ("contact", "score_why"))
    return [
        Row(
            row,
            chips[row.pk],
            sorted((named[pk] for pk in row.tag_ids if pk in named), key=lambda tag: tag.name),
            name=row.contact.name,
            url=f"/{row.pk}/".join(url),
            why_url=f"/{row.pk}/".join(why_url),
        )
        for row in known
    ]


def tag_choices() -> list[Tag]:
    """Tags to choose from, by name."""
    return list(Tag.objects.order_by("name")[:MOST_TAGS])
