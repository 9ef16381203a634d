from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count

from capture.models import Form, FormVersion, SubmissionStatus
from core.prepared import Prepared, columns, record

MOST = 10_000  # counted no further; shown as 10,000+


@dataclass(frozen=True, slots=True)
class FormRow:
    """A form, and what came in by it."""

    form: Form
    accepted: int
    held: int  # quarantined
    last_at: datetime | None


# each count ends at the cap, by the index on (form, status, id)
_COUNTS = """
SELECT f.id,
    (SELECT count(*) FROM (SELECT 1 FROM capture_submission s WHERE s.form_id = f.id AND s.status = %s LIMIT %s) a),
    (SELECT count(*) FROM (SELECT 1 FROM capture_submission s WHERE s.form_id = f.id AND s.status = %s LIMIT %s) q),
    (SELECT s.received_at FROM capture_submission s WHERE s.form_id = f.id AND s.status = %s ORDER BY s.id DESC LIMIT 1)
FROM capture_form f
"""


_PUBLISHED = Prepared(  # asked for each visit and each form that comes in
    "form_published",
    ("text",),
    f"SELECT {columns(Form, 'f')}, {columns(FormVersion, 'v')} "  # noqa: S608
    "FROM capture_form f JOIN capture_formversion v ON v.id = f.published_id WHERE f.slug = %s",
)


def published(slug: str) -> Form | None:
    """The form at this address, with the version that is published."""
    for row in _PUBLISHED.rows([slug]):
        form = record(Form, row)
        form.published = record(FormVersion, row, len(Form._meta.concrete_fields))
        return form
    return None


def forms_with_counts() -> list[FormRow]:
    """All forms with their numbers of submissions, each counted up to the cap. Two queries."""
    accepted, quarantined = SubmissionStatus.ACCEPTED.value, SubmissionStatus.QUARANTINED.value
    cap = MOST + 1
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [accepted, cap, quarantined, cap, accepted])
        counts = {row[0]: row[1:] for row in cursor.fetchall()}
    return [FormRow(form, *counts.get(form.pk, (0, 0, None))) for form in Form.objects.select_related("published")]


def versions_of(form: Form) -> list[FormVersion]:
    """Newest first, each with `count`, its number of submissions."""
    rows = form.versions.select_related("changed_by").annotate(count=Count("submissions"))
    return list(rows.order_by("-number"))
