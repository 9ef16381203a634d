"""What to do first where nobody has become an opportunity yet."""

from dataclasses import dataclass

from django.urls import reverse

from pipeline.models import Opportunity
from pipeline.queries import Filters
from users.models import User
from users.roles import Can

_HOW = "A lead that meets the definition becomes an opportunity and is offered to a rep on Today"
_SELL = f"{_HOW}; you can also promote one on its page. From then on its card moves here from stage to stage."
_READ = f"{_HOW}. From then on its card stands here, in the stage that it has come to."


@dataclass(frozen=True, slots=True)
class Beginning:
    """What belongs here, and where to begin; the first link is what helps most."""

    text: str
    links: list[tuple[str, str]]


def begin(user: User, wanted: Filters, count: int) -> Beginning | None:
    """For somebody who has no opportunity to see; none once there is one. One query, where a page shows none."""
    if count or wanted.wrong or Opportunity.objects.visible_to(user).exists():
        return None
    links = [(reverse("leads"), "Leads"), (reverse("definition"), "What a prospect is")]
    if not user.can(Can.WORK_PIPELINE):
        return Beginning(_READ, links)
    if user.can(Can.MANAGE_STAGES):
        links += [(reverse("settings_stages"), "Stages"), (reverse("settings_routing"), "Who gets which lead")]
    return Beginning(_SELL, links)
