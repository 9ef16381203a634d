"""Merge, then any edits, then unmerge: the same as had the merge never been, plus the edits."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from activities.services import add_follow_up
from leads.merging import BACK, STAY
from leads.models import Contact, EngagementEvent, Identity, Merge, Standing, Tag
from leads.services import (
    Conflicts,
    add_tag,
    assign_owner,
    change_contact,
    link_identity,
    merge_contacts,
    remove_tag,
    unmerge_contacts,
)
from tests import factories
from tests.conftest import NOW, Cast
from users.models import User

pytestmark = pytest.mark.django_db(transaction=False)
LATER = NOW + timedelta(days=1)
FIELDS = ("first_name", "last_name", "job_title", "country", "phone")


class Undone(Exception):
    """Takes back what a branch of the story has written."""


VALUES = {  # what people are at first, by name; edits use other values and owners: to set what stands is no edit
    "first_name": st.sampled_from(["", "Jane"]),
    "last_name": st.sampled_from(["Doe", "Dow"]),
    "job_title": st.sampled_from(["", "Buyer"]),
    "country": st.sampled_from(["", "DE", "FR"]),
    "phone": st.sampled_from(["", "+49 30 1234{n}"]),
}
EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("change"), st.sampled_from(FIELDS), st.integers(1, 3)),
        st.tuples(st.just("tag"), st.sampled_from(["Fair", "VIP"]), st.booleans()),
        st.tuples(st.just("owner"), st.sampled_from([0, 1]), st.just(0)),
        st.tuples(st.just("event"), st.sampled_from(["survivor", "former"]), st.integers(0, 3)),
        st.tuples(st.just("evidence"), st.sampled_from(["budget", "need"]), st.just(0)),
        st.tuples(st.just("identity"), st.integers(1, 3), st.just(0)),
        st.tuples(st.just("follow_up"), st.just("Call"), st.just(0)),
    ),
    min_size=2,  # the empty story is told by the chain
    max_size=6,
)


def _edit(edit: tuple[Any, ...], survivor: Contact, of: dict[str, str], owners: list[User]) -> None:
    """Do to the survivor, or under an address, what somebody does between a merge and its undoing."""
    what, value, number = edit
    if what == "change":
        new = {"country": ["AT", "CH", "NL"][number - 1], "phone": f"+49 40 77777{number}"}.get(value, f"New{number}")
        change_contact(survivor, **{value: new})
    elif what == "tag" and number:
        add_tag([survivor.pk], f"{value} again")
    elif what == "tag":
        for tag in Tag.objects.filter(name=f"{value} again"):
            remove_tag([survivor.pk], tag)
    elif what == "owner":
        assign_owner([survivor.pk], owners[value], now=LATER)
    elif what == "event":
        factories.event(Contact(email=of[value]), "page_view", days_ago=number, path="/x")
    elif what == "evidence":
        factories.evidence(survivor, value)
    elif what == "identity":
        link_identity(kind="anonymous", value=f"visitor-{value}", contact=survivor)
    elif what == "follow_up":
        add_follow_up(contact=survivor, assignee=owners[0], title=value, due_at=LATER, now=NOW)


def _state() -> dict[str, Any]:
    """All that is known of everybody, without keys that a sequence gave out and times of writing."""
    named = dict(Tag.objects.values_list("pk", "name"))
    return {
        "contacts": sorted(Contact.objects.values_list("pk", *FIELDS, "email", "company", "created_at", "search_text")),
        "standings": sorted(
            (pk, owner or 0, lifecycle, source, sorted(named[tag] for tag in tags), str(last), str(two))
            for pk, owner, lifecycle, source, tags, last, two in Standing.objects.values_list(
                "pk", "owner", "lifecycle", "source", "tag_ids", "last_day", "two_way_day"
            )
        ),
        "identities": sorted(Identity.objects.values_list("kind", "value", "contact")),
        "events": sorted(
            EngagementEvent.objects.values_list("kind__key", "occurred_at", "identity__value", "contact", "source")
        ),
        "rows": {
            name: sorted(map(str, getattr(Contact.objects.model, name).rel.related_model.objects.values_list(*columns)))
            for name, columns in {
                "evidence": ("contact", "criterion__key", "verdict", "observed_at"),
                "follow_ups": ("contact", "title", "due_at"),
                "lifecycle_changes": ("contact", "from_stage", "to_stage", "at", "reason"),
            }.items()
        },
    }


def _days() -> None:
    """The days of the newest events as a score sets them, for the side on which nothing was merged."""
    from leads.services.merging.values import settle_days

    standings = list(Standing.objects.all())
    settle_days(standings)
    Standing.objects.bulk_update(standings, ["last_day", "two_way_day"])


def _in_a_branch(story: Callable[[], None]) -> dict[str, Any]:
    """What comes of a story that then never happened."""
    found: dict[str, Any] = {}
    try:
        with transaction.atomic():
            story()
            _days()
            found = _state()
            raise Undone
    except Undone:
        return found


def _unmerge(merge: Merge) -> None:
    """Undo it; what was edited since stays."""
    try:
        with transaction.atomic():
            unmerge_contacts(merge_id=merge.pk, now=LATER)
    except Conflicts as conflicts:
        unmerge_contacts(merge_id=merge.pk, now=LATER, answers={one.field: STAY for one in conflicts.conflicts})


def _people(draw: st.DrawFn, owners: list[User], count: int) -> list[Contact]:
    people = []
    for n in range(count):
        fields = {name: draw(values).format(n=n) for name, values in VALUES.items()}
        person = factories.contact(
            now=NOW - timedelta(days=draw(st.integers(0, 3))), email=f"p{n}@x{n}.example", **fields
        )
        if draw(st.booleans()):
            add_tag([person.pk], draw(st.sampled_from(["Fair", "VIP", "Card"])))
        if draw(st.booleans()):
            assign_owner([person.pk], draw(st.sampled_from(owners)), now=NOW)
        for _ in range(draw(st.integers(0, 2))):
            factories.event(person, days_ago=draw(st.integers(1, 9)))
        if draw(st.booleans()):
            factories.evidence(person, "timeline")
        people.append(person)
    return people


QUIET = settings(
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a failing story is short; to shrink it takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@settings(QUIET, max_examples=10)
@given(data=st.data(), edits=EDITS)
def test_merge_edits_unmerge_is_edits_alone(cast: Cast, data: st.DataObject, edits: list[tuple[Any, ...]]) -> None:
    owners = [cast.rita, cast.ravi]

    def story() -> None:
        survivor, former = _people(data.draw, owners, 2)  # type: ignore[arg-type]
        addresses = {"survivor": survivor.email, "former": former.email}

        def without_merge() -> None:
            for edit in edits:
                _edit(edit, survivor, addresses, [cast.mona, cast.adam])

        def with_merge() -> None:
            merge = merge_contacts(survivor_id=survivor.pk, former_id=former.pk, now=LATER)
            without_merge()
            _unmerge(merge)

        assert _in_a_branch(with_merge) == _in_a_branch(without_merge)

    _in_a_branch(story)


@settings(QUIET, max_examples=6)
@given(data=st.data(), edits=st.lists(EDITS, min_size=3, max_size=3), first=st.booleans())
def test_two_merges_into_one_can_be_undone_in_any_order(
    cast: Cast, data: st.DataObject, edits: list[list[tuple[Any, ...]]], first: bool
) -> None:
    """Undoing one of them equals having made only the other; undoing both equals having made none."""
    owners = [cast.rita, cast.ravi]

    def story() -> None:
        survivor, *formers = _people(data.draw, owners, 3)  # type: ignore[arg-type]
        addresses = {"survivor": survivor.email, "former": formers[0].email}

        def edit(number: int) -> None:
            for one in edits[number]:
                _edit(one, survivor, addresses, [cast.mona, cast.adam])

        def told(made: tuple[int, ...], undone: tuple[int, ...]) -> None:
            merges = {}
            for number in range(2):
                edit(number)
                if number in made:
                    merges[number] = merge_contacts(
                        survivor_id=survivor.pk, former_id=formers[number].pk, now=LATER + timedelta(hours=number)
                    )
            edit(2)
            for number in undone:
                _unmerge(merges[number])

        order = (0, 1) if first else (1, 0)
        assert _in_a_branch(lambda: told((0, 1), order)) == _in_a_branch(lambda: told((), ()))
        assert _in_a_branch(lambda: told((0, 1), order[:1])) == _in_a_branch(lambda: told(order[1:], ()))

    _in_a_branch(story)


@settings(QUIET, max_examples=4)
@given(data=st.data())
def test_a_chain_comes_apart_from_its_end(cast: Cast, data: st.DataObject) -> None:
    def story() -> None:
        one, two, three = _people(data.draw, [cast.rita, cast.ravi], 3)  # type: ignore[arg-type]
        before = _in_a_branch(lambda: None)

        def chain() -> None:
            first = merge_contacts(survivor_id=two.pk, former_id=one.pk, now=LATER)
            second = merge_contacts(survivor_id=three.pk, former_id=two.pk, now=LATER)
            unmerge_contacts(merge_id=second.pk, now=LATER)
            unmerge_contacts(merge_id=first.pk, now=LATER)

        assert _in_a_branch(chain) == before

    _in_a_branch(story)


def test_an_answer_gives_the_value_back_or_to_the_restored(cast: Cast) -> None:
    kept = factories.contact(first_name="Jane", job_title="")
    gone = factories.contact(first_name="Jane", job_title="Buyer")
    merge = merge_contacts(survivor_id=kept.pk, former_id=gone.pk, now=LATER)
    change_contact(kept, job_title="Chief")
    with pytest.raises(Conflicts) as asked:
        unmerge_contacts(merge_id=merge.pk, now=LATER)
    assert [(one.field, one.before, one.after, one.now) for one in asked.value.conflicts] == [
        ("job_title", "", "Buyer", "Chief")
    ]
    unmerge_contacts(merge_id=merge.pk, now=LATER, answers={"job_title": BACK})
    titles = dict(Contact.objects.filter(pk__in=[kept.pk, gone.pk]).values_list("pk", "job_title"))
    assert titles == {kept.pk: "", gone.pk: "Buyer"}


def test_an_address_that_goes_back_cannot_stay_with_the_survivor() -> None:
    kept = factories.contact(email="jane@x.example")
    gone = factories.contact(email="doe@x.example")
    merge = merge_contacts(survivor_id=kept.pk, former_id=gone.pk, now=LATER)
    change_contact(kept, email="doe@x.example")
    with pytest.raises(Conflicts):
        unmerge_contacts(merge_id=merge.pk, now=LATER, answers={"email": STAY})
    unmerge_contacts(merge_id=merge.pk, now=LATER, answers={"email": BACK})
    emails = dict(Contact.objects.filter(pk__in=[kept.pk, gone.pk]).values_list("pk", "email"))
    assert emails == {kept.pk: "jane@x.example", gone.pk: "doe@x.example"}
