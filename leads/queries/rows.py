"""The lines of lists of people: plain values read by one prepared statement, because a page draws fifty."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.urls import reverse

from core.prepared import Prepared
from leads.days import date_of
from leads.filters import NO_MARKS, Marks
from leads.models import Source, Standing, Tag
from leads.models.contact import name_of
from leads.queries.chips import Chip, Known
from users.models import User, initials_of

SOURCES: dict[str, str] = {str(value): str(label) for value, label in Source.choices}

_ROWS = Prepared(
    "lead_rows",
    ["bigint[]"],
    """SELECT s.contact_id, s.lifecycle, s.source, s.tag_ids, s.last_day, c.created_at, c.job_title, co.name,
    s.owner_id, u.name, c.first_name, c.last_name, c.email, c.phone,
    s.total, s.grade, s.fit, s.content + s.intent + s.conversation + s.social + s.product, s.day,
    c.country, s.two_way_day, s.persona_id, s.exclusion_id
FROM leads_standing s
JOIN leads_contact c ON c.id = s.contact_id
LEFT JOIN leads_company co ON co.id = c.company_id
LEFT JOIN users_user u ON u.id = s.owner_id
WHERE s.contact_id = ANY(%s)""",
)


class Owner(NamedTuple):
    """Whose it is, as far as a face goes."""

    pk: int
    name: str
    initials: str


class Judged(NamedTuple):
    """The score as a badge shows it."""

    total: int
    grade: str
    fit: int
    engagement: int
    day: int | None


class Row(NamedTuple):
    """One line of a list of people."""

    pk: int
    name: str
    job_title: str
    company: str
    lifecycle: str
    source: str  # as a person says it
    owner: Owner | None
    judged: Judged
    last_seen: date | None
    created_at: datetime
    chips: list[Chip]
    tags: list[Tag]
    url: str
    why_url: str
    email: str
    phone: str
    country: str
    last_two_way: date | None
    persona: str  # the one that suits best by the definition in force
    excluded: str  # what keeps them out by it

    @property
    def about(self) -> str:
        """Job and company."""
        return (
            f"{self.job_title}, {self.company}" if self.job_title and self.company else self.job_title or self.company
        )


@lru_cache(maxsize=1024)
def owner_of(pk: int, name: str) -> Owner:
    return Owner(pk, name, initials_of(name))


def rows_for(contact_ids: Iterable[int], *, user: User, now: datetime, tags: Iterable[Tag] = ()) -> list[Row]:
    """What templates/leads/_rows.html shows. Ids keep their order; those that the user may not see are left out."""
    wanted = list(contact_ids)
    seen = set(Standing.objects.visible_to(user).filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else ()
    return rows_of([pk for pk in wanted if pk in seen], now=now, tags=tags)


def rows_of(
    contact_ids: Iterable[int],
    *,
    now: datetime,
    tags: Iterable[Tag] | None = (),
    known: Known | None = None,
    marks: Callable[[], Marks] = Marks,
) -> list[Row]:
    """The same for ids that were read through `visible_to` just now. At most three queries.

    `tags` and what is `known` of the criteria are those already at hand; without tags where they are not shown. `marks`
    says which persona and which exclusion an id is; it is asked only where there are any.
    """
    wanted = list(contact_ids)
    if not wanted:
        return []
    found = {row[0]: row for row in _ROWS.rows([wanted])}
    known = known or Known(wanted, now=now)
    named = {tag.pk: tag for tag in tags or ()}
    if tags is not None and (missing := {tag for row in found.values() for tag in row[3]} - named.keys()):
        named |= Tag.objects.in_bulk(missing)
    # an address per row and cell would cost more than the queries
    url, why_url = (reverse(name, args=[0]).split("/0/", 1) for name in ("contact", "score_why"))
    is_marked = any(id_ is not None for row in found.values() for id_ in row[-2:])
    names = marks() if is_marked else NO_MARKS
    return [_row(found[pk], known.chips(pk), named, url, why_url, names) for pk in wanted if pk in found]


def _row(
    read: tuple[Any, ...], chips: list[Chip], named: dict[int, Tag], url: list[str], why_url: list[str], marks: Marks
) -> Row:
    pk, lifecycle, source, tag_ids, last_day, created_at, job_title, company, owner_id, owner, *rest = read
    first, last, email, phone, *judged, country, two_way_day, persona_id, exclusion_id = rest
    tags = [named[tag] for tag in tag_ids if tag in named]
    tags.sort(key=lambda tag: tag.name)
    return Row(
        pk,
        name_of(first, last, email, phone),
        job_title,
        company or "",
        lifecycle,
        SOURCES.get(source, source),
        None if owner_id is None else owner_of(owner_id, owner),
        Judged(*judged),
        None if last_day is None else date_of(last_day),
        created_at,
        chips,
        tags,
        f"{url[0]}/{pk}/{url[1]}",
        f"{why_url[0]}/{pk}/{why_url[1]}",
        email or "",
        phone,
        country,
        None if two_way_day is None else date_of(two_way_day),
        marks.personas.get(persona_id, ""),
        marks.exclusions.get(exclusion_id, ""),
    )
