"""What the addresses of the access table name: add a key here, name it in a row's `args`."""

from typing import Any

from django.utils import timezone

from activities.models import Notification
from activities.services import add_follow_up
from api.services import webhooks
from capture.models import Form, Import, Site, Submission
from capture.preferences import token_of
from leads.models import Company, Criterion, CustomField, Duplicate, EventKind, Tag
from leads.services import add_tag, assign_owner, merge_contacts
from pipeline.models import HandOff, Pipeline, Stage
from pipeline.services import (
    add_absence,
    add_file,
    add_holiday,
    promote,
    save_competitor,
    save_product,
    save_routing_rule,
    save_terms,
)
from scoring.models import EngagementRule
from scoring.services.definitions import new_draft
from scoring.services.previews import start_preview
from scoring.services.shadows import start_shadow
from tests import factories
from tests.conftest import Cast
from users.models import Token
from users.services import save_view


def build(cast: Cast) -> dict[str, Any]:
    """A prospect of Rita's with everything that an address can name."""
    now = timezone.now()
    company = Company.objects.create(name="Amber Works", domain="amber.example")
    contact = factories.contact(now=now, company=company)
    assign_owner([contact.pk], cast.rita)
    add_tag([contact.pk], "VIP")
    twin, former = factories.contact(now=now), factories.contact(now=now)
    assign_owner([twin.pk, former.pk], cast.rita)
    opportunity = promote(contact_id=contact.pk, now=now, actor=cast.rita, manual=True, reason="Knows us.")
    assert opportunity is not None
    save_terms(team=None, mode="automatic", is_offered=True, answer_within=4, joins_company=True)
    offered = factories.contact(now=now)
    assign_owner([offered.pk], cast.rita)
    deal = promote(contact_id=offered.pk, now=now, actor=cast.mona, manual=True, reason="Knows us.")
    assert deal is not None
    rule = save_routing_rule(name="Rest", conditions={}, team=None, waits=False, is_active=True)
    day = now.date()
    notification = Notification.objects.create(user=cast.rita, key="k", text="New", url="/", at=now)
    webhook = webhooks.add_endpoint(
        url="https://example.com/", note="", types=["opportunity.won"], by=cast.adam, now=now
    )
    form = Form.objects.select_related("published").get(slug="contact")
    assert form.published is not None
    return {
        "webhook": webhook.pk,
        "delivery": webhooks.test(webhook, now=now),
        "sven": cast.sven.pk,
        "team": cast.rita.team_id,
        "token": Token.issue(user=cast.rita, name="Shop")[0].pk,
        "kind": EventKind.objects.get(key="page_view").pk,
        "tag": Tag.objects.get(name="VIP").pk,
        "field": CustomField.objects.create(key="erp", label="ERP").pk,
        "contact": contact.pk,
        "twin": twin.pk,
        "company_twin": Company.objects.create(name="Amber Works Ltd").pk,
        "merge": merge_contacts(survivor_id=contact.pk, former_id=former.pk, now=now).pk,
        "duplicate": Duplicate.objects.create(first=contact, second=twin, confidence=60, found_at=now).pk,
        "preferences": token_of(contact.pk),
        "draft": (draft := new_draft(by=cast.mara, now=now)).pk,
        "enter": "enter" if start_preview(definition_id=draft.pk, whole=False, by=None, now=now) else "",
        "demo_rule": EngagementRule.objects.get(definition__status="active", name="Asked for a demo").pk,
        "shadow": "shadow" if start_shadow(definition_id=draft.pk, by=None, now=now) else "",
        "as_json": "json",
        "company": company.pk,
        "criterion": "budget",
        "budget": Criterion.objects.get(key="budget").pk,
        "voicemail": "voicemail",
        "call": "call",
        "follow_up": add_follow_up(contact=contact, assignee=cast.rita, title="Call", due_at=now, now=now).pk,
        "notification": notification.pk,
        "slug": "contact",
        "form": form.pk,
        "one": 1,
        "token_key": "forged",
        "submission": Submission.objects.create(
            form=form, version=form.published, message_id="m", status="quarantined", received_at=now
        ).pk,
        "site": Site.objects.get().pk,
        "write_key": Site.objects.get().write_key,
        "import": Import.objects.create(
            name="list.csv", content=b"E-mail\na@b.example\n", encoding="utf-8", delimiter=",", started_by=cast.mara
        ).pk,
        "stage": Stage.objects.filter(pipeline=opportunity.pipeline).order_by("position")[0].pk,
        "pipeline": Pipeline.objects.get().pk,
        "opportunity": opportunity.pk,
        "hand_off": HandOff.objects.get(contact=contact).pk,
        "offer": HandOff.objects.get(contact=offered).pk,
        "routing_rule": rule.pk,
        "deal": deal.pk,
        "file": add_file(opportunity_id=deal.pk, name="offer.pdf", content=b"%PDF", actor=cast.rita, now=now).pk,
        "competitor": save_competitor(name="Sandpiper Planning").pk,
        "product": save_product(name="Seat", code="SEAT", unit_price=10, currency="EUR").pk,
        "absence": add_absence(user=cast.sven, first_day=day, last_day=day).pk,
        "holiday": add_holiday(day=day, name="Midsummer", team=None).pk,
        "no_budget": "no_budget",
        "view": save_view(cast.rita, page="leads", name="Webinar", query="source=webinar", share="team").pk,
        "leads": "leads",
        "nothing": "nothing",
        "csv": "csv",
        "xlsx": "xlsx",
        "uid": "1",
        "key": "set-password",
    }
