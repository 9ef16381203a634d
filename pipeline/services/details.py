"""What else is known of an opportunity: who takes part on our side, against whom, words and fields of one's own."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse

from activities.notices import Topic
from activities.services import notify
from core.errors import Refused
from leads import custom as rules
from leads import normalise
from leads.models import Tag
from leads.services import custom_rules
from pipeline.models import Competitor, Opportunity
from pipeline.services.rows import hold_opportunity, store
from users.models import User
from users.roles import Can

MOST = 20
MOST_COMPETITORS = 500
LONGEST_TAG = 40


@transaction.atomic
def save_competitor(*, name: str, is_active: bool = True, competitor: Competitor | None = None) -> Competitor:
    """Somebody who sells to the same people, new or changed."""
    row = competitor or Competitor()
    row.name, row.is_active = normalise.line(name), is_active
    if not 1 <= len(row.name) <= 80:
        raise Refused(name="A competitor has a name of 1 to 80 characters.")
    if competitor is None and Competitor.objects.count() >= MOST_COMPETITORS:
        raise Refused(f"There are {MOST_COMPETITORS} competitors already.")
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Refused(name=f"There is a competitor {row.name} already.") from None
    return row


@transaction.atomic
def set_details(
    *,
    opportunity_id: int,
    actor: User,
    now: datetime,
    version: int | None = None,
    tags: str | None = None,
    competitors: Collection[Competitor] | None = None,
    co_owners: Collection[User] | None = None,
    custom: Mapping[str, Any] | None = None,
) -> Opportunity:
    """Tags (with commas), competitors, co-owners, custom fields; what is not given stays.

    Co-owners see the opportunity and may change it; the forecast stays with the owner. Also of a closed one: what is
    known of it afterwards counts, too.
    """
    opportunity = hold_opportunity(opportunity_id, version)
    if co_owners is not None:
        _share(opportunity, co_owners, actor=actor, now=now)
    if competitors is not None:
        if len(competitors) > MOST:
            raise Refused(competitors=f"At most {MOST} competitors.")
        opportunity.competitors.set(competitors)
    if tags is not None:
        opportunity.tags.set(_tags(tags))
    if custom is not None:
        kept = opportunity.custom | rules.clean(custom, custom_rules("opportunity"))
        opportunity.custom = {key: value for key, value in kept.items() if value is not None}
    store(opportunity, ["custom"], now=now)
    return opportunity


@transaction.atomic
def retag(
    *, opportunity_id: int, now: datetime, add: Tag | None = None, drop: Tag | None = None, version: int | None = None
) -> Opportunity:
    """Put one tag on and take another off; where nothing changes it stays the version that it is."""
    opportunity = hold_opportunity(opportunity_id, version)
    has = set(opportunity.tags.values_list("pk", flat=True))
    wanted = (has | ({add.pk} if add else set())) - ({drop.pk} if drop else set())
    if wanted == has:
        return opportunity
    if len(wanted) > max(MOST, len(has)):
        raise Refused(tags=f"It has {MOST} tags already.")
    opportunity.tags.set(wanted)
    store(opportunity, [], now=now)
    return opportunity


def _share(opportunity: Opportunity, people: Collection[User], *, actor: User, now: datetime) -> None:
    if len(people) > MOST:
        raise Refused(co_owners=f"At most {MOST} co-owners.")
    before = set(opportunity.co_owners.values_list("pk", flat=True))
    for person in people:
        if person.pk in before:  # whoever has left since stands in nobody's way
            continue
        if not person.is_active or not person.can(Can.WORK_PIPELINE):
            raise Refused(co_owners=f"{person} cannot work on opportunities. Choose reps or managers.")
        if person.pk == opportunity.owner_id:
            raise Refused(co_owners=f"{person} owns it already.")
    opportunity.co_owners.set(people)
    told = [person.pk for person in people if person.pk not in before and person != actor]
    if told:
        notify(
            user_ids=told,
            topic=Topic.HAND_OFF,
            key=f"co-owner:{opportunity.pk}:{opportunity.version}",
            text=f"{actor} made you a co-owner of {opportunity.name}",
            url=reverse("opportunity", args=[opportunity.pk]),
            now=now,
        )


def _tags(text: str) -> list[Tag]:
    names = list(dict.fromkeys(name for part in text.split(",") if (name := normalise.line(part))))
    if len(names) > MOST:
        raise Refused(tags=f"At most {MOST} tags.")
    if any(len(name) > LONGEST_TAG for name in names):
        raise Refused(tags=f"A tag has at most {LONGEST_TAG} characters.")
    Tag.objects.bulk_create([Tag(name=name) for name in names], ignore_conflicts=True)
    return list(Tag.objects.filter(name__in=names))
