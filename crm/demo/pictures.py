"""Which pages the screenshots show, and as whom. Addresses with {…} are filled in from the demo's own records."""

from dataclasses import dataclass

from capture.models import Form, Import, ImportStatus
from leads.models import Criterion, Duplicate, Lifecycle, Merge, Standing
from pipeline.models import HandOff, Opportunity, RoutingRule
from scoring.models import Definition
from scoring.queries import active_spec
from users.models import SavedView, User


@dataclass(frozen=True, slots=True)
class Picture:
    """One page, as one person sees it; `open` is what is clicked first."""

    name: str
    path: str
    login: str = "rep"  # empty: not signed in
    open: str = ""


PICTURES = (
    Picture("sign-in", "/accounts/login/", ""),
    Picture("today-rep", "/"),
    Picture("today-marketer", "/", "marketer"),
    Picture("today-manager", "/", "manager"),
    Picture("leads", "/leads/"),
    Picture("leads-view", "/leads/?owner=mine&lifecycle=lead&two_way=30&saved={view}"),
    Picture("view-new", "/views/leads/new/?query=min%3D60", "manager"),
    Picture("leads-hot", "/leads/?view=hot", "marketer"),
    Picture("lead", "/leads/{lead}/"),
    Picture("prospect", "/leads/{prospect}/"),
    Picture("customer", "/leads/{customer}/"),
    Picture("score", "/leads/{prospect}/score/"),
    Picture("score-line", "/leads/{prospect}/score/{line}/"),
    Picture("new-lead", "/leads/new/"),
    Picture("duplicates", "/leads/duplicates/", "manager"),
    Picture("merge", "/leads/duplicates/{duplicate}/", "manager"),
    Picture("merge-with", "/leads/{lead}/merge/"),
    Picture("merged", "/leads/{merged}/", "manager"),
    Picture("merge-undo", "/merges/{merge}/undo/", "manager"),
    Picture("evidence", "/leads/{lead}/evidence/budget/"),
    Picture("log-call", "/leads/{lead}/log/call/"),
    Picture("companies", "/companies/", "marketer"),
    Picture("company", "/companies/{company}/"),
    Picture("qualify", "/qualify/"),
    Picture("qualify-record", "/qualify/record/?days=30"),
    Picture("survey-send", "/qualify/{lead}/survey/"),
    Picture("threshold", "/definition/threshold/", "manager"),
    Picture("criterion", "/settings/criteria/{criterion}/", "marketer"),
    Picture("criteria", "/settings/criteria/", "marketer"),
    Picture("board", "/pipeline/", "manager"),
    Picture("board-rep", "/pipeline/"),
    Picture("pipeline-list", "/pipeline/list/", "manager"),
    Picture("board-bands", "/pipeline/?lanes=owner&sort=-amount", "manager"),
    Picture("pipeline-calendar", "/pipeline/calendar/", "manager"),
    Picture("pipeline-map", "/pipeline/map/", "manager"),
    Picture("dashboard", "/dashboard/", "manager"),
    Picture("opportunity", "/opportunities/{opportunity}/"),
    Picture("hand-offs", "/hand-offs/acceptance/", "manager"),
    Picture("hand-offs-list", "/hand-offs/?state=rejected", "manager"),
    Picture("hand-off", "/hand-offs/{hand_off}/"),
    Picture("hand-off-waiting", "/opportunities/{offered}/"),
    Picture("hand-off-reject", "/hand-offs/{hand_off}/reject/"),
    Picture("opportunity-details", "/opportunities/{opportunity}/details/"),
    Picture("opportunity-items", "/opportunities/{opportunity}/items/"),
    Picture("win", "/opportunities/{opportunity}/win/"),
    Picture("lose", "/opportunities/{opportunity}/lose/"),
    Picture("forecast", "/forecast/", "manager"),
    Picture("forecast-quarters", "/forecast/?unit=quarter", "manager"),
    Picture("forecast-changes", "/forecast/changes/", "manager"),
    Picture("forecast-accuracy", "/forecast/accuracy/", "manager"),
    Picture("forecast-leads", "/forecast/leads/", "manager"),
    Picture("forecast-quotas", "/forecast/quotas/", "manager"),
    Picture("funnel", "/funnel/", "marketer"),
    Picture("funnel-campaigns", "/funnel/?by=campaign&touch=linear", "marketer"),
    Picture("funnel-cohorts", "/funnel/cohorts/", "marketer"),
    Picture("funnel-compare", "/funnel/compare/?months=6", "marketer"),
    Picture("funnel-costs", "/funnel/costs/", "marketer"),
    Picture("funnel-costs-import", "/funnel/costs/import/", "marketer"),
    Picture("definition", "/definition/", "marketer"),
    Picture("definition-draft", "/definition/{draft}/", "manager"),
    Picture("definition-edit", "/definition/{draft}/edit/", "marketer", open="[data-rule] summary"),
    Picture("definition-compare", "/definition/compare/?from=1&to=2"),
    Picture("leads-persona", "/leads/?lifecycle=lead&persona=Mid-market%20operations&excluded=no", "marketer"),
    Picture("definition-promoted", "/definition/{active}/promoted/", "manager"),
    Picture("definition-preview", "/definition/{draft}/preview/", "marketer"),
    Picture("definition-back-test", "/definition/{draft}/back-test/", "marketer"),
    Picture("definition-shadow", "/definition/{draft}/shadow/", "marketer"),
    Picture("purchase-model", "/definition/model/", "marketer"),
    Picture("rules", "/definition/rules/", "marketer"),
    Picture("search", "/search/?q=an", "rep"),
    Picture("follow-ups", "/follow-ups/"),
    Picture("notifications", "/notifications/", "rep"),
    Picture("settings", "/settings/", "admin"),
    Picture("people", "/settings/people/", "admin"),
    Picture("invite", "/settings/people/invite/", "admin"),
    Picture("tokens", "/settings/tokens/", "admin"),
    Picture("profile", "/settings/profile/", "admin"),
    Picture("currencies", "/settings/currencies/", "admin"),
    Picture("competitors", "/settings/competitors/", "admin"),
    Picture("products", "/settings/products/", "admin"),
    Picture("stages", "/settings/stages/", "admin"),
    Picture("routing", "/settings/routing/", "manager"),
    Picture("routing-rule", "/settings/routing/{rule}/", "manager"),
    Picture("hours", "/settings/hours/"),
    Picture("recycling", "/settings/recycling/", "manager"),
    Picture("resting", "/settings/recycling/timing/resting/", "manager"),
    Picture("tracking", "/settings/tracking/", "admin"),
    Picture("site", "/settings/tracking/new/", "admin"),
    Picture("came-from", "/leads/{prospect}/origin/"),
    Picture("forms", "/settings/forms/", "admin"),
    Picture("form-builder", "/settings/forms/{form}/", "marketer", open=".question:nth-child(3) summary"),
    Picture("form-share", "/settings/forms/{form}/share/", "marketer"),
    Picture("form-versions", "/settings/forms/{form}/versions/", "marketer"),
    Picture("submissions", "/submissions/", "marketer"),
    Picture("quarantine", "/submissions/?status=quarantined", "marketer"),
    Picture("personal-links", "/leads/{lead}/forms/", "marketer"),
    Picture("events", "/settings/events/", "marketer"),
    Picture("events-quarantine", "/settings/events/?standing=quarantined", "marketer"),
    Picture("events-rule", "/settings/events/rule/", "marketer"),
    Picture("privacy", "/settings/privacy/", "marketer"),
    Picture("privacy-person", "/leads/{prospect}/data/", "marketer"),
    Picture("consent", "/leads/{prospect}/consent/"),
    Picture("kinds", "/settings/kinds/", "admin"),
    Picture("tags", "/settings/tags/", "admin"),
    Picture("fields", "/settings/fields/", "admin"),
    Picture("imports", "/imports/", "marketer"),
    Picture("import-new", "/imports/new/", "marketer"),
    Picture("import-columns", "/imports/{list}/", "marketer"),
    Picture("import-done", "/imports/{imported}/", "marketer"),
    Picture("exports", "/settings/exports/", "admin"),
    Picture("form-contact", "/f/contact/", ""),
    Picture("form-demo", "/f/demo/", ""),
    Picture("api-docs", "/api/docs/", "admin"),
    Picture("not-found", "/nothing-here/", "rep"),
)


def places() -> dict[str, int]:
    """Records to look at: those of the rep who is shown, with much to see."""
    rep = User.objects.get(email="rep@demo.example")
    spec = active_spec()
    mine = Standing.objects.filter(owner=rep)

    def best(lifecycle: str) -> Standing:
        rows = mine.filter(lifecycle=lifecycle).select_related("contact")
        if lifecycle == Lifecycle.LEAD and spec is not None:
            rows = rows.filter(total__gte=spec.threshold)
        return rows.order_by("-total", "pk")[0]

    prospect = best(Lifecycle.PROSPECT)
    opportunity = (
        Opportunity.objects.open().filter(owner=rep, amount__isnull=False).order_by("-stage__position", "pk")[0]
    )
    # one that waits, unless all have been answered
    offer = HandOff.objects.filter(rep=rep, opportunity__isnull=False).order_by("-state", "pk")[0]
    merge = Merge.objects.standing().order_by("pk")[0]
    return {
        "active": Definition.objects.get(status="active", team=None).pk,
        "draft": Definition.objects.filter(status__in=["draft", "review"]).order_by("-version")[0].pk,
        "duplicate": Duplicate.objects.order_by("-confidence", "pk")[0].pk,
        "hand_off": offer.pk,
        "offered": offer.opportunity_id or 0,
        "rule": RoutingRule.objects.order_by("pk")[0].pk,
        "merge": merge.pk,
        "merged": merge.survivor_id,
        "criterion": Criterion.objects.get(key="budget").pk,
        "lead": best(Lifecycle.LEAD).pk,
        "line": next(one.id for one in spec.engagement if one.name == "Looked at pricing") if spec else 0,
        "prospect": prospect.pk,
        "customer": best(Lifecycle.CUSTOMER).pk,
        "company": prospect.contact.company_id or 0,
        "opportunity": opportunity.pk,
        "list": Import.objects.filter(status=ImportStatus.MAPPING).order_by("pk")[0].pk,
        "imported": Import.objects.filter(status=ImportStatus.DONE).order_by("pk")[0].pk,
        "form": Form.objects.get(slug="demo").pk,
        "view": SavedView.objects.filter(maker=rep, page="leads").order_by("pk")[0].pk,
    }
