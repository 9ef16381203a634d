"""What is done to several opportunities of the board or the list at once, and undone."""

from datetime import date

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_POST

from core.answers import back, done, went_wrong
from core.errors import Refused
from leads.filters import number
from pipeline import services
from pipeline.models import Opportunity
from pipeline.services.facts import UNCHANGED
from pipeline.views.bands import seller
from users.access import SignedInRequest, requires
from users.models import User
from users.roles import Can

CHANGED = "board-changed"  # what shows opportunities asks again
NAMED = 3


@require_POST
@requires(Can.WORK_PIPELINE)
def bulk(request: SignedInRequest) -> HttpResponse:
    """Another owner, expected day, priority, tag or stage for the chosen; what could not be done is said by name."""
    home = back(request, reverse("pipeline_list"))
    try:
        stage = request.POST.get("stage", "")
        outcome = services.change_many(
            chosen=_chosen(request),
            owner=_owner(request),
            expected_close=_day(request.POST.get("expected_close", "")),
            priority=request.POST.get("priority") or UNCHANGED,
            add_tag=request.POST.get("add_tag", ""),
            drop_tag=request.POST.get("drop_tag", ""),
            stage_id=(number(stage) or 0) if stage else None,
            actor=request.user,
            now=timezone.now(),
        )
    except Refused as refused:
        return went_wrong(request, str(refused), url=home)
    undo = reverse("pipeline_undo", args=[outcome.change.pk]) if outcome.change else ""
    text = in_words(outcome.changed, "changed", outcome.left)
    return done(request, url=home, text=text, undo=undo, event=CHANGED, tone="warning" if outcome.left else "success")


@require_POST
@requires(Can.WORK_PIPELINE)
def undo(request: SignedInRequest, pk: int) -> HttpResponse:
    """Put back what somebody did a moment ago: a move, or a change of several."""
    home = back(request, reverse("pipeline"))
    try:
        outcome = services.undo_change(pk, actor=request.user, now=timezone.now())
    except Refused as refused:
        return went_wrong(request, str(refused), url=home)
    text = in_words(outcome.changed, "as before", outcome.left) if outcome.left else "Undone."
    if outcome.answered:
        text += f" The offer of {_some(outcome.answered)} stays answered, because the time to answer it is over."
    tone = "warning" if outcome.left or outcome.answered else "info"
    return done(request, url=home, text=text, event=CHANGED, tone=tone)


def in_words(changed: int, what: str, left: list[tuple[str, str]]) -> str:
    """How many were changed, and which were not and why: the first by name."""
    said = f"{changed:,} opportunit{'y' if changed == 1 else 'ies'} {what}."
    if left:
        why = [f"{name} ({reason.rstrip('.')})" for name, reason in left]
        said += f" Left as they were: {_some(why)}."
    return said


def _some(names: list[str]) -> str:
    """The first of them, and how many more."""
    more = [f"and {len(names) - NAMED} more"] if len(names) > NAMED else []
    return "; ".join([*names[:NAMED], *more])


def _chosen(request: SignedInRequest) -> dict[int, int | None]:
    """The ids that are meant, as far as the user may see them, with the versions that were seen ("17.4")."""
    given: dict[int, int | None] = {}
    for text in request.POST.getlist("ids")[: services.MOST_AT_ONCE + 1]:
        pk, _, version = text.partition(".")
        if found := number(pk):
            given[found] = number(version)
    seen = set(Opportunity.objects.visible_to(request.user).filter(pk__in=given).values_list("pk", flat=True))
    if not seen:
        raise Refused("Choose at least one opportunity first.")
    return {pk: version for pk, version in given.items() if pk in seen}


def _owner(request: SignedInRequest) -> User | None:
    """The colleague that was chosen, None for nobody, UNCHANGED when none was."""
    asked = request.POST.get("owner", "")
    if not asked:
        return UNCHANGED  # type: ignore[no-any-return]
    return seller(request.user, asked)


def _day(text: str) -> date | None:
    if not text:
        return UNCHANGED  # type: ignore[no-any-return]
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None:
        raise Refused(expected_close="Write the day as 2026-06-30.")
    return found
