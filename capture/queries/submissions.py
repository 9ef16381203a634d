from collections.abc import Iterator

from django.db.models import QuerySet

from capture.models import Form, Submission, SubmissionStatus
from core import keyset
from users.models import User


def submissions(user: User, *, form: Form | None = None, status: str = "") -> "QuerySet[Submission]":
    """What came in by forms, as far as this person may see it."""
    rows = Submission.objects.visible_to(user)
    if form is not None:
        rows = rows.filter(form=form)
    if status in SubmissionStatus.values:
        rows = rows.filter(status=status)
    return rows


def page_of(rows: "QuerySet[Submission]", *, after: str = "", before: str = "") -> "keyset.Page[Submission]":
    """A page, newest first, with all that the list shows. One query."""
    rows = rows.select_related("form", "version", "contact__company", "reviewed_by", "event").defer("event__properties")
    return keyset.page(rows, by=[("id", int)], after=after, before=before)


def status_counts(user: User, *, form: Form | None = None) -> dict[str, int]:
    """How many there are of each status, counted up to the cap. One query each."""
    return {
        status: keyset.capped_count(submissions(user, form=form, status=status)) for status in SubmissionStatus.values
    }


def all_of(rows: "QuerySet[Submission]", *, chunk: int = 500) -> Iterator[Submission]:
    """All of them, newest first, in chunks: never all in memory."""
    last: int | None = None
    rows = rows.select_related("form", "version", "contact").order_by("-pk")
    while True:
        found = list((rows if last is None else rows.filter(pk__lt=last))[:chunk])
        yield from found
        if len(found) < chunk:
            return
        last = found[-1].pk
