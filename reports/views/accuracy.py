"""How right the forecast was."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.answers import wants_part
from pipeline.accuracy import covered_words, words
from pipeline.queries import NOBODY, Filters
from pipeline.views.filtering import owner_filters, sellers
from reports.queries.accuracy import METHODS, Accuracy, Past, accuracy
from reports.queries.record import counted_for
from reports.views.asked import asked_of
from reports.views.changes import MoneyAsked
from reports.views.forecast import kept_query, pages
from users.access import SignedInRequest, requires
from users.exports import send
from users.roles import Can

LATELY = 6  # months that a habit is told of


@require_safe
def forecast_accuracy(request: SignedInRequest) -> HttpResponse:
    """Error by horizon, person, category and manager; coverage of the range; habits in words."""
    now = timezone.now()
    wanted = counted_for(request.user, asked_of(request))
    owners = sellers(request.user)
    money = MoneyAsked(request, wanted, now.date())
    currency, together = money.currency, money.together
    found = accuracy(request.user, wanted, now=now, currency=currency, together=together)
    names = {one.pk: one for one in owners}
    list_url = reverse("pipeline_list")
    meant = Filters(owner=wanted.owner, team=wanted.team, currency="" if together else currency)
    context: dict[str, Any] = {
        "accuracy": found,
        "currency": currency,
        "said": said(found),
        "methods": [label for _, label in METHODS],
        "columns": [_column(row, meant, list_url) for row in found.months],
        "people": [
            (
                names.get(one.owner) if one.owner else None,
                one.owner is None or one.owner in names,
                one.score,
                _of_person(meant, one.owner, together),
            )
            for one in found.people
        ],
        "months": [(row, _won(meant, row, list_url)) for row in reversed(found.months)],
        "pages": pages("forecast_accuracy", kept_query(wanted, together)),
        "filters": [*owner_filters(owners, wanted), *money.filter],
        "kept": {},
    }
    return render(request, f"reports/forecast_accuracy.html{'#figures' if wants_part(request) else ''}", context)


def said(found: Accuracy) -> list[str]:
    """The habits, in sentences."""
    start = found.horizons[0]
    lately = [
        words(label, one, min(LATELY, one.periods) or 1)
        for method, label in METHODS
        if (one := start.score(method, LATELY)).periods
    ]
    if not lately:
        return []
    called = []
    if found.called.periods:
        own, replaced = found.called, found.replaced
        if own.error is not None and replaced.error is not None:
            few = " Too few to judge." if own.is_small else ""
            called = [
                f"Managers’ own figures missed by {own.error:.0f} %, what they were put beside by "
                f"{replaced.error:.0f} % ({own.periods} figure{'s' if own.periods != 1 else ''}).{few}"
            ]
    ranged = [covered_words(start.covered)] if start.covered.periods else []
    return [*lately, *ranged, *called]


def _of_person(meant: Filters, owner: int | None, together: bool) -> str:
    """This page for one person, whose months open their lists; nothing where it is theirs already."""
    key = NOBODY if owner is None else str(owner)
    if meant.owner == key:
        return ""
    return f"{reverse('forecast_accuracy')}?{kept_query(Filters(owner=key, currency=meant.currency), together)}"


def _won(meant: Filters, row: Past, list_url: str) -> str:
    return f"{list_url}?{meant.query(state='won', closed=f'{row.month:%Y-%m}')}"


def _column(row: Past, meant: Filters, list_url: str) -> dict[str, Any]:
    column: dict[str, Any] = {
        "label": f"{row.month:%b}",
        "url": _won(meant, row, list_url),
        "parts": [{"tone": "closed", "label": "Came", "value": row.came}],
        "mark": row.said.get("commit") or None,
    }
    return column if row.low is None else column | {"low": row.low, "high": row.high}


@require_safe
@requires(Can.EXPORT_LISTS)
def export(request: SignedInRequest, format: str) -> HttpResponse:
    """Each month as it was seen from each distance, beside what came."""
    wanted, now = asked_of(request), timezone.now()
    money = MoneyAsked(request, wanted, now.date())
    currency = money.currency
    found = accuracy(request.user, wanted, now=now, currency=currency, together=money.together)
    header = ["Month", "Seen", "Currency", *(label for _, label in METHODS), "P10", "P90", "Came", "In the range"]

    def rows() -> Iterator[list[Any]]:
        for horizon in found.horizons:
            for row in horizon.months:
                values = [row.said.get(method) for method, _ in METHODS]
                covered = None if row.is_covered is None else "yes" if row.is_covered else "no"
                yield [f"{row.month:%Y-%m}", horizon.label, currency, *values, row.low, row.high, row.came, covered]
        if found.unrated:
            yield ["Without a rate", "", ", ".join(found.unrated), *[None] * (len(header) - 3)]

    return send(request, format, header, rows(), name="forecast-accuracy")
