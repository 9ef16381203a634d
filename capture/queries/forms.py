from django.db.models import Count

from capture.models import Form
from leads.models import EngagementEvent


def forms_with_counts() -> list[tuple[Form, int]]:
    """All forms with their number of submissions. Two queries."""
    forms = list(Form.objects.all())
    counts = dict(
        EngagementEvent.objects.filter(source__in=[form.event_source for form in forms])
        .values_list("source")
        .annotate(Count("pk"))
        .order_by()
    )
    return [(form, counts.get(form.event_source, 0)) for form in forms]


def submissions(form: Form, *, after: int | None = None, size: int = 50) -> tuple[list[EngagementEvent], int | None]:
    """A page of submissions, newest first, and the id after which the next page begins."""
    rows = EngagementEvent.objects.filter(source=form.event_source).select_related("contact__company", "kind")
    if after is not None:
        rows = rows.filter(pk__lt=after)
    found = list(rows.order_by("-pk")[: size + 1])
    return found[:size], found[size - 1].pk if len(found) > size else None
