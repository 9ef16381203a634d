"""The access table: every address and what each person gets there. An address without a row fails the suite."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from activities.models import Notification
from activities.services import add_follow_up
from capture.models import Form, Import, Site, Submission
from capture.preferences import token_of
from capture.views.segment import CALLS
from leads.models import Company, CustomField, Duplicate, EventKind, Tag
from leads.services import add_tag, assign_owner, merge_contacts
from pipeline.models import Pipeline, Stage
from pipeline.services import promote
from scoring.services.definitions import new_draft
from scoring.services.previews import start_preview
from tests import factories
from tests.conftest import Cast, client_of
from users.models import Token

pytestmark = pytest.mark.django_db

# Who asks, in the order of the columns: two reps of team North, to which the records belong; a rep of team South;
# marketer, manager, administrator, viewer; and a stranger who has not signed in.
WHO = ("rita", "ravi", "sven", "mara", "mona", "adam", "vera", "")


@dataclass(frozen=True)
class Row:
    """One address, asked in one way: what each of WHO gets."""

    name: str
    expected: str
    args: tuple[str, ...] = ()  # keys of the world
    method: str = "get"
    data: dict[str, str] = field(default_factory=dict)  # "@key" is from the world

    @property
    def id(self) -> str:
        return f"{self.method} {self.name}"


#            rita ravi sven mara mona adam vera stranger
ALL = "       200  200  200  200  200  200  200  302"
OF_TEAM = "   200  200  404  200  200  200  200  302"  # a record of team North
EDIT = "      200  200  404  200  200  200  403  302"  # … that may be changed by those who edit leads
SELL = "      200  200  404  403  200  200  403  302"  # … by those who work the pipeline
ADMIN = "     403  403  403  403  403  200  403  302"
MARKETING = " 403  403  403  200  403  200  403  302"
IMPORTS = "   403  403  403  200  200  200  403  302"
STAGES = "    403  403  403  403  200  200  403  302"
PRIVACY = "   403  403  403  200  403  200  403  302"
JUDGES = "    200  200  200  200  200  200  403  302"
ANYBODY = "   200  200  200  200  200  200  200  200"
# done: back to a page
EDITED = "    302  302  404  302  302  302  403  302"
SOLD = "      302  302  404  403  302  302  403  302"
# the form was not filled in
EDIT_422 = "  422  422  404  422  422  422  403  302"
# the API knows nobody by a session, and answers for itself
NO_TOKEN = "  401  401  401  401  401  401  401  401"

TABLE = [
    Row("today", ALL),
    Row("search", ALL),
    Row("settings", ALL),
    Row("settings_profile", ALL),
    Row("settings_tokens", "200 200 200 200 200 200 403 302"),
    Row("settings_tokens", "201 201 201 201 201 201 403 302", method="post", data={"name": "Shop"}),
    Row("token_revoke", "302 404 404 404 404 404 403 302", ("token",), "post"),
    # people and lists
    Row("settings_people", ADMIN),
    Row("person_invite", ADMIN),
    Row("person_invite", "403 403 403 403 403 422 403 302", method="post"),
    Row("person", ADMIN, ("sven",)),
    Row("person_deactivate", ADMIN, ("sven",)),
    Row("person_deactivate", "403 403 403 403 403 302 403 302", ("sven",), "post"),
    Row("person_activate", "403 403 403 403 403 302 403 302", ("sven",), "post"),
    Row("person_invite_again", "403 403 403 403 403 302 403 302", ("sven",), "post"),
    Row("team_new", ADMIN),
    Row("team", ADMIN, ("team",)),
    Row("settings_kinds", MARKETING),
    Row("kind_new", MARKETING),
    Row("kind", MARKETING, ("kind",)),
    Row("settings_tags", MARKETING),
    Row("tag_new", MARKETING),
    Row("tag", MARKETING, ("tag",)),
    Row("settings_fields", MARKETING),
    Row("field_new", MARKETING),
    Row("field", MARKETING, ("field",)),
    # leads
    Row("leads", ALL),
    Row("leads_count", ALL),
    Row("leads_bulk", "302 302 302 302 302 302 403 302", method="post"),
    Row("leads_undo", "302 302 302 302 302 302 403 302", ("contact",), "post"),
    Row("contact_new", "200 200 200 200 200 200 403 302"),
    Row("tag_options", ALL),
    Row("contact", OF_TEAM, ("contact",)),
    Row("contact_head", OF_TEAM, ("contact",)),
    Row("contact_facts", OF_TEAM, ("contact",)),
    Row("contact_known", OF_TEAM, ("contact",)),
    Row("contact_timeline", OF_TEAM, ("contact",)),
    Row("contact_todo", OF_TEAM, ("contact",)),
    Row("contact_edit", EDIT, ("contact",)),
    Row("contact_owner", EDITED, ("contact",), "post", {"owner": ""}),
    Row("contact_tag_add", EDITED, ("contact",), "post", {"tag": "Fair"}),
    Row("contact_tag_remove", EDITED, ("contact", "tag"), "post"),
    Row("contact_disqualify", EDIT, ("contact",)),
    Row("contact_consent", EDIT, ("contact",)),
    Row("contact_data", PRIVACY, ("contact",)),
    Row("contact_copy", "403 403 403 302 403 302 403 302", ("contact",), "post"),
    Row("contact_copy_progress", PRIVACY, ("contact",)),
    Row("contact_copy_file", "403 403 403 404 403 404 403 302", ("contact", "contact", "as_json")),
    Row("contact_erase", PRIVACY, ("contact",)),
    Row("contact_erase", "403 403 403 422 403 422 403 302", ("contact",), "post"),
    Row("settings_privacy", PRIVACY),
    Row("suppress", PRIVACY),
    Row("suppress", "403 403 403 422 403 422 403 302", method="post"),
    Row("suppressed_find", "403 403 403 302 403 302 403 302", method="post"),
    Row("unsuppress", "403 403 403 404 403 404 403 302", ("contact",), "post"),
    Row("preferences", ANYBODY, ("preferences",)),
    Row("unsubscribe", ANYBODY, ("preferences",), "post"),
    Row("contact_requalify", EDITED, ("contact",), "post"),
    Row("evidence_new", OF_TEAM, ("contact", "criterion")),
    Row("evidence_new", EDIT_422, ("contact", "criterion"), "post"),
    Row("score_why", OF_TEAM, ("contact",)),
    Row("score_history", OF_TEAM, ("contact",)),
    Row("company", OF_TEAM, ("company",)),
    Row("company_merge_with", EDIT, ("company",)),
    Row("company_merge", EDIT, ("company", "company_twin")),
    Row("company_merge", EDITED, ("company", "company_twin"), "post"),
    Row("contact_merge_with", EDIT, ("contact",)),
    Row("contact_merge", EDIT, ("contact", "twin")),
    Row("contact_merge", EDITED, ("contact", "twin"), "post"),
    Row("contact_merges", OF_TEAM, ("contact",)),
    Row("merge_undo", EDIT, ("merge",)),
    Row("merge_undo", EDITED, ("merge",), "post"),
    Row("duplicates", "200  200  200  200  200  200  403  302"),
    Row("duplicates_exact", "302 302 302 302 302 302 403 302", method="post"),
    Row("duplicate", EDITED, ("duplicate",)),
    Row("duplicate_decide", EDITED, ("duplicate",), "post", {"state": "later"}),
    Row("company_edit", EDIT, ("company",)),
    # what people do
    Row("activity_new", EDIT, ("contact", "call")),
    Row("follow_ups", ALL),
    Row("follow_up_new", EDIT, ("contact",)),
    Row("follow_up_done", EDITED, ("follow_up",), "post"),
    Row("follow_up_reopen", EDITED, ("follow_up",), "post"),
    Row("follow_up_snooze", EDITED, ("follow_up",), "post", {"until": "week"}),
    Row("notifications", ALL),
    Row("notifications_read", "302 302 302 302 302 302 302 302", method="post"),
    Row("notification_open", "302 404 404 404 404 404 404 302", ("notification",), "post"),
    # ways in
    Row("form", ANYBODY, ("slug",)),
    Row("form_thanks", ANYBODY, ("slug",)),
    Row("form_embedded", ANYBODY, ("slug",)),
    Row("form_script", ANYBODY),
    Row("form_confirm", "410 410 410 410 410 410 410 410", ("token_key",)),
    Row("form_confirm", "410 410 410 410 410 410 410 410", ("token_key",), "post"),
    Row("contact_forms", EDIT, ("contact",)),
    Row("collect", "400 400 400 400 400 400 400 400", method="post"),
    Row("tracker", ANYBODY),
    *(Row(f"segment_{name}", "400 400 400 400 400 400 400 400", method="post") for name in CALLS),
    Row("contact_origin", OF_TEAM, ("contact",)),
    Row("imports", IMPORTS),
    Row("import_new", IMPORTS),
    Row("import_page", IMPORTS, ("import",)),
    Row("import_progress", IMPORTS, ("import",)),
    Row("import_cancel", "403 403 403 302 302 302 403 302", ("import",), "post"),
    Row("import_continue", "403 403 403 302 302 302 403 302", ("import",), "post"),
    Row("import_rejected", IMPORTS, ("import",)),
    Row("leads_export", IMPORTS, ("csv",)),
    Row("leads_export", IMPORTS, ("xlsx",)),
    Row("events_export", IMPORTS, ("csv",)),
    Row("pipeline_export", IMPORTS, ("csv",)),
    Row("forecast_export", IMPORTS, ("csv",)),
    Row("funnel_export", IMPORTS, ("csv",)),
    Row("submissions_export", IMPORTS, ("csv",)),
    Row("settings_exports", ADMIN),
    Row("import_kept", IMPORTS, ("import",)),
    Row("import_undo", "403 403 403 302 302 302 403 302", ("import",), "post"),
    Row("events", MARKETING),
    Row("events_count", MARKETING),
    Row("events_decide", "403 403 403 302 403 302 403 302", method="post"),
    Row("events_undo", "403 403 403 302 403 302 403 302", method="post"),
    Row("events_rule", MARKETING),
    Row("events_progress", MARKETING),
    Row("settings_tracking", MARKETING),
    Row("site_new", MARKETING),
    Row("site_edit", MARKETING, ("site",)),
    Row("site_heard", MARKETING, ("site",)),
    Row("site_notes", "403 403 403 302 403 302 403 302", ("site",), "post"),
    Row("settings_forms", MARKETING),
    Row("form_new", MARKETING),
    Row("form_edit", MARKETING, ("form",)),
    Row("form_edit", "403 403 403 409 403 409 403 302", ("form",), "post", {"seen": "9-0"}),
    Row("form_preview", MARKETING, ("form",), "post"),
    Row("form_settings", MARKETING, ("form",)),
    Row("form_settings", "403 403 403 422 403 422 403 302", ("form",), "post"),
    Row("form_share", MARKETING, ("form",)),
    Row("form_discard", "403 403 403 302 403 302 403 302", ("form",), "post"),
    Row("form_versions", MARKETING, ("form",)),
    Row("form_version", MARKETING, ("form", "one")),
    Row("form_revive", "403 403 403 302 403 302 403 302", ("form", "one"), "post"),
    Row("form_spam", MARKETING),
    Row("form_spam", "403 403 403 422 403 422 403 302", method="post"),
    Row("submissions", MARKETING),
    Row("submissions_review", "403 403 403 302 403 302 403 302", method="post"),
    Row("submission", MARKETING, ("submission",)),
    Row("form_submissions", MARKETING, ("form",)),
    # judgement
    Row("definition", ALL),
    Row("purchase_model", ALL),
    Row("purchase_model_train", "403 403 403 302 302 302 403 302", method="post"),
    Row("contact_likelihood", OF_TEAM, ("contact",)),
    Row("rule_report", "403 403 403 200 200 200 200 302"),
    Row("rule_report_count", "403 403 403 302 302 302 403 302", method="post"),
    Row("rule_contacts", "403 403 403 404 404 404 404 302", ("nothing", "nothing")),
    Row("definition_progress", ALL),
    Row("definition_version", ALL, ("draft",)),
    Row("definition_new", "403 403 403 302 302 302 403 302", method="post"),
    Row("definition_edit", "403 403 403 200 200 200 403 302", ("draft",)),
    Row("definition_edit", "403 403 403 409 409 409 403 302", ("draft",), "post"),
    Row("definition_sign", "302 302 302 302 302 302 403 302", ("draft",), "post"),
    Row("definition_withdraw", "302 302 302 302 302 302 403 302", ("draft",), "post"),
    Row("definition_activate", "403 403 403 302 302 302 403 302", ("draft",), "post"),
    Row("definition_roll_back", "403 403 403 302 302 302 403 302", ("draft",), "post"),
    Row("definition_preview", JUDGES, ("draft",)),
    Row("definition_preview", "302 302 302 302 302 302 403 302", ("draft",), "post"),
    Row("definition_preview_progress", JUDGES, ("draft",)),
    Row("definition_changes", JUDGES, ("draft", "enter")),
    Row("definition_back_test", JUDGES, ("draft",)),
    Row("definition_back_test", "422 422 422 422 422 422 403 302", ("draft",), "post"),
    Row("definition_back_test_progress", JUDGES, ("draft",)),
    Row("definition_discard", "403 403 403 302 302 302 403 302", ("draft",), "post"),
    # commitment
    Row("pipeline", ALL),
    Row("pipeline_changes", "204 204 204 204 204 204 204 302", data={"pipeline": "@pipeline"}),
    Row("pipeline_more", "302 302 302 302 302 302 302 302", ("stage",)),  # more cards, asked for by no board: the list
    Row("pipeline_list", ALL),
    Row("opportunity", OF_TEAM, ("opportunity",)),
    Row("opportunity_move", SOLD, ("opportunity",), "post"),
    Row("opportunity_win", SELL, ("opportunity",)),
    Row("opportunity_win", "422 422 404 403 422 422 403 302", ("opportunity",), "post"),
    Row("opportunity_lose", SELL, ("opportunity",)),
    Row("opportunity_lose", "422 422 404 403 422 422 403 302", ("opportunity",), "post"),
    Row("opportunity_reopen", SOLD, ("opportunity",), "post"),
    Row("opportunity_edit", SELL, ("opportunity",)),
    Row("opportunity_people", SELL, ("opportunity",)),
    Row("opportunity_person_remove", SOLD, ("opportunity", "contact"), "post"),
    Row("contact_promote", SELL, ("contact",)),
    Row("settings_stages", STAGES),
    Row("pipeline_new", STAGES),
    Row("pipeline_change", STAGES, ("pipeline",)),
    Row("stage_add", STAGES, ("pipeline",)),
    Row("stage_change", STAGES, ("stage",)),
    Row("stage_shift", "403 403 403 403 302 302 403 302", ("stage",), "post"),
    Row("stage_delete", STAGES, ("stage",)),
    Row("stage_delete", "403 403 403 403 422 422 403 302", ("stage",), "post"),
    Row("stage_bring_back", "403 403 403 403 302 302 403 302", ("stage",), "post"),
    # hindsight
    Row("forecast", ALL),
    Row("funnel", "403 403 403 200 200 200 200 302"),
    Row("funnel_contacts", "403 403 403 200 200 200 200 302"),
    # API: tokens, not sessions (tests/api)
    Row("api_events", NO_TOKEN, method="post"),
    Row("api_contacts", NO_TOKEN),
    Row("api_contact", NO_TOKEN, ("contact",)),
    Row("api_evidence", NO_TOKEN, ("contact",)),
    Row("api_score", NO_TOKEN, ("contact",)),
    Row("api_merge", NO_TOKEN, ("contact",), "post"),
    Row("api_unmerge", NO_TOKEN, ("contact",), "post"),
    Row("api_duplicates", NO_TOKEN),
    Row("api_duplicate", NO_TOKEN, ("duplicate",)),
    Row("api_opportunities", NO_TOKEN),
    Row("api_opportunity", NO_TOKEN, ("opportunity",)),
    Row("api_nothing", "404 404 404 404 404 404 404 404", ("nothing",)),
    Row("api_schema", "200 200 200 200 200 200 200 403"),
    Row("api_docs", ALL),
    # the way in
    Row("account_login", "302 302 302 302 302 302 302 200"),
    Row("account_logout", ALL),
    Row("account_change_password", ALL),
    Row("account_set_password", "302 302 302 302 302 302 302 302"),
    Row("account_reset_password", ANYBODY),
    Row("account_reset_password_done", ANYBODY),
    Row("account_reset_password_from_key", ANYBODY, ("uid", "key")),
    Row("account_reset_password_from_key_done", ANYBODY),
    Row("account_inactive", ANYBODY),
    Row("account_reauthenticate", ALL),
    Row("healthz", ANYBODY),
    Row("readyz", ANYBODY),
]


@pytest.fixture
def world(cast: Cast) -> dict[str, Any]:
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
    notification = Notification.objects.create(user=cast.rita, key="k", text="New", url="/", at=now)
    form = Form.objects.select_related("published").get(slug="contact")
    assert form.published is not None
    return {
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
        "as_json": "json",
        "company": company.pk,
        "criterion": "budget",
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
        "import": Import.objects.create(
            name="list.csv", content=b"E-mail\na@b.example\n", encoding="utf-8", delimiter=",", started_by=cast.mara
        ).pk,
        "stage": Stage.objects.filter(pipeline=opportunity.pipeline).order_by("position")[0].pk,
        "pipeline": Pipeline.objects.get().pk,
        "opportunity": opportunity.pk,
        "nothing": "nothing",
        "csv": "csv",
        "xlsx": "xlsx",
        "uid": "1",
        "key": "set-password",
    }


@pytest.mark.parametrize("column", range(len(WHO)), ids=[who or "stranger" for who in WHO])
def test_what_each_person_gets(column: int, world: dict[str, Any], cast: Cast) -> None:
    who = WHO[column]
    client = client_of(getattr(cast, who) if who else None)
    expected, got = {}, {}
    for row in TABLE:
        address = reverse(row.name, args=[world[key] for key in row.args])
        with transaction.atomic():  # what one row does is undone before the next one
            data = {key: world[value[1:]] if value.startswith("@") else value for key, value in row.data.items()}
            response = getattr(client, row.method)(address, data)
            transaction.set_rollback(True)
        expected[row.id], got[row.id] = int(row.expected.split()[column]), response.status_code
        if not who and response.status_code == 302 and not row.name.startswith("account_"):
            assert response["Location"].startswith(reverse("account_login")), row.id
    assert got == expected


def _patterns(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _patterns(pattern, inner)
        else:
            yield f"{namespace}{pattern.name or pattern.pattern}", pattern


def test_every_address_has_a_row() -> None:
    known = {row.name for row in TABLE}
    without = {name for name, _ in _patterns(get_resolver()) if not name.startswith("admin:")} - known
    assert without == set()
    assert known - {name for name, _ in _patterns(get_resolver())} == set()


def test_every_page_of_the_engine_room_is_for_administrators(cast: Cast) -> None:
    """Django's admin sends everybody else to its own sign-in."""
    engine_room = [(name, one) for name, one in _patterns(get_resolver()) if name.startswith("admin:")]
    assert len(engine_room) > 20
    for name, pattern in engine_room:
        if name in {"admin:login", "admin:logout"}:
            continue
        arguments = dict.fromkeys(pattern.pattern.regex.groupindex, 1)
        try:
            address = reverse(name, kwargs=arguments)
        except Exception:
            address = "/admin/nowhere/"
        for who in ("rita", "mara", "mona", "vera", ""):
            response = client_of(getattr(cast, who) if who else None).get(address)
            assert response.status_code == 302, (name, who)
            assert "login" in response["Location"], (name, who)
    assert client_of(cast.adam).get(reverse("admin:index")).status_code == 200


def test_a_part_of_a_page_whose_session_ended_sends_the_whole_window_to_the_sign_in() -> None:
    response = client_of(None).get(reverse("leads"), headers={"HX-Request": "true", "HX-Current-URL": "/leads/"})
    assert response.status_code == 401
    assert response["HX-Redirect"] == f"{reverse('account_login')}?next=/leads/"


def test_whoever_is_deactivated_is_out_at_once(cast: Cast) -> None:
    client = client_of(cast.ravi)
    assert client.get("/").status_code == 200
    cast.ravi.is_active = False
    cast.ravi.save(update_fields=["is_active"])
    assert client.get("/").status_code == 302
