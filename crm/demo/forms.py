"""What came in by forms: a submission for each event of one, and some that wait for somebody to look."""

from datetime import datetime, timedelta

from django.db import connection

from capture.models import Form, SpamRules, Submission, SubmissionStatus

# each event of a form is what a submission of somebody became; the answers are those of the contact
_OF_EVENTS = """
INSERT INTO capture_submission
    (form_id, version_id, message_id, status, reasons, answers, consents, origin, visitor, received_at, contact_id,
     event_id, did)
SELECT f.id, f.published_id, e.message_id, 'accepted', '{}',
    jsonb_strip_nulls(jsonb_build_object(
        'first_name', nullif(c.first_name, ''), 'last_name', nullif(c.last_name, ''), 'email', c.email,
        'company', o.name, 'job_title', nullif(c.job_title, ''), 'message', e.properties -> 'message')),
    CASE WHEN k.id IS NULL THEN '{}' ELSE ARRAY['marketing'] END,
    '{}'::jsonb, '', e.occurred_at, e.contact_id, e.id,
    CASE WHEN e.occurred_at <= c.created_at + interval '1 minute'
        THEN '{"created": true, "fields": ["company", "email", "first_name", "last_name"]}'::jsonb ELSE '{}'::jsonb END
    || CASE WHEN k.id IS NULL THEN '{}'::jsonb ELSE '{"consents": ["marketing"]}'::jsonb END
FROM leads_engagementevent e
JOIN capture_form f ON e.source = 'form:' || f.slug
JOIN leads_contact c ON c.id = e.contact_id
LEFT JOIN leads_company o ON o.id = c.company_id
LEFT JOIN LATERAL (
    SELECT id FROM leads_consent
    WHERE contact_id = c.id AND source = e.source AND given AND at >= e.occurred_at - interval '1 day' LIMIT 1
) k ON true
ORDER BY e.occurred_at, e.id
"""
_HELD = [
    (
        "contact",
        ["links"],
        1,
        {
            "first_name": "Robert",
            "email": "robert@rank-first.example",
            "message": "We bring your site to the first page: https://rank-first.example/a "
            "https://rank-first.example/b https://rank-first.example/c. First month free.",
        },
    ),
    (
        "contact",
        ["trap", "quick"],
        4,
        {"first_name": "zxqwv", "email": "zxqwv@mailer.example", "message": "hello dear"},
    ),
    (
        "demo",
        ["blocked"],
        9,
        {
            "first_name": "Tess",
            "last_name": "Halloway",
            "email": "tess@demo.example",
            "company": "Demo",
            "message": "Only trying whether this arrives.",
        },
    ),
    (
        "demo",
        ["disposable"],
        15,
        {
            "first_name": "Ilse",
            "last_name": "Vermeer",
            "email": "ilse@mailinator.com",
            "company": "Vermeer Glas",
            "message": "We plan shifts for 60 people in a spreadsheet. Can you show me how that would look?",
        },
    ),
]
_AWAITING = [
    ("newsletter", 2, {"first_name": "Hanna", "email": "hanna@oakline-print.example"}),
    ("newsletter", 11, {"first_name": "Pavel", "email": "pavel@brightwater-labs.example"}),
]


def fill_in_forms(now: datetime) -> None:
    """Submissions behind the events, four in quarantine, two that wait for a confirmation."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_EVENTS)
    SpamRules.objects.get_or_create(defaults={"blocked_domains": ["demo.example"]})
    forms = {form.slug: form for form in Form.objects.select_related("published")}
    rows = [(slug, SubmissionStatus.QUARANTINED, why, hours, said) for slug, why, hours, said in _HELD]
    rows += [(slug, SubmissionStatus.AWAITING, [], hours, said) for slug, hours, said in _AWAITING]
    Submission.objects.bulk_create(
        Submission(
            form=forms[slug],
            version=forms[slug].published,
            message_id=f"demo-held-{number}",
            status=status,
            reasons=why,
            answers=said,
            consents=["marketing"] if status == SubmissionStatus.AWAITING else [],
            received_at=now - timedelta(hours=hours),
            mailed_at=now - timedelta(hours=hours) if status == SubmissionStatus.AWAITING else None,
        )
        for number, (slug, status, why, hours, said) in enumerate(sorted(rows, key=lambda row: -row[3]))
        if forms[slug].published is not None
    )
