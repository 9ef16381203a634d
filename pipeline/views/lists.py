"""The list of opportunities: beside the board, and behind every number of the forecast."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.answers import wants_part
from core.export import newest_first
from pipeline import queries
from pipeline.models import Category, LostReason, Stage
from pipeline.periods import later
from pipeline.queries import Filters
from pipeline.queries.filters import COUNTED, period_named
from pipeline.views.board import owner_filters, sellers
from users.access import SignedInRequest, requires
from users.exports import send
from users.list_bar import ListBar
from users.roles import Can

STATES = [("open", "Open"), ("won", "Won"), ("lost", "Lost"), ("all", "All")]


@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """The list with its true sums; to htmx only the list."""
    now = timezone.now()
    wanted = Filters.parse(request.GET)
    address = reverse("pipeline_list")
    bar = ListBar.read(request.user, request.GET, page="pipeline_list", path=address, query=wanted.query())
    if not request.GET and bar.first:
        return redirect(bar.first)
    rows = queries.listed(request.user, wanted, now=now)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = queries.list_page(rows, sort=wanted.sort, after=after, before=before)
    known = queries.pipelines(retired=True)

    def here(**changes: object) -> str:
        return bar.address(wanted.query(**changes))

    context: dict[str, Any] = {
        "cards": queries.cards_of(page.rows, now=now),
        "wanted": wanted,
        "today": now.date(),
        "totals": queries.total(rows),
        "said": _said(wanted, [stage for one in known for stage in queries.stages_of(one)]),
        "base": here(sort="-changed"),
        "bar": bar,
        "tabs": bar.tabs(
            {
                "label": label,
                # where the list opens with a saved view, the plain address would be that
                "url": f"{address}?{wanted.query(state=key) or 'state=open'}",
                "active": wanted.state == key,
            }
            for key, label in STATES
        ),
        "older": bar.address(bar.query, f"after={page.after}") if page.after else "",
        "newer": bar.address(bar.query, f"before={page.before}") if page.before else "",
    }
    if not wants_part(request):
        context |= {"filters": _filters(request, wanted, known, now.date()), "kept": _kept(wanted) | bar.kept}
    return render(request, f"pipeline/list.html{'#list' if wants_part(request) else ''}", context)


@require_safe
@requires(Can.EXPORT_LISTS)
def export(request: SignedInRequest, format: str) -> HttpResponse:
    """What the list's filters leave, as a file, newest first."""
    now = timezone.now()
    wanted = Filters.parse(request.GET)
    rows = (
        queries.listed(request.user, wanted, now=now)
        .select_related("pipeline", "stage", "contact", "company", "owner")
        .prefetch_related("items")
    )
    header = ["Number", "Opportunity", "Pipeline", "Stage", "State", "Amount", "Currency", "Probability %"]
    header += ["Expected close", "Closed", "Lost because", "Contact", "E-mail", "Company", "Owner", "Next step"]
    header += ["Products", "Created", "Changed"]

    def cells() -> Iterator[list[Any]]:
        for row in newest_first(rows.defer("snapshot", "search_text")):
            yield [
                row.pk, row.name, row.pipeline.name, row.stage.name, row.stage.get_kind_display(), row.amount,
                row.currency, row.stage.probability, row.expected_close, row.closed_at, row.get_lost_reason_display(),
                row.contact.name, row.contact.email, str(row.company or ""), str(row.owner or ""), row.next_step,
                "; ".join(item.said for item in row.items.all()), row.created_at, row.changed_at,
            ]  # fmt: skip

    return send(request, format, header, cells(), name="opportunities")


def _filters(request: SignedInRequest, wanted: Filters, known: list[Any], today: Any) -> list[dict[str, Any]]:
    """The filter bar."""
    filters: list[dict[str, Any]] = []
    if wanted.state in ("open", "all"):
        several = len(known) > 1
        stages = [
            (stage.pk, f"{one.name}: {stage.name}" if several else stage.name)
            for one in known
            for stage in queries.stages_of(one)
        ]
        filters.append(
            {"name": "stage", "label": "Stage", "value": wanted.stage or "", "choices": [("", "any"), *stages]}
        )
    filters += owner_filters(sellers(request.user), wanted)
    if wanted.state == "open":
        months = [later(today.replace(day=1), step) for step in range(-3, 9)]
        choices = [("", "any"), ("none", "no date"), *((f"{one:%Y-%m}", f"{one:%B %Y}") for one in months)]
        if wanted.expected and wanted.expected not in dict(choices):
            choices.append((wanted.expected, _month_words(wanted.expected)))
        filters.append({"name": "expected", "label": "Expected close", "value": wanted.expected, "choices": choices})
    else:
        months = [later(today.replace(day=1), -step) for step in range(12)]
        choices = [("", "any"), *((f"{one:%Y-%m}", f"{one:%B %Y}") for one in months)]
        if wanted.closed and wanted.closed not in dict(choices):
            choices.append((wanted.closed, _month_words(wanted.closed)))
        filters.append({"name": "closed", "label": "Closed in", "value": wanted.closed, "choices": choices})
    if wanted.state == "lost":
        reasons = [("", "any"), *LostReason.choices]
        filters.append({"name": "reason", "label": "Reason", "value": wanted.reason, "choices": reasons})
    return filters


def _month_words(text: str) -> str:
    period = period_named(text.strip("+-"))
    if period is None:
        return text
    before, after = ("until " if text.startswith("-") else ""), (" and later" if text.endswith("+") else "")
    return f"{before}{period.name}{after}"


def _category_words(category: str) -> str:
    return "in the forecast" if category == COUNTED else Category(category).label if category else ""


def _kept(wanted: Filters) -> dict[str, object]:
    """What the filter bar has no field for and yet must not be lost."""
    kept = {"state": wanted.state, "pipeline": wanted.pipeline, "overdue": wanted.overdue, "amount": wanted.amount}
    kept |= {"currency": wanted.currency, "month": wanted.month, "rotting": wanted.rotting, "sort": wanted.sort}
    kept |= {"category": wanted.category}
    return {name: value for name, value in kept.items() if value not in (None, "")}


def _said(wanted: Filters, stages: list[Stage]) -> list[dict[str, str]]:
    """The filters that have no field on the page, in words, each with the address without it."""
    words = {
        "overdue": {"yes": "expected day is past", "no": "not overdue"}.get(wanted.overdue, ""),
        "rotting": "in its stage for too long" if wanted.rotting else "",
        "amount": {"unknown": "amount unknown", "known": "amount known"}.get(wanted.amount, ""),
        "currency": wanted.currency,
        "category": _category_words(wanted.category),
        "month": f"forecast for {_month_words(wanted.month)}" if wanted.month else "",
    }
    address = reverse("pipeline_list")
    return [
        {"label": label, "url": f"{address}?{wanted.query(**{name: ''})}"} for name, label in words.items() if label
    ]
