"""How hand-offs go, and the lists behind each number; what brings back whom we let go."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from core.answers import fill_in, wants_part
from core.forms import posted
from pipeline import services
from pipeline.hand_off_forms import ReturnRuleForm
from pipeline.models import HandOffState, RejectReason
from pipeline.queries import acceptance as asked
from pipeline.queries.acceptance import GROUPS, LATELY, NONE, PERIODS, Figures, Wanted
from pipeline.queries.recycling import named_reasons, rules
from pipeline.queries.recycling import resting as rests_for
from users.access import SignedInRequest, requires
from users.models import User
from users.roles import Can


@require_safe
@requires(Can.SEE_FUNNEL)
def acceptance(request: SignedInRequest) -> HttpResponse:
    """Rates with how sure they are, times, reasons; by source, campaign, definition, rep, rule."""
    days, by = request.GET.get("days", "90"), request.GET.get("by", "source")
    shown = asked.acceptance(request.user, days=days, by=by, now=timezone.now())
    days = shown.total.wanted.days
    here = reverse("acceptance")
    context = {
        "acceptance": shown,
        "list_url": reverse("hand_offs"),
        "tiles": _tiles(shown.total),
        "reasons": [
            {"label": label, "value": n, "text": str(n), "url": f"{reverse('hand_offs')}?{query}"}
            for label, n, query in shown.total.top_reasons
        ],
        "by_label": GROUPS[shown.by],
        "periods": [
            {"label": label, "url": f"{here}?days={key}&by={shown.by}", "active": key == days}
            for key, label in PERIODS.items()
        ],
        "tabs": [
            {"label": f"By {label.lower()}", "url": f"{here}?days={days}&by={key}", "active": key == shown.by}
            for key, label in GROUPS.items()
        ],
    }
    return render(request, "pipeline/acceptance.html", context)


def _tiles(total: Figures) -> list[dict[str, Any]]:
    """What a manager reads first; each leads to its list."""
    here = reverse("hand_offs")
    return [
        {
            "label": "Accepted",
            "value": total.rate.percent,
            "note": f"{total.accepted} of {total.decided} decided; {total.rate.range}",
            "url": f"{here}?{total.accepted_query}",
            "tone": "prospect",
        },
        {
            "label": "Time to accept",
            "value": total.answer_words,
            "note": f"median of {len(total.answered)} that were offered",
            "url": f"{here}?{total.accepted_query}",
        },
        {
            "label": "Time to first response",
            "value": total.response_words,
            "note": f"median of {len(total.responded)} with a call, mail, meeting or reply",
            "url": f"{here}?{total.responded_query}",
        },
        {
            "label": "Wait for an answer",
            "value": f"{total.waiting:,}",
            "note": "offers that nobody has answered yet",
            "url": f"{here}?{total.waiting_query}",
        },
    ]


@require_safe
@requires(Can.SEE_FUNNEL, Can.WORK_PIPELINE)
def hand_offs(request: SignedInRequest) -> HttpResponse:
    """The hand-offs themselves, the newest first; a rep's are the team's."""
    wanted, now = Wanted.read(request.GET), timezone.now()
    page = asked.listed(
        request.user, wanted, now=now, after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    here, query = reverse("hand_offs"), wanted.query()
    context: dict[str, Any] = {
        "rows": [(row, asked.in_words(asked.answered_in(row))) for row in page.rows],
        "filters": _filters(wanted),
        "kept": {
            name: getattr(wanted, name)
            for name in ("source", "campaign", "version", "rep", "rule", "promoted", "override", "response", "ended")
            if getattr(wanted, name)
        },
        "narrowed": _narrowed(wanted, request.user),
        "newer": f"{here}?{query}&before={page.before}" if page.before else "",
        "older": f"{here}?{query}&after={page.after}" if page.after else "",
        "sees_figures": request.user.can(Can.SEE_FUNNEL),
        "me": request.user.pk,
    }
    return render(request, f"pipeline/hand_offs.html{'#list' if wants_part(request) else ''}", context)


def _filters(wanted: Wanted) -> list[dict[str, Any]]:
    periods = [*((key, label) for key, label in LATELY.items() if key == wanted.days), *PERIODS.items()]
    return [
        {"name": "days", "label": "In the last", "choices": periods, "value": wanted.days},
        {
            "name": "state",
            "label": "State",
            "choices": [("", "any"), ("decided", "Decided"), ("taken", "Waiting or accepted"), *HandOffState.choices],
            "value": wanted.state,
        },
        {
            "name": "reason",
            "label": "Reason",
            "choices": [("", "any"), *RejectReason.choices],
            "value": wanted.reason,
        },
    ]


def _narrowed(wanted: Wanted, reader: User) -> list[str]:
    """What the address asks for besides the filters that are shown, in words."""
    words = {"source": "Source", "campaign": "Campaign", "rule": "Rule", "promoted": "Promoted"}
    said = [f"{label}: {getattr(wanted, name)}" for name, label in words.items() if getattr(wanted, name)]
    if wanted.version:
        said.append("No definition" if wanted.version == NONE else f"Definition v{wanted.version}")
    if wanted.rep:
        said.append(f"Rep: {_name_of(wanted.rep, reader)}")
    if wanted.override:
        said.append(f"Promoted {'although' if wanted.override == 'yes' else 'not where'} the definition was not met")
    if wanted.response:
        said.append("With a response" if wanted.response == "yes" else "Without a response")
    if wanted.ended:
        said.append("Accepted, and closed by now" if wanted.ended == "closed" else f"Accepted, and {wanted.ended}")
    return said


def _name_of(rep: str, reader: User) -> str:
    """A rep whom the address names by number, if the reader may see what is theirs."""
    if rep == NONE:
        return "nobody yet"
    seen = User.objects.filter(pk=rep)
    if not reader.sees_everything:
        seen = seen.filter(pk__in=reader.visible_owner_ids)
    return seen.values_list("name", flat=True).first() or "somebody else"


@require_safe
@requires(Can.MANAGE_STAGES)
def recycling(request: SignedInRequest) -> HttpResponse:
    """Settings → Recycling: what each reason leads to."""
    return render(request, "pipeline/recycling.html", {"rules": rules()})


@require_safe
@requires(Can.MANAGE_STAGES)
def resting(request: SignedInRequest, reason: str) -> HttpResponse:
    """Who rests for a reason, behind its number."""
    label = named_reasons().get(reason)
    if label is None:
        raise Http404
    page = rests_for(request.user, reason, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    here = reverse("resting", args=[reason])
    context = {
        "label": label,
        "rows": page.rows,
        "newer": f"{here}?before={page.before}" if page.before else "",
        "older": f"{here}?after={page.after}" if page.after else "",
    }
    return render(request, "pipeline/resting.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Can.MANAGE_STAGES)
def return_rule(request: SignedInRequest, reason: str) -> HttpResponse:
    """What brings back whom we let go for this reason."""
    label = named_reasons().get(reason)
    if label is None:
        raise Http404
    kept = next(row.rule for row in rules() if row.rule.reason == reason)

    def save(given: dict[str, Any]) -> str:
        services.save_rule(reason=reason, **given)
        return "Saved. It counts for whom we let go from now on."

    form = ReturnRuleForm(posted(request), initial={"by": kept.by, "months": kept.months})
    return fill_in(request, form, save, back=reverse("settings_recycling"), title=label, button="Save")
