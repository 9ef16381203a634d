"""The living style page: every component in every state, to look at while building."""

from datetime import timedelta
from types import SimpleNamespace as Fake
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from core.middleware import public


@public
def gallery(request: HttpRequest) -> HttpResponse:
    """Shown while developing only."""
    if not settings.DEBUG:
        raise Http404
    if request.headers.get("HX-Request"):
        return render(request, "core/gallery.html#answer")
    messages.success(request, "Call logged. The score went up by 12.")
    return render(request, "core/gallery.html", _samples())


def _samples() -> dict[str, Any]:
    now = timezone.now()
    people = [
        Fake(name=name, initials="".join(word[0] for word in name.split()))
        for name in ("Amara Okafor", "Jonas Lindqvist", "Mei Tanaka", "Rosa Delgado")
    ]
    chips = [
        Fake(letter="B", label="Budget", state="meets", tooltip="“€40k is set aside” · 3 d ago", url="/gallery"),
        Fake(letter="A", label="Authority", state="weak", tooltip="Reports to the one who signs", url="/gallery"),
        Fake(letter="N", label="Need", state="fails", tooltip="Has a tool and likes it", url="/gallery"),
        Fake(letter="T", label="Timeline", state="unknown", tooltip="Ask when they want to start", url="/gallery"),
    ]
    scores = [
        Fake(total=total, grade=grade, fit=fit, engagement=total - fit, day=1)
        for total, grade, fit in ((92, "A1", 48), (72, "B1", 31), (38, "B3", 30), (7, "C3", 2))
    ]
    companies = ("Nordlicht Energie", "Harbour & Finch", "Kestrel Robotics", "Olive Grove Foods")
    sources = ("Web form", "Webinar", "Import", "Referral")
    rows = [
        Fake(
            id=number,
            name=("Elin Brandt", "Tomás Rivera-Castellanos de la Vega", "Priya Natarajan", "Oluwaseun Adeyemi")[
                number % 4
            ],
            company=companies[number % 4],
            lifecycle=("lead", "prospect", "customer", "disqualified")[number % 4],
            standing=scores[number % 4] if number != 5 else None,
            chips=chips[number % 4 :] + chips[: number % 4],
            owner=people[number % 4] if number != 2 else None,
            last=now - timedelta(hours=7 * number**2),
            source=sources[number % 4],
            amount=(12500, 48000, None, 980)[number % 4],
        )
        for number in range(8)
    ]
    months = [
        Fake(
            label=label,
            url="/gallery",
            current=label == "Nov",
            parts=[
                Fake(tone="closed", label="Closed", value=closed),
                Fake(tone="commit", label="Commit", value=commit),
                Fake(tone="best", label="Best case", value=best),
            ],
            low=low,
            high=high,
            mark=90_000,
        )
        for label, closed, commit, best, low, high in (
            ("Sep", 84_000, 0, 0, None, None),
            ("Oct", 97_500, 0, 0, None, None),
            ("Nov", 41_000, 32_000, 18_000, 61_000, 98_000),
            ("Dec", 0, 54_000, 37_000, 38_000, 104_000),
            ("Jan", 0, 21_000, 49_000, 22_000, 81_000),
            ("Feb", 0, 8_000, 26_000, 6_000, 44_000),
        )
    ]
    funnel = [
        Fake(label="Leads", value=4812, url="/gallery", note="", tone="lead"),
        Fake(label="Engaged", value=2140, url="/gallery", note="44 %", tone="engagement"),
        Fake(label="Qualified", value=412, url="/gallery", note="19 %", tone="prospect"),
        Fake(label="Prospects", value=377, url="/gallery", note="92 %", tone="prospect"),
        Fake(label="Won", value=88, url="/gallery", note="23 %", tone="customer"),
    ]
    filters = [
        Fake(name="owner", label="Owner", value="", choices=[("", "any"), ("1", "Amara Okafor"), ("2", "Mei Tanaka")]),
        Fake(
            name="life", label="Stage of life", value="lead", choices=[("", "any"), ("lead", "Lead"), ("p", "Prospect")]
        ),
        Fake(name="since", label="Since", value="", kind="date"),
    ]
    stages = [
        Fake(id=1, name="New", kind="open", rows=rows[:3], value=61_480, weighted=6_148, percent=10),
        Fake(id=2, name="Talking", kind="open", rows=rows[3:5], value=13_480, weighted=4_044, percent=30),
        Fake(id=3, name="Proposal", kind="open", rows=[], value=0, weighted=0, percent=60),
        Fake(id=4, name="Won", kind="won", rows=rows[5:6], value=48_000, weighted=48_000, percent=100),
        Fake(id=5, name="Lost", kind="lost", rows=rows[6:7], value=0, weighted=0, percent=0),
    ]
    return {
        "people": people,
        "scores": scores,
        "chips": chips,
        "rows": rows,
        "months": months,
        "funnel": funnel,
        "filters": filters,
        "stages": stages,
        "times": [
            now,
            *(now - timedelta(**distance) for distance in ({"minutes": 5}, {"hours": 3}, {"days": 3}, {"days": 90})),
            now + timedelta(days=2, minutes=1),
            timezone.localdate(),
        ],
        "tabs": [
            Fake(label="Timeline", url="/gallery", active=True, count=48),
            Fake(label="Opportunities", url="/gallery", active=False, count=2),
            Fake(label="Follow-ups", url="/gallery", active=False, count=None),
        ],
    }
