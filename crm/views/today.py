"""Today: the first page, another one for each role."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.views.decorators.http import require_safe

from core.components.numbers import money
from crm import queries
from leads.models import Contact
from pipeline.exchange import Together
from pipeline.models import Opportunity, StageKind
from pipeline.queries import Totals
from pipeline.queries.hand_offs import suggestions_for, waiting_for
from pipeline.views.hand_offs import shown as offers_shown
from reports.queries import ForecastHeadline
from users.access import SignedInRequest
from users.roles import Can, Role

Tile = dict[str, Any]


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _sum(totals: Totals, in_one: Together | None = None) -> str:
    """Money per currency, or in the reporting one; nothing at all is zero, of unknown amount is a dash."""
    if in_one is not None:
        sum_of = money(in_one.amount, in_one.currency, compact=True)
        return format_html('<span title="{}">≈ {}</span>', in_one.words, sum_of)
    if not totals.count:
        return money(0, "EUR", compact=True)
    if not totals.sums:
        return money(None)
    return format_html_join(" + ", "{}", [(money(one.amount, one.currency, compact=True),) for one in totals.sums])


def _deals(totals: Totals, in_one: Together | None = None) -> str:
    note = _counted(totals.count, "opportunity", "opportunities")
    unknown = f"{totals.unknown} without amount" if totals.unknown else ""
    return ", ".join(filter(None, [note, unknown, in_one.without if in_one else ""]))


@require_safe
def today(request: SignedInRequest) -> HttpResponse:
    """What waits for this person."""
    user, now = request.user, timezone.now()
    shown: dict[str, Any] = {"now": now, "can_edit": user.can(Can.EDIT_LEADS)}
    if user.can(Can.WORK_PIPELINE):
        shown |= {
            "offers": offers_shown(request, waiting_for(user)),
            "suggestions": suggestions_for(user),
            "can_work": True,
            "is_today": True,
        }
    if user.role == Role.REP:
        rep = queries.rep_day(user, now=now)
        return render(request, "crm/today_rep.html", shown | {"day": rep, "tiles": _rep_tiles(rep)})
    if user.role == Role.MARKETER:
        marketer = queries.marketer_day(user, now=now, shown=None if request.GET.get("near") == "all" else 10)
        shown["start"] = queries.first_steps(user, without=Contact) if marketer.is_quiet else None
        return render(request, "crm/today_marketer.html", shown | {"day": marketer, "tiles": _marketer_tiles(marketer)})
    manager = queries.manager_day(user, now=now)
    shown["start"] = queries.first_steps(user, without=Opportunity) if manager.is_quiet else None
    return render(
        request,
        "crm/today_manager.html",
        shown
        | {"day": manager, "tiles": _manager_tiles(manager)}
        | {"sellers": manager.sellers if request.GET.get("team") == "all" else manager.first_sellers},
    )


def _rep_tiles(day: queries.RepDay) -> list[Tile]:
    deals, opportunities = day.deals, reverse("pipeline_list")
    won, closing = (deals.in_one.get(kind) for kind in (StageKind.WON, StageKind.OPEN))
    late = sum(1 for row in day.follow_ups if row.due_at < timezone.now())
    return [
        {
            "label": "Won this month",
            "value": _sum(deals.won, won),
            "note": _deals(deals.won, won),
            "url": f"{opportunities}?{deals.won_query}",
            "tone": "customer",
        },
        {
            "label": "To close this month",
            "value": _sum(deals.closing_totals, closing),
            "note": _deals(deals.closing_totals, closing),
            "url": f"{opportunities}?{deals.closing_query}",
        },
        {
            "label": "Follow-ups due",
            "value": f"{len(day.follow_ups):,}",
            "note": f"{late} late" if late else "none late",
            "url": "#follow-ups",
        },
        {
            "label": "Handed to you",
            "value": f"{len(deals.handed_over):,}",
            "note": "nobody has touched them yet",
            "url": "#handed",
        },
    ]


def _marketer_tiles(day: queries.MarketerDay) -> list[Tile]:
    leads = reverse("leads")
    tiles: list[Tile] = [
        {
            "label": "New leads, last 7 days",
            "value": f"{day.new:,}",
            "note": f"{day.new_before:,} in the 7 days before",
            "url": f"{leads}?view=week",
            "now": day.new,
            "before": day.new_before,
        },
        {
            "label": "Miss one thing",
            "value": f"{day.near_count:,}",
            "note": "leads that one answer would qualify",
            "url": "?near=all#near",
        },
    ]
    steps = {step.key: step for step in day.funnel.steps}
    for key in ("accepted", "won"):
        if step := steps.get(key):
            tiles.append(
                {
                    "label": step.label,
                    "value": f"{step.count:,}",
                    "note": f"of the leads of {day.funnel.months} months; {step.before:,} of those before",
                    "url": f"{reverse('funnel_contacts')}?{step.query}",
                }
            )
    return tiles


def _likely(head: ForecastHeadline) -> str:
    """The range of the month, when enough is known to tell one."""
    if head.likely is None:
        return ""
    low, high = (money(amount, head.currency, compact=True) for amount in (head.likely.low, head.likely.high))
    return format_html("8 times of 10 between {} and {}", low, high)


def _manager_tiles(day: queries.ManagerDay) -> list[Tile]:
    head, opportunities = day.forecast, reverse("pipeline_list")
    return [
        {
            "label": "Expected this month",
            "value": money(head.expected, head.currency, compact=True),
            "note": _likely(head) or "closed, and open weighted by stage",
            "url": reverse("forecast"),
        },
        {
            "label": "Closed this month",
            "value": money(head.closed.amount, head.currency, compact=True),
            "note": _counted(head.closed.count, "opportunity", "opportunities"),
            "url": f"{opportunities}?{head.closed.query}",
            "tone": "customer",
        },
        {
            "label": "Open, due this month",
            "value": money(head.due.amount, head.currency, compact=True),
            "note": format_html(
                "{}, weighted {}",
                _counted(head.due.count, "opportunity", "opportunities"),
                money(head.due.weighted, head.currency, compact=True),
            ),
            "url": f"{opportunities}?{head.due.query}",
        },
        {
            "label": "Overdue",
            "value": money(head.overdue.amount, head.currency, compact=True),
            "note": f"{_counted(head.overdue.count, 'opportunity', 'opportunities')} past the expected day",
            "url": f"{opportunities}?{head.overdue.query}",
            "tone": "alarm" if head.overdue.count else "",
        },
    ]
