"""Rule accountability: what each rule of the active definition did, with the people behind each number."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

import leads.queries
from core.answers import done, go_to, wants_part
from core.errors import Refused
from core.keyset import capped_count
from core.tasks import enqueue
from leads.days import date_of
from leads.models import Standing
from scoring import acceptance, accountability, queries, tasks
from scoring.accountability import Promotion
from scoring.models import RuleReport
from scoring.queries import accountability as asked
from scoring.services import proposals
from scoring.views.pages import whose_tabs
from users.access import SignedInRequest, requires
from users.roles import Can

WHAT = {
    "fires": "for whom it fires",
    "promoted": "whom it helped to promote",
    "decisive": "who would not have been promoted without it",
    "accepted": "whom it helped to promote, and who were accepted",
    "won": "whom it helped to promote, and who bought",
}


@require_safe
@requires(Can.SEE_FUNNEL)
def rules(request: SignedInRequest) -> HttpResponse:
    """The report on an active definition's rules: of the one for all, or of a team's."""
    active = queries.active_specs()
    team = request.GET.get("team", "")
    spec = next((row for row in active if str(row.team_id or "") == team), active.common)
    report = RuleReport.objects.filter(definition_id=spec.id).first() if spec else None
    rows = accountability.accounts(spec, report.content) if spec and report else []
    promotions = report.content["promotions"] if report else []
    context: dict[str, Any] = {
        "spec": spec,
        "tabs": whose_tabs(active, spec, reverse("rule_report")) if active.teams else [],
        "report": report,
        "on": date_of(report.day) if report else None,
        "engagement": [row for row in rows if row.category != "fit"],
        "fit": [row for row in rows if row.category == "fit"],
        "dead": [row for row in rows if row.is_dead],
        "redundant": [row for row in rows if row.is_redundant],
        "drifting": [row for row in rows if row.drift and row.drift.is_clear],
        "promotions": len(promotions),
        "decided": sum(1 for row in promotions if row[3] != accountability.OPEN),
        "won": sum(1 for row in promotions if row[3] == accountability.WON),
        "has_proposals": any(row.proposal for row in rows),
        "differing": sum(1 for row in rows if row.differs),
        "may_count": request.user.can(Can.EDIT_DEFINITION),
    }
    return render(request, "scoring/accountability.html", context)


@require_POST
@requires(Can.EDIT_DEFINITION)
def count(request: SignedInRequest) -> HttpResponse:
    """Count anew in the background."""
    enqueue(tasks.count_rules)
    return done(request, url=reverse("rule_report"), text="Being counted; reload in a moment.")


@require_POST
@requires(Can.EDIT_DEFINITION)
def draft(request: SignedInRequest) -> HttpResponse:
    """A draft with the points that history suggests."""
    try:
        made = proposals.draft_from_history(by=request.user, team=request.POST.get("team", ""), now=timezone.now())
    except Refused as refused:
        return done(request, url=reverse("rule_report"), text=str(refused), tone="error")
    return go_to(request, reverse("definition_version", args=[made.pk]))


@require_safe
@requires(Can.SEE_FUNNEL)
def contacts(request: SignedInRequest, key: str, what: str) -> HttpResponse:
    """The people behind a number of the report."""
    # a rule is of one definition
    spec = next((row for row in queries.active_specs() if key in accountability.keys(row)), None)
    report = RuleReport.objects.filter(definition_id=spec.id).first() if spec else None
    names = accountability.keys(spec) if spec else []
    if spec is None or report is None or key not in names or what not in WHAT:
        raise Http404
    place = names.index(key)
    seen = Standing.objects.visible_to(request.user)
    people = (
        asked.whom(seen, spec, key, report.day)
        if what == "fires"
        else seen.filter(pk__in=_promoted(report, 1 << place, what))
    )
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = leads.queries.list_page(people, sort="-new", after=after, before=before)
    rule: Any = [*spec.engagement, *spec.fit][place]
    context = {
        "rows": leads.queries.rows_of([row.pk for row in page.rows], now=timezone.now()),
        "count": None if after or before else capped_count(people),
        "rule": rule,
        "means": WHAT[what],
        "on": date_of(report.day),
        "older": f"?after={page.after}" if page.after else "",
        "newer": f"?before={page.before}" if page.before else "",
    }
    return render(request, f"scoring/accountability_contacts.html{'#list' if wants_part(request) else ''}", context)


def _promoted(report: RuleReport, bit: int, what: str) -> list[int]:
    """Ids of contacts whom the rule helped to promote."""
    found = [Promotion(*row) for row in report.content["promotions"]]
    if what == "decisive":
        found = [row for row in found if row.decisive & bit]
    if what == "accepted":
        found = [row for row in found if row.handed_over == acceptance.ACCEPTED]
    if what == "won":
        found = [row for row in found if row.outcome == accountability.WON]
    return sorted({row.contact_id for row in found if row.fired & bit})
