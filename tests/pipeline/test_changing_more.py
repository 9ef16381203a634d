"""Tags of several opportunities at once; what a change did to an offer is undone with it."""

from datetime import timedelta
from typing import Any

import pytest

from core.errors import Refused
from leads.models import Tag
from pipeline import services
from pipeline.models import BoardChange, HandOff, Opportunity
from tests.conftest import NOW, Cast, client_of
from tests.pipeline import rows

HTMX = {"HX-Request": "true"}


def tagged(cast: Cast, name: str, tags: str = "", **more: Any) -> Opportunity:
    row = rows.opportunity(cast.rita, name=name, **more)
    return services.set_details(opportunity_id=row.pk, tags=tags, actor=cast.rita, now=NOW) if tags else row


def tags_of(row: Opportunity) -> list[str]:
    return sorted(row.tags.values_list("name", flat=True))


def chosen(*some: Opportunity) -> dict[int, int | None]:
    return dict(Opportunity.objects.filter(pk__in=[one.pk for one in some]).values_list("pk", "version"))


# --- tags ---


def test_a_tag_is_put_on_and_another_taken_off_and_both_put_back(cast: Cast) -> None:
    one, two, three = tagged(cast, "One", "fair, old"), tagged(cast, "Two"), tagged(cast, "Three", "Fair 2026")
    client = client_of(cast.rita)
    given = {"ids": [f"{pk}.{version}" for pk, version in chosen(one, two, three).items()]}
    answer = client.post("/pipeline/bulk/", given | {"add_tag": " fair 2026 ", "drop_tag": "OLD"}, headers=HTMX)
    assert "2 opportunities changed." in answer["HX-Trigger"]  # the third had the one and not the other
    assert [tags_of(row) for row in (one, two, three)] == [["Fair 2026", "fair"], ["Fair 2026"], ["Fair 2026"]]
    undone = client.post(f"/pipeline/undo/{BoardChange.objects.get().pk}/", headers=HTMX)
    assert "Undone." in undone["HX-Trigger"]
    assert [tags_of(row) for row in (one, two, three)] == [["fair", "old"], [], ["Fair 2026"]]


def test_tags_go_together_with_an_owner_and_a_stage(cast: Cast) -> None:
    one, stage = tagged(cast, "One"), rows.stage("Discovery")
    done = services.change_many(
        chosen=chosen(one), add_tag="fair", owner=cast.ravi, stage_id=stage.pk, actor=cast.rita, now=NOW
    )
    one.refresh_from_db()
    assert (done.changed, one.owner, one.stage, tags_of(one)) == (1, cast.ravi, stage, ["fair"])
    assert done.change is not None
    services.undo_change(done.change.pk, actor=cast.rita, now=NOW)
    one.refresh_from_db()
    assert (one.owner, one.stage.name, tags_of(one)) == (cast.rita, "New", [])


def test_a_tag_that_is_gone_meanwhile_stays_gone(cast: Cast) -> None:
    one = tagged(cast, "One", "old, fair")
    done = services.change_many(chosen=chosen(one), drop_tag="old", actor=cast.rita, now=NOW)
    Tag.objects.get(name="old").delete()
    assert done.change is not None
    services.undo_change(done.change.pk, actor=cast.rita, now=NOW)
    assert tags_of(one) == ["fair"]


def test_what_is_closed_is_tagged_too_and_a_full_one_is_named(cast: Cast) -> None:
    won = tagged(cast, "Won", at="Won", closed_at=NOW)
    full = tagged(cast, "Full", ", ".join(f"tag {number}" for number in range(20)))
    done = services.change_many(chosen=chosen(won, full), add_tag="fair", actor=cast.rita, now=NOW)
    assert (done.changed, done.left, tags_of(won)) == (1, [("Full", "It has 20 tags already.")], ["fair"])
    swapped = services.change_many(
        chosen=chosen(full), add_tag="fair", drop_tag="tag 0", actor=cast.rita, now=NOW + timedelta(minutes=1)
    )
    assert (swapped.changed, len(tags_of(full))) == (1, 20)


@pytest.mark.parametrize(
    "given",
    [
        {"add_tag": "x" * 41},
        {"add_tag": "\0"},
        {"add_tag": "a, b"},
        {"drop_tag": "nobody has it"},
        {"drop_tag": "😀" * 1000},
        {"add_tag": "old", "drop_tag": "Old"},
    ],
)
def test_a_bad_tag_changes_nothing(cast: Cast, given: dict[str, str]) -> None:
    one = tagged(cast, "One", "old")
    before = chosen(one)
    ids = [f"{pk}.{version}" for pk, version in before.items()]
    answer = client_of(cast.rita).post("/pipeline/bulk/", {"ids": ids} | given, headers=HTMX)
    assert answer.status_code == 422
    assert (chosen(one), tags_of(one)) == (before, ["old"])
    assert not BoardChange.objects.exists()


# --- offers ---


def moved(row: HandOff, by: Any) -> BoardChange:
    _, change = services.move_card(
        opportunity_id=row.opportunity_id or 0, stage_id=rows.stage("Discovery").pk, actor=by, now=NOW
    )
    row.refresh_from_db()
    assert (row.state, row.decided_by, row.decided_at) == ("accepted", by, NOW)
    assert change is not None
    return change


def test_an_offer_that_a_move_accepted_is_open_again_when_it_is_undone(offered: Cast) -> None:
    row = rows.offer()
    change = moved(row, offered.rita)
    done = services.undo_change(change.pk, actor=offered.rita, now=NOW + timedelta(minutes=5))
    row.refresh_from_db()
    assert (done.changed, done.answered, row.state, row.decided_by, row.decided_at) == (1, [], "offered", None, None)
    # and it can be answered as if nothing had been
    assert services.accept(hand_off_id=row.pk, actor=offered.rita, now=NOW + timedelta(minutes=6)).state == "accepted"


def test_the_same_of_several_at_once(offered: Cast) -> None:
    row = rows.offer()
    assert row.opportunity is not None
    done = services.change_many(
        chosen=chosen(row.opportunity), stage_id=rows.stage("Discovery").pk, actor=offered.rita, now=NOW
    )
    row.refresh_from_db()
    assert row.state == "accepted"
    assert done.change is not None
    services.undo_change(done.change.pk, actor=offered.rita, now=NOW)
    row.refresh_from_db()
    assert row.state == "offered"


def test_an_offer_that_was_passed_on_to_nobody_comes_back_with_its_owner(offered: Cast) -> None:
    row = rows.offer()
    assert row.opportunity is not None
    later = NOW + timedelta(minutes=1)
    done = services.change_many(chosen=chosen(row.opportunity), owner=None, actor=offered.mona, now=later)
    row.refresh_from_db()
    assert row.state == "passed_on"
    assert done.change is not None
    services.undo_change(done.change.pk, actor=offered.mona, now=later)
    row.refresh_from_db()
    assert (row.state, row.rep, Opportunity.objects.get().owner) == ("offered", offered.rita, offered.rita)


def test_an_offer_whose_time_is_over_stays_accepted_and_the_page_says_so(offered: Cast) -> None:
    row = rows.offer()
    change = moved(row, offered.rita)
    HandOff.objects.filter(pk=row.pk).update(due_at=NOW + timedelta(minutes=1))
    done = services.undo_change(change.pk, actor=offered.rita, now=NOW + timedelta(minutes=2))
    row.refresh_from_db()
    assert row.opportunity is not None
    assert (done.changed, done.answered, row.state) == (1, [row.opportunity.name], "accepted")
    assert row.opportunity.stage.name == "New"


def test_the_page_says_that_an_offer_stays_answered(offered: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = services.Outcome(changed=5, answered=["A", "B", "C", "D"])
    monkeypatch.setattr(services, "undo_change", lambda pk, **_: outcome)
    said = client_of(offered.rita).post("/pipeline/undo/1/", headers=HTMX)["HX-Trigger"]
    assert "Undone. The offer of A; B; C; and 1 more stays answered, because the time to answer it is over." in said


def test_what_somebody_had_accepted_before_stays_accepted(offered: Cast) -> None:
    row = rows.offer()
    services.accept(hand_off_id=row.pk, actor=offered.rita, now=NOW)
    _, change = services.move_card(
        opportunity_id=row.opportunity_id or 0, stage_id=rows.stage("Discovery").pk, actor=offered.rita, now=NOW
    )
    assert change is not None
    services.undo_change(change.pk, actor=offered.rita, now=NOW)
    row.refresh_from_db()
    assert (row.state, row.decided_by) == ("accepted", offered.rita)


def test_an_undo_of_somebody_else_is_refused_and_the_offer_stays(offered: Cast) -> None:
    row = rows.offer()
    change = moved(row, offered.rita)
    with pytest.raises(Refused, match="Only whoever did this"):
        services.undo_change(change.pk, actor=offered.mona, now=NOW)
    row.refresh_from_db()
    assert row.state == "accepted"


def test_what_is_handed_to_somebody_offers_no_undo_unless_something_else_can_be(offered: Cast) -> None:
    row, other = rows.offer(), rows.opportunity(offered.sven, name="Amber")
    assert row.opportunity is not None
    others = {offered.rita: offered.ravi, offered.ravi: offered.rita}
    to = others[row.opportunity.owner] if row.opportunity.owner else offered.rita
    done = services.change_many(chosen=chosen(row.opportunity), owner=to, actor=offered.mona, now=NOW)
    assert (done.changed, done.change) == (1, None)
    again = rows.offer()
    assert again.opportunity is not None
    later = NOW + timedelta(minutes=1)
    to = others[again.opportunity.owner] if again.opportunity.owner else offered.rita
    done = services.change_many(chosen=chosen(again.opportunity, other), owner=to, actor=offered.mona, now=later)
    assert done.change is not None
    undone = services.undo_change(done.change.pk, actor=offered.mona, now=later)
    said = "it was handed over with this; give it to somebody by hand"
    assert (undone.changed, undone.left) == (1, [(again.opportunity.name, said)])
