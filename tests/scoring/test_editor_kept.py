"""What somebody typed into the editor is never lost, and nothing is saved or thrown away that nobody meant."""

from dataclasses import replace
from typing import Any

import pytest
from django.urls import reverse

from leads.models import EventKind, Facet
from scoring.models import Definition
from scoring.queries.drafts import content_of
from scoring.services import definitions
from tests.conftest import NOW, Cast, client_of
from tests.scoring.test_studio import controls, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(cast: Cast) -> Definition:
    return definitions.new_draft(by=cast.mara, now=NOW)


def body(answer: Any) -> str:
    html: str = answer.content.decode()
    return html.split('id="studio-body"')[1]


def test_what_names_no_button_saves_nothing(cast: Cast, draft: Definition) -> None:
    sent = controls(draft) | {"threshold": "45"}
    del sent["do"]
    answer = post(cast.mara, draft, sent)
    assert answer.status_code == 200
    assert 'name="threshold" value="45"' in body(answer) and "data-unsaved" in body(answer)
    draft.refresh_from_db()
    assert (draft.threshold, draft.revision) == (50, 1)


def test_another_kind_of_event_takes_off_the_patterns_of_the_earlier_one(cast: Cast, draft: Definition) -> None:
    rule = content_of(draft).engagement[1]
    names = ", ".join(Facet.objects.get(pk=pk).name for pk in rule.facet_ids)
    assert (rule.kind, names) == ("page_view", "Pricing")
    answer = post(cast.mara, draft, controls(draft) | {"e1-kind": "email_replied", "do": "refresh"})
    label = EventKind.objects.get(key="email_replied").label
    assert answer.status_code == 200
    assert f"Taken off, because it does not belong to the kind “{label}”: Pricing." in body(answer)
    # what the page sends now is saved
    sent = controls(draft) | {"e1-kind": "email_replied", "e1-facet": []}
    assert post(cast.mara, draft, sent).status_code == 302
    draft.refresh_from_db()
    assert (content_of(draft).engagement[1].kind, content_of(draft).engagement[1].facet_ids) == ("email_replied", ())


def test_without_script_it_is_refused_once_and_can_be_mended(cast: Cast, draft: Definition) -> None:
    answer = post(cast.mara, draft, controls(draft) | {"e1-kind": "email_replied"})
    assert answer.status_code == 422
    assert "Any of these events counts now." in body(answer)
    assert 'name="e1-facet"' not in body(answer)


def test_what_stood_open_stays_open_wherever_it_goes(cast: Cast, draft: Definition) -> None:
    def opened(answer: Any) -> list[str]:
        marks = [part.partition(">")[0] for part in body(answer).split('<input type="hidden" name="')]
        return [mark.partition('"')[0] for mark in marks if "data-open" in mark and "disabled" not in mark]

    sent = controls(draft) | {"e2-open": "rule", "e2-name": "Another name", "f0-open": "rule"}
    assert opened(post(cast.mara, draft, sent | {"do": "refresh"})) == ["e2-open", "f0-open"]
    assert opened(post(cast.mara, draft, sent | {"do": "up:e2"})) == ["e1-open", "f0-open"]
    assert opened(post(cast.mara, draft, sent | {"do": "remove:f0"})) == ["e2-open"]
    assert opened(post(cast.mara, draft, sent | {"do": "add:p"})) == ["e2-open", "f0-open", "p0-open", "p0f0-open"]
    exclusion = sent | {"x": [0], "x0-name": "rival", "x0-c": [0], "x0-c0-field": "company.name", "x0-c0-op": "known"}
    assert opened(post(cast.mara, draft, exclusion | {"do": "refresh"})) == ["e2-open", "f0-open"]
    assert opened(client_of(cast.mara).get(reverse("definition_edit", args=[draft.pk]))) == []
    assert post(cast.mara, draft, controls(draft) | {"e2-open": "rule"}).status_code == 302
    draft.refresh_from_db()
    assert draft.revision == 1  # to look at a rule is no change


def test_a_draft_is_thrown_away_by_who_was_asked_and_has_seen_it(cast: Cast, draft: Definition) -> None:
    url, mara = reverse("definition_discard", args=[draft.pk]), client_of(cast.mara)
    page = mara.get(url).content.decode()
    assert (
        "Throw the draft v2 “A fair start” away?" in page and "It cannot be brought back. Mara changed it last." in page
    )
    assert 'name="seen" value="1"' in page
    assert post(cast.mona, draft, controls(draft) | {"threshold": "45"}).status_code == 302
    for seen in ("1", ""):
        answer = mara.post(url, {"seen": seen})
        assert answer.status_code == 409
        assert "The draft has changed since you read it." in answer.content.decode()
        assert 'name="seen" value="2"' in answer.content.decode()
    assert Definition.objects.filter(pk=draft.pk).exists()
    assert mara.post(url, {"seen": "9" * 30}).status_code == 422
    assert mara.post(url, {"seen": "2"})["Location"] == reverse("definition")
    assert not Definition.objects.filter(pk=draft.pk).exists()
    assert (mara.get(url).status_code, mara.post(url, {"seen": "2"}).status_code) == (404, 404)
    active = reverse("definition_discard", args=[Definition.objects.get().pk])
    assert mara.post(active, {"seen": "1"}).status_code == 302
    assert Definition.objects.count() == 1


def test_what_was_typed_into_a_draft_that_is_gone_becomes_another(cast: Cast, draft: Definition) -> None:
    sent = controls(draft) | {"threshold": "45", "name": "Lower"}
    definitions.discard_draft(definition_id=draft.pk, seen=1)
    for do, status in (("save", 409), ("refresh", 200), ("add:f", 200)):
        answer = post(cast.mara, draft, sent | {"do": do})
        assert answer.status_code == status
        assert "This draft was thrown away meanwhile. What you typed is below: save it as a new draft." in body(answer)
        assert 'name="threshold" value="45"' in body(answer)
        assert 'value="anew"' in body(answer) and 'value="save"' not in body(answer)
    assert post(cast.mara, draft, sent | {"do": "anew", "threshold": "-1"}).status_code == 422
    assert Definition.objects.count() == 1
    answer = post(cast.mara, draft, sent | {"do": "anew"})
    new = Definition.objects.get(version=2)
    assert answer["Location"] == reverse("definition_version", args=[new.pk])
    assert (new.threshold, new.name, new.changed_by) == (45, "Lower", cast.mara)
    assert replace(content_of(new), threshold=50, name="A fair start") == content_of(Definition.objects.get(version=1))
    del sent["seen"]
    assert post(cast.mara, draft, sent).status_code == 404


def test_what_was_typed_into_a_draft_that_became_active_becomes_another(cast: Cast, draft: Definition) -> None:
    sent = controls(draft) | {"threshold": "45"}
    for side, by in (("marketing", cast.mara), ("sales", cast.mona)):
        definitions.sign(definition_id=draft.pk, side=side, by=by, seen=1, now=NOW)
    definitions.activate(definition_id=draft.pk, seen=1, now=NOW)
    answer = post(cast.mara, draft, sent)
    assert answer.status_code == 409
    assert "Version 2 is active and never changes. What you typed is below" in body(answer)
    assert post(cast.mara, draft, sent | {"do": "anew"}).status_code == 302
    assert Definition.objects.get(version=3).threshold == 45
    draft.refresh_from_db()
    assert draft.threshold == 50


def test_of_two_who_edit_at_once_the_second_reads_what_differs(cast: Cast, draft: Definition) -> None:
    mine = controls(draft) | {"threshold": "45"}
    assert post(cast.mona, draft, controls(draft) | {"e1-points": "8"}).status_code == 302
    answer = post(cast.mara, draft, mine)
    assert answer.status_code == 409
    said = body(answer).partition("A lead becomes a prospect")[0]
    assert "Mona saved it on" in said
    assert "The line moves from 50 to 45." in said and "points +8 → +6." in said
    assert 'name="seen" value="2"' in said and 'value="anew"' in said
    assert 'name="clash" value="1"' in said
    for sent, status in (({"do": "refresh"}, 200), ({"do": "anew", "threshold": "-1"}, 422)):  # the offer stays
        answer = post(cast.mara, draft, mine | {"seen": "2", "clash": "1"} | sent)
        assert answer.status_code == status and 'value="anew"' in body(answer) and 'name="clash"' in body(answer)
    assert post(cast.mara, draft, mine | {"seen": "2", "do": "anew"}).status_code == 302
    draft.refresh_from_db()
    assert (draft.threshold, draft.revision, Definition.objects.get(version=3).threshold) == (50, 2, 45)
    assert post(cast.mara, draft, mine | {"seen": "2"}).status_code == 302
    draft.refresh_from_db()
    assert (draft.threshold, draft.revision) == (45, 3)


def test_a_pattern_that_is_refused_stays_to_be_mended(cast: Cast, draft: Definition) -> None:
    new = {"e2-new_name": "Slow", "e2-new_pattern": "*a*a*a*a*", "do": "pattern:e2"}
    answer = post(cast.mara, draft, controls(draft) | new)
    assert answer.status_code == 422
    assert 'name="e2-new_name" value="Slow"' in body(answer)
    assert 'name="e2-new_pattern" value="*a*a*a*a*"' in body(answer)


def test_an_exclusion_of_everybody_is_refused_and_what_fits_nobody_is_told(cast: Cast, draft: Definition) -> None:
    row = {"x": [0], "x0-name": "rival", "x0-c": [0, 1], "x0-joiner": "any"}
    row |= {"x0-c0-field": "company.name", "x0-c0-op": "known", "x0-c1-field": "company.name", "x0-c1-op": "unknown"}
    answer = post(cast.mara, draft, controls(draft) | row)
    assert answer.status_code == 422
    assert "Everybody is kept out by this: nobody could ever become a prospect." in body(answer)
    row |= {"x0-c": [0], "x0-c0-field": "contact.lifecycle", "x0-c0-op": "is", "x0-c0-value": "client"}
    answer = post(cast.mara, draft, controls(draft) | row | {"do": "refresh"})
    assert "“rival”: “client” is no lifecycle: these are lead, prospect, customer, disqualified." in body(answer)
    page = client_of(cast.mara)
    assert post(cast.mara, draft, controls(draft) | row).status_code == 302
    shown = page.get(reverse("definition_version", args=[draft.pk])).content.decode()
    assert ", unless it is excluded (rival)." in shown
