"""The list of opportunities: beside the board, and behind every number of the forecast."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.answers import wants_part
from core.export import Instants, newest_first
from pipeline import queries
from pipeline.queries import Filters
from pipeline.queries.currencies import together_as_one
from pipeline.views.beginning import begin
from pipeline.views.filtering import bulk_choices, kept_of, list_filters, said, sellers, view_switch
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
    known, owners = queries.pipelines(retired=True), sellers(request.user)

    def here(**changes: object) -> str:
        return bar.address(wanted.query(**changes))

    whole = queries.total(rows)
    context: dict[str, Any] = {
        "cards": queries.cards_of(page.rows, now=now),
        "wanted": wanted,
        "today": now.date(),
        "totals": whole,
        "together": together_as_one(rows, whole, today=now.date()),
        "said": said(wanted, address),
        "beginning": begin(request.user, wanted, whole.count),
        "switch": view_switch("pipeline_list", bar),
        "bulk": bulk_choices(owners, known) if request.user.can(Can.WORK_PIPELINE) else None,
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
        filters = list_filters(owners, wanted, known, now.date())
        kept = kept_of(wanted, (one["name"] for one in filters)) | {"state": wanted.state} | bar.kept
        context |= {"filters": filters, "kept": kept}
    return render(request, f"pipeline/list.html{'#list' if wants_part(request) else ''}", context)


@require_safe
@requires(Can.EXPORT_LISTS)
def export(request: SignedInRequest, format: str) -> HttpResponse:
    """What the list's filters leave, as a file, newest first."""
    now = timezone.now()
    wanted = Filters.parse(request.GET)
    rows = (
        queries.listed(request.user, wanted, now=now)
        .select_related("pipeline", "stage", "contact", "company", "owner", "lost_to")
        .prefetch_related("items", "co_owners", "tags", "competitors")
    )
    header = ["Number", "Opportunity", "Pipeline", "Stage", "State", "Amount", "Currency", "Probability %"]
    header += ["Expected close", Instants("Closed"), "Lost because", "Contact", "E-mail", "Company", "Owner"]
    header += ["Next step", "Priority", "Co-owners", "Tags", "Competitors", "Lost to", "Products"]
    header += [Instants("Created"), Instants("Changed")]

    def cells() -> Iterator[list[Any]]:
        for row in newest_first(rows.defer("snapshot", "search_text")):
            yield [
                row.pk, row.name, row.pipeline.name, row.stage.name, row.stage.get_kind_display(), row.amount,
                row.currency, row.stage.probability, row.expected_close, row.closed_at, row.get_lost_reason_display(),
                row.contact.name, row.contact.email, str(row.company or ""), str(row.owner or ""), row.next_step,
                row.get_priority_display(),
                *(", ".join(map(str, several.all())) for several in (row.co_owners, row.tags, row.competitors)),
                str(row.lost_to or ""), "; ".join(item.said for item in row.items.all()), row.created_at,
                row.changed_at,
            ]  # fmt: skip

    return send(request, format, header, cells(), name="opportunities")
