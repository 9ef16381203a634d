"""The queue of people who may be in here twice."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from core.answers import done, go_to, wants_part, went_wrong
from core.errors import Refused
from core.keyset import BIGGEST, capped_count
from core.tasks import enqueue
from leads import services, tasks
from leads.models import Duplicate, DuplicateState
from leads.queries import duplicates
from leads.services.duplicates import survivor_first
from users.access import SignedInRequest, requires
from users.roles import Can


def _state(request: SignedInRequest) -> str:
    state = request.GET.get("state", "")
    return state if state in DuplicateState.values else DuplicateState.OPEN.value


@require_safe
@requires(Can.EDIT_LEADS)
def index(request: SignedInRequest) -> HttpResponse:
    """Pairs, surest first."""
    state = _state(request)
    rows = duplicates.pairs(request.user, state=state)
    found = duplicates.pairs_page(rows, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    here = f"{reverse('duplicates')}?state={state}"
    context = {
        "pairs": found.rows,
        "state": state,
        "tabs": [
            {"label": label, "url": f"{reverse('duplicates')}?state={value}", "active": value == state}
            for value, label in DuplicateState.choices
        ],
        "count": capped_count(rows),
        "exact": capped_count(duplicates.pairs(request.user, exact=True)) if state == DuplicateState.OPEN else 0,
        "newer": f"{here}&before={found.before}" if found.before else "",
        "older": f"{here}&after={found.after}" if found.after else "",
        "export": f"state={state}",
    }
    return render(request, f"leads/duplicates.html{'#list' if wants_part(request) else ''}", context)


def _pair_of(request: SignedInRequest, pk: int) -> Duplicate:
    return get_object_or_404(Duplicate.objects.visible_to(request.user).filter(pk__lte=BIGGEST), pk=pk)


@require_safe
@requires(Can.EDIT_LEADS)
def show(request: SignedInRequest, pk: int) -> HttpResponse:
    """Both beside each other, the one we would keep first."""
    pair = _pair_of(request, pk)
    survivor, former = survivor_first((pair.first_id, pair.second_id))
    return redirect(f"{reverse('contact_merge', args=[survivor, former])}?queue")


@require_POST
@requires(Can.EDIT_LEADS)
def decide(request: SignedInRequest, pk: int) -> HttpResponse:
    """Not a duplicate, later, or open again; then on to the next pair."""
    pair = _pair_of(request, pk)
    following = duplicates.next_pair(request.user, pair)
    home = reverse("duplicates")
    try:
        services.duplicates.decide(pair.pk, request.POST.get("state", ""), by=request.user, now=timezone.now())
    except Refused as refused:
        return went_wrong(request, str(refused), url=home)
    if "queue" in request.POST and following is not None:
        return go_to(request, reverse("duplicate", args=[following.pk]))
    return done(request, url=home)


@require_POST
@requires(Can.EDIT_LEADS)
def merge_exact(request: SignedInRequest) -> HttpResponse:
    """Merge all pairs that are certain; a worker does it."""
    count = capped_count(duplicates.pairs(request.user, exact=True))
    if count:
        enqueue(tasks.merge_exact, user_id=request.user.pk)
    text = "They are being merged in the background; each can be undone on its page." if count else "There is none."
    return done(request, url=reverse("duplicates"), text=text)
