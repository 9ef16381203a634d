"""The pages of the definition studio, by role and with whatever people type."""

from typing import Any

import pytest
from django.urls import reverse

from leads import condition_controls
from leads.models import EventKind, Facet
from scoring.models import Definition
from scoring.queries.drafts import content_of
from scoring.services import definitions
from tests.conftest import NOW, Cast, client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(cast: Cast) -> Definition:
    return definitions.new_draft(by=cast.mara, now=NOW)


def controls(row: Definition) -> dict[str, Any]:
    """What a browser sends of the editor."""
    content = content_of(row)
    sent: dict[str, Any] = {
        "seen": row.revision,
        "name": content.name,
        "note": content.note,
        "threshold": content.threshold,
        "two_way_days": content.two_way_days,
        "e": [],
        "f": [],
        "do": "save",
    }
    sent |= dict(
        zip(("grade_a_fit", "grade_b_fit", "grade_1_engagement", "grade_2_engagement"), content.grades, strict=True)
    )
    sent |= {f"required-{key}": least for key, least in content.required}
    sent |= {f"fresh-{key}": days for key, days in content.fresh}
    for n, rule in enumerate(content.engagement):
        sent["e"].append(n)
        sent |= {f"e{n}-name": rule.name, f"e{n}-kind": rule.kind, f"e{n}-points": rule.points}
        sent |= {f"e{n}-half_life": rule.half_life_days or "", f"e{n}-window": rule.window_days}
        sent |= {f"e{n}-cap": rule.cap, f"e{n}-facet": list(rule.facet_ids)}
    for n, fit in enumerate(content.fit):
        sent["f"].append(n)
        sent |= {f"f{n}-name": fit.name, f"f{n}-points": fit.points, f"f{n}-c": []}
        joiner, leaves = condition_controls.leaves_of(fit.conditions) or ("all", [])
        sent[f"f{n}-joiner"] = joiner
        for m, leaf in enumerate(leaves):
            sent[f"f{n}-c"].append(m)
            sent |= {f"f{n}-c{m}-field": leaf["field"], f"f{n}-c{m}-op": leaf["op"]}
            sent[f"f{n}-c{m}-value"] = condition_controls.value_text(leaf)
    return sent


def post(user: Any, row: Definition, sent: dict[str, Any]) -> Any:
    return client_of(user).post(reverse("definition_edit", args=[row.pk]), sent)


def test_what_is_sent_unchanged_changes_nothing(cast: Cast, draft: Definition) -> None:
    """Each control says what was stored, to the last blank in a list of words."""
    assert post(cast.mara, draft, controls(draft)).status_code == 302
    draft.refresh_from_db()
    assert draft.revision == 1


def test_a_marketer_changes_a_rule_and_reads_the_difference(cast: Cast, draft: Definition) -> None:
    sent = controls(draft) | {"threshold": "45", "e1-points": "8", "name": "Pricing counts more"}
    answer = post(cast.mara, draft, sent)
    assert answer["Location"] == reverse("definition_version", args=[draft.pk])
    draft.refresh_from_db()
    assert (draft.threshold, draft.name, draft.revision) == (45, "Pricing counts more", 2)
    page = client_of(cast.vera).get(answer["Location"]).content.decode()
    assert "The line moves from 50 to 45." in page
    assert "“Looked at pricing”: points +6 → +8." in page


@pytest.mark.parametrize(
    ("control", "value", "said"),
    [
        ("e0-half_life", "-14", "a whole number from 1"),
        ("e0-half_life", "1e9", "a whole number from 1"),
        ("e0-window", "", "Forgotten after"),
        ("e1-cap", "5", "One event alone gives 6"),
        ("e0-kind", "no_such\0kind", "is not a kind of event we know"),
        ("e1-facet", "999999", "does not belong to the kind"),
        ("e0-points", "٣", "A whole number from"),
        ("f0-c0-field", "contact.shoe_size", "is not a field"),
        ("f0-c0-value", "many", "is not a number value"),
        ("f0-c0-value", "1000\n50", "the smaller first"),
        ("f0-raw", "[" * 9000, "A condition is an object"),
        ("f0-raw", '{"any": [1, {"all": "x"}]}', "A condition is an object"),
        ("threshold", "99999999999999999999", "The line is a whole number"),
        ("threshold", "600", "Nobody can reach this"),
        ("required-budget", "fails", "is not a criterion that can be required"),
        ("name", "\u202e" + "x" * 1_000_000, "At most 120 characters"),
        ("note", "n" * 1_000_000, "At most 4,000 characters"),
        ("seen", "9" * 30, "Somebody else has changed this draft"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(
    cast: Cast, draft: Definition, control: str, value: str, said: str
) -> None:
    answer = post(cast.mara, draft, controls(draft) | {control: value})
    assert answer.status_code == (409 if control == "seen" else 422)
    assert said in answer.content.decode()
    draft.refresh_from_db()
    assert (draft.revision, draft.engagement_rules.count(), draft.fit_rules.count()) == (1, 21, 9)


def test_conditions_that_contradict_each_other_are_refused(cast: Cast, draft: Definition) -> None:
    two = {"f1-c": [0, 1], "f1-c1-field": "company.employees", "f1-c1-op": "at_most", "f1-c1-value": "10"}
    answer = post(cast.mara, draft, controls(draft) | two)
    assert answer.status_code == 422
    assert "contradict each other" in answer.content.decode()


def test_buttons_rearrange_and_keep_nothing(cast: Cast, draft: Definition) -> None:
    first, second = (rule.name for rule in draft.engagement_rules.all()[:2])
    page = post(cast.mara, draft, controls(draft) | {"do": "down:e0"}).content.decode()
    assert page.index(f'value="{second}"') < page.index(f'value="{first}"')
    page = post(cast.mara, draft, controls(draft) | {"do": "remove:f0"}).content.decode()
    assert "50 to 1,000 employees" not in page.split('id="studio-body"')[1].split("Against v1")[0]
    for do in (
        "add:e",
        "add:f",
        "add:p",
        "add:p0f",
        "add:x:rivals",
        "add:x:nothing",
        "leaf:f0",
        "unleaf:f0:0",
        "up:e99",
        "nonsense",
        "unleaf:f0:x",
        "::::",
        "up:p0f0",
        "remove:x7",
        "pattern:e99",
        "pattern:",
    ):
        assert post(cast.mara, draft, controls(draft) | {"do": do}).status_code == 200
    draft.refresh_from_db()
    assert draft.revision == 1


def test_a_second_condition_is_kept(cast: Cast, draft: Definition) -> None:
    more = {"f0-c": [0, 1], "f0-joiner": "any", "f0-c1-field": "company.industry", "f0-c1-op": "in"}
    more["f0-c1-value"] = "Software\r\nLogistics\r\n"
    assert post(cast.mara, draft, controls(draft) | more).status_code == 302
    assert draft.fit_rules.all()[0].conditions == {
        "any": [
            {"field": "company.employees", "op": "between", "value": [50, 1000]},
            {"field": "company.industry", "op": "in", "value": ["Software", "Logistics"]},
        ]
    }


def test_an_empty_pattern_is_no_facet_to_choose(cast: Cast, draft: Definition) -> None:
    kind = EventKind.objects.get(key="page_view")
    Facet.objects.create(kind=kind, name="Given up", pattern="", position=99)
    assert "Given up" not in client_of(cast.mara).get(reverse("definition_edit", args=[draft.pk])).content.decode()


def test_signing_activating_and_the_way_back_by_role(cast: Cast, draft: Definition) -> None:
    def do(user: Any, what: str, **data: Any) -> int:
        return client_of(user).post(reverse(f"definition_{what}", args=[draft.pk]), {"seen": 1} | data).status_code

    assert do(cast.vera, "sign", side="sales") == 403
    assert do(cast.mara, "activate") == 302
    assert do(cast.mara, "sign", side="sales") == 302
    assert do(cast.mara, "sign", side="marketing") == 302
    draft.refresh_from_db()
    assert (draft.status, draft.sales_signed_at) == ("review", None)
    assert do(cast.rita, "sign", side="sales") == 302
    draft.refresh_from_db()
    assert draft.sales_signed_at is None  # that is the manager's
    assert do(cast.mona, "sign", side="sales") == 302
    assert do(cast.rita, "activate") == 403
    assert do(cast.mona, "activate") == 302
    draft.refresh_from_db()
    assert draft.status == "active"
    first = Definition.objects.get(version=1)
    assert client_of(cast.rita).post(reverse("definition_roll_back", args=[first.pk])).status_code == 403
    assert client_of(cast.mona).post(reverse("definition_roll_back", args=[first.pk])).status_code == 302
    assert Definition.objects.get(status="active").based_on == first


def test_who_may_not_try_a_draft_is_not_sent_there(cast: Cast, draft: Definition) -> None:
    trials = {reverse(f"definition_{name}", args=[draft.pk]) for name in ("preview", "back_test", "shadow")}
    for user, offered in ((cast.vera, set()), (cast.mara, trials), (cast.mona, trials)):
        client = client_of(user)
        page = client.get(reverse("definition_version", args=[draft.pk])).content.decode()
        assert {address for address in trials if f'href="{address}"' in page} == offered
        assert {client.get(address).status_code for address in trials} == ({200} if offered else {403})


def test_what_was_active_has_no_editor(cast: Cast) -> None:
    first = Definition.objects.get(version=1)
    answer = client_of(cast.mara).get(reverse("definition_edit", args=[first.pk]))
    assert answer["Location"] == reverse("definition_version", args=[first.pk])


@pytest.mark.parametrize("name", ["version", "edit", "preview", "back_test"])
def test_what_is_not_there_is_not_found(cast: Cast, name: str) -> None:
    for pk in (999, 2**31, 10**30):
        assert client_of(cast.mara).get(reverse(f"definition_{name}", args=[pk])).status_code == 404


@pytest.mark.parametrize("name", ["sign", "withdraw", "activate", "roll_back"])
def test_deciding_takes_a_post(cast: Cast, draft: Definition, name: str) -> None:
    assert client_of(cast.adam).get(reverse(f"definition_{name}", args=[draft.pk])).status_code == 405


def test_the_list_of_versions_costs_the_same_for_many(cast: Cast, django_assert_max_num_queries: Any) -> None:
    client = client_of(cast.mara)
    client.get(reverse("definition"))
    for _ in range(12):
        definitions.new_draft(by=cast.mara, now=NOW)
    with django_assert_max_num_queries(18):
        assert client.get(reverse("definition")).status_code == 200
