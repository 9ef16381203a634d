"""What the forms ask becomes their first version; what came in by them becomes submissions."""

from django.db import migrations, models

LABELS = {
    "first_name": ("First name", "text", "contact.first_name"),
    "last_name": ("Last name", "text", "contact.last_name"),
    "email": ("E-mail", "email", "contact.email"),
    "phone": ("Phone", "phone", "contact.phone"),
    "company": ("Company", "text", "company.name"),
    "job_title": ("Job title", "text", "contact.job_title"),
    "message": ("Message", "long_text", ""),
}
SUBMISSIONS = """
INSERT INTO capture_submission
    (form_id, version_id, message_id, status, reasons, answers, consents, origin, visitor, received_at, contact_id,
     event_id, did)
SELECT f.id, f.published_id, e.message_id, 'accepted', '{}',
    CASE WHEN jsonb_typeof(e.properties -> 'answers') = 'object' THEN e.properties -> 'answers' ELSE '{}'::jsonb END
        || CASE WHEN e.properties ? 'message' THEN jsonb_build_object('message', e.properties -> 'message')
           ELSE '{}'::jsonb END,
    '{}', '{}'::jsonb, '', e.occurred_at, e.contact_id, e.id, '{}'::jsonb
FROM leads_engagementevent e JOIN capture_form f ON e.source = 'form:' || f.slug
ORDER BY e.occurred_at, e.id
"""


def copy(apps, schema_editor):
    Form, FormVersion = apps.get_model("capture", "Form"), apps.get_model("capture", "FormVersion")
    for form in Form.objects.filter(published=None):
        questions = []
        for name in form.fields:
            label, type_, maps_to = LABELS[name]
            question = {"key": name, "label": label, "type": type_, "maps_to": maps_to, "verdict": "weak"}
            if name in form.required:
                question["required"] = True
            questions.append({key: value for key, value in question.items() if value})
        wording = form.consent_wording
        form.published = FormVersion.objects.create(
            form=form,
            number=1,
            intro=form.intro,
            questions=questions,
            consents=[{"purpose": "marketing", "wording": wording}] if wording else [],
            thank_you=form.thank_you,
            changed_at=form.created_at,
            published_at=form.created_at,
        )
        form.save(update_fields=["published"])
    schema_editor.execute(SUBMISSIONS)


def back(apps, schema_editor):
    Form, FormVersion = apps.get_model("capture", "Form"), apps.get_model("capture", "FormVersion")
    Submission = apps.get_model("capture", "Submission")
    for form in Form.objects.exclude(published=None).select_related("published"):
        version = form.published
        asked = [question for question in version.questions if question["key"] in LABELS]
        form.fields = [question["key"] for question in asked]
        form.required = [question["key"] for question in asked if question.get("required")]
        form.intro, form.thank_you = version.intro, version.thank_you
        form.consent_wording = version.consents[0]["wording"] if version.consents else ""
        form.published = None
        form.save()
    Submission.objects.all().delete()
    FormVersion.objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("capture", "0004_imports_undone"),
        ("leads", "0003_consent"),
    ]

    operations = [
        migrations.AddField(
            model_name="submission",
            name="mail_claimed_at",
            field=models.DateTimeField(help_text="When a worker set about sending that mail.", null=True),
        ),
        migrations.RunPython(copy, back),
    ]
