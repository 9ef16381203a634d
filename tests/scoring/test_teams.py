"""A team may have a definition of its own: it judges what its members own, and nobody else."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import Refused, Stale
from leads.days import day_of
from leads.filters import LeadFilter
from leads.models import ChangedContact, Contact, Standing
from leads.queries import people
from leads.services import assign_owner
from scoring import queries, services
from scoring.drafting import Content, ExclusionDraft, FitDraft, PersonaDraft
from scoring.models import Definition, DefinitionStatus, RefreshRange, ShadowVerdict, Verdict
from scoring.queries.drafts import active_for, content_of
from scoring.queries.history import history
from scoring.services import definitions, refresh_all, rescore_changed, shadows
from scoring.services.back_tests import continue_back_test, start_back_test
from scoring.services.floods import reach_of
from scoring.services.previews import start_preview
from scoring.statement import COLUMNS, EVERYBODY
from scoring.tasks import follow_team
from tests import factories
from tests.budget import cost
from tests.conftest import NOW, Cast
from users.models import Team, User
from users.services import change_person

pytestmark = pytest.mark.django_db
DAY = day_of(NOW)


def draft_for(cast: Cast, team: Team | None, **changes: Any) -> Definition:
    """A draft that says what the one for all says, but for the changes."""
    row = definitions.new_draft(by=cast.mara, now=NOW)
    content: Content = replace(content_of(row), team=team.pk if team else None, name=f"For {team}", **changes)
    return definitions.save_draft(definition_id=row.pk, content=content, by=cast.mara, seen=row.revision, now=NOW)


def in_force(cast: Cast, team: Team | None, **changes: Any) -> Definition:
    row = draft_for(cast, team, **changes)
    definitions.sign(definition_id=row.pk, side="marketing", by=cast.mara, seen=row.revision, now=NOW)
    definitions.sign(definition_id=row.pk, side="sales", by=cast.mona, seen=row.revision, now=NOW)
    return definitions.activate(definition_id=row.pk, seen=row.revision, now=NOW, is_sure=True)


def team_of(user: User) -> Team:
    assert user.team is not None
    return user.team


def version_of(contact: Contact) -> int | None:
    return Standing.objects.get(pk=contact.pk).definition_version


def warm(owner: User | None) -> Contact:
    """25 points and all answers; they talk to us."""
    contact = factories.contact(owner=owner)
    factories.event(contact, "email_replied")
    factories.event(contact, "demo_requested")
    factories.bant(contact)
    return contact


def test_each_is_judged_by_the_definition_of_their_owners_team_else_by_the_one_for_all(cast: Cast) -> None:
    north, south, nobodys = warm(cast.rita), warm(cast.sven), warm(None)
    rescore_changed(now=NOW)
    line = Standing.objects.get(pk=north.pk).total
    own = in_force(cast, team_of(cast.rita), threshold=line)
    assert refresh_all(now=NOW) == 1
    assert [version_of(one) for one in (north, south, nobodys)] == [own.version, 1, 1]
    assert [Standing.objects.get(pk=one.pk).is_qualified for one in (north, south, nobodys)] == [True, False, False]
    verdict = Verdict.objects.get()
    assert (verdict.contact_id, verdict.definition) == (north.pk, own)
    for one, version in ((north, own.version), (south, 1), (nobodys, 1)):
        explanation, went = queries.why(one.pk, DAY), history(one.pk, DAY)
        assert explanation and went
        assert (explanation.version, went.version) == (version, version)
        assert explanation.total == Standing.objects.get(pk=one.pk).total


def test_one_is_active_for_a_team_and_one_for_all(cast: Cast) -> None:
    north = team_of(cast.rita)
    first = in_force(cast, north, threshold=40)
    second = in_force(cast, north, threshold=41)
    first.refresh_from_db()
    assert (first.status, second.status) == (DefinitionStatus.RETIRED, DefinitionStatus.ACTIVE)
    assert Definition.objects.get(version=1).status == DefinitionStatus.ACTIVE
    for row in (first, replaced(1)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Definition.objects.filter(pk=row.pk).update(status=DefinitionStatus.ACTIVE)


def replaced(version: int) -> Definition:
    """The copy of a version, for all."""
    row = Definition.objects.get(version=version)
    row.pk, row.version, row.status = None, 90, DefinitionStatus.RETIRED
    row.save(force_insert=True)
    return row


def test_activating_for_one_team_leaves_the_others_scores_alone(cast: Cast) -> None:
    warm(cast.rita), warm(cast.sven), warm(None)
    refresh_all(now=NOW)
    before = list(Standing.objects.exclude(owner=cast.rita).order_by("pk").values())
    done = set(RefreshRange.objects.values_list("pk", flat=True))
    in_force(cast, team_of(cast.rita), threshold=1)
    assert done.isdisjoint(services.plan_refresh(now=NOW))  # the others' ranges of today are done
    refresh_all(now=NOW)
    assert list(Standing.objects.exclude(owner=cast.rita).order_by("pk").values()) == before


def test_who_goes_to_an_owner_of_another_team_is_judged_by_its_definition(cast: Cast) -> None:
    contact = warm(cast.sven)
    own = in_force(cast, team_of(cast.rita), threshold=40)
    refresh_all(now=NOW)
    rescore_changed(now=NOW)
    assert version_of(contact) == 1
    assign_owner([contact.pk], cast.rita, now=NOW)
    rescore_changed(now=NOW)
    assert version_of(contact) == own.version
    assign_owner([contact.pk], None, now=NOW)
    rescore_changed(now=NOW)
    assert version_of(contact) == 1


def test_an_owner_who_goes_to_another_team_takes_the_leads_along(
    cast: Cast, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = warm(cast.sven)
    own = in_force(cast, team_of(cast.rita), threshold=40)
    refresh_all(now=NOW)
    rescore_changed(now=NOW)
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(follow_team, "apply_async", lambda kwargs: asked.append(kwargs))
    with django_capture_on_commit_callbacks(execute=True):
        change_person(cast.sven, name="Sven", role="rep", team=cast.sven.team)
        assert not asked
        change_person(cast.sven, name="Sven", role="rep", team=team_of(cast.rita))
    assert asked == [{"user_id": cast.sven.pk}]
    follow_team(user_id=cast.sven.pk)
    rescore_changed(now=NOW)
    assert version_of(contact) == own.version


def test_the_sweep_finds_whom_a_lost_announcement_left_behind(cast: Cast) -> None:
    contact, other = warm(cast.sven), warm(cast.rita)
    own = in_force(cast, team_of(cast.rita), threshold=40)
    refresh_all(now=NOW)
    rescore_changed(now=NOW)
    User.objects.get_queryset().filter(pk=cast.sven.pk).update(team=cast.rita.team)
    assert services.plan_refresh(now=NOW) == []
    assert list(ChangedContact.objects.values_list("contact_id", flat=True)) == [contact.pk]
    rescore_changed(now=NOW)
    assert (version_of(contact), version_of(other)) == (own.version, own.version)
    services.plan_refresh(now=NOW)
    assert not ChangedContact.objects.exists()


def test_it_ends_and_the_leads_are_judged_by_the_one_for_all_again(cast: Cast) -> None:
    contact = warm(cast.rita)
    own = in_force(cast, team_of(cast.rita), threshold=1)
    refresh_all(now=NOW)
    assert Standing.objects.get(pk=contact.pk).is_qualified
    assert definitions.end_for_team(definition_id=own.pk, now=NOW).version == 1
    refresh_all(now=NOW)
    standing = Standing.objects.get(pk=contact.pk)
    assert (standing.definition_version, standing.is_qualified) == (1, False)
    with pytest.raises(Stale):
        definitions.end_for_team(definition_id=own.pk, now=NOW)
    with pytest.raises(Stale):
        definitions.end_for_team(definition_id=Definition.objects.get(version=1).pk, now=NOW)
    back = definitions.roll_back(definition_id=own.pk, by=cast.mona, now=NOW)
    assert (back.team, back.status) == (cast.rita.team, DefinitionStatus.ACTIVE)
    assert active_for(None) == Definition.objects.get(version=1)
    assert active_for(team_of(cast.rita).pk) == back
    assert active_for(team_of(cast.sven).pk) == Definition.objects.get(version=1)


def test_a_preview_counts_the_teams_leads_against_what_judges_them_now(cast: Cast) -> None:
    warm(cast.rita), warm(cast.sven), warm(None)
    refresh_all(now=NOW)
    row = draft_for(cast, team_of(cast.rita), threshold=1)
    preview = start_preview(definition_id=row.pk, whole=True, by=None, now=NOW)
    assert (preview.people, preview.done, preview.figures["enters"]) == (1, 1, 1)
    assert preview.against == Definition.objects.get(version=1)
    reach = reach_of(row, now=NOW)
    assert (reach.leads, reach.qualified, reach.whose) == (1, 1, "leads of team North")
    own = in_force(cast, team_of(cast.rita), threshold=2)
    again = start_preview(definition_id=row.pk, whole=True, by=None, now=NOW)
    assert again.against == own
    for_all = start_preview(definition_id=draft_for(cast, None, threshold=1).pk, whole=True, by=None, now=NOW)
    assert (for_all.people, for_all.done) == (2, 2)  # the team keeps its own


def test_a_back_test_judges_the_teams_leads_alone(cast: Cast) -> None:
    for owner in (cast.rita, cast.sven):
        contact = factories.contact(owner=owner, now=NOW - timedelta(days=100))
        for kind in ("email_replied", "demo_requested"):
            factories.event(contact, kind, days_ago=10, now=NOW - timedelta(days=0))
        factories.bant(contact)
    Standing.objects.update(definition_version=1)
    row = draft_for(cast, team_of(cast.rita), threshold=1, two_way_days=None, required=(), fresh=())
    test = start_back_test(definition_id=row.pk, weeks=4, by=None, now=NOW)
    while continue_back_test(test.pk, now=NOW):
        pass
    test.refresh_from_db()
    assert test.against == Definition.objects.get(version=1)
    assert test.figures["base"]["people"] == 1
    assert set(test.promotions.values_list("contact__standing__owner", flat=True)) == {cast.rita.pk}


def test_a_shadow_judges_whom_the_draft_would_judge_and_forgets_who_leaves(cast: Cast) -> None:
    contact, other = warm(cast.rita), warm(cast.sven)
    refresh_all(now=NOW)
    row = draft_for(cast, team_of(cast.rita), threshold=1)
    shadow = shadows.start_shadow(definition_id=row.pk, by=None, now=NOW)
    shadows.walk(shadow.pk, now=NOW)
    assert list(ShadowVerdict.objects.values_list("contact_id", "is_qualified")) == [(contact.pk, True)]
    assign_owner([contact.pk], cast.sven, now=NOW)
    assign_owner([other.pk], cast.rita, now=NOW)
    rescore_changed(now=NOW)
    assert list(ShadowVerdict.objects.values_list("contact_id", "is_qualified")) == [(other.pk, True)]


def test_hot_leads_are_near_their_own_line(cast: Cast) -> None:
    north, south, nobodys = warm(cast.rita), warm(cast.sven), warm(None)
    in_force(cast, team_of(cast.rita), threshold=90)
    Standing.objects.update(total=45, is_qualified=False)
    hot = queries.hot_but_incomplete()
    assert hot is not None and (hot.least, hot.teams) == (40, {team_of(cast.rita).pk: 80})
    found = people(cast.mona, LeadFilter(view="hot"), now=NOW, hot_from=hot).order_by("pk")
    assert [row.pk for row in found] == [south.pk, nobodys.pk]
    Standing.objects.filter(pk=north.pk).update(total=80)
    assert north.pk in people(cast.mona, LeadFilter(view="hot"), now=NOW, hot_from=hot).values_list("pk", flat=True)


def test_an_explanation_costs_as_much_with_a_definition_of_the_team(cast: Cast) -> None:
    contact = warm(cast.rita)
    refresh_all(now=NOW)
    before = cost(lambda: queries.why(contact.pk, DAY)), cost(queries.marks), cost(queries.hot_but_incomplete)
    in_force(cast, team_of(cast.rita), threshold=90)
    refresh_all(now=NOW)
    after = cost(lambda: queries.why(contact.pk, DAY)), cost(queries.marks), cost(queries.hot_but_incomplete)
    assert before == after


def test_personas_and_exclusions_of_the_former_definition_are_wiped_out(cast: Cast) -> None:
    contact = warm(cast.rita)
    big = FitDraft("Known", 5, {"field": "contact.email_domain", "op": "known"})
    rivals = {"field": "contact.email_domain", "op": "known"}
    own = in_force(
        cast,
        team_of(cast.rita),
        threshold=40,
        personas=(PersonaDraft("Known", (big,)),),
        exclusions=(ExclusionDraft("rival", rivals),),
    )
    refresh_all(now=NOW)
    standing = Standing.objects.get(pk=contact.pk)
    assert queries.marks().personas.get(standing.persona_id or 0) == "Known"
    assert queries.marks().exclusions.get(standing.exclusion_id or 0) == "rival"
    explanation = queries.why(contact.pk, DAY)
    assert explanation and (explanation.persona, explanation.excluded, explanation.team) == ("Known", "rival", "North")
    assign_owner([contact.pk], cast.sven, now=NOW)
    rescore_changed(now=NOW)
    standing.refresh_from_db()
    assert (standing.persona_id, standing.exclusion_id, standing.definition_version) == (None, None, 1)
    assert own.status == DefinitionStatus.ACTIVE


def test_a_team_that_is_none_is_refused(cast: Cast) -> None:
    row = definitions.new_draft(by=cast.mara, now=NOW)
    content = replace(content_of(row), team=-1)
    with pytest.raises(Refused) as refused:
        definitions.save_draft(definition_id=row.pk, content=content, by=cast.mara, seen=row.revision, now=NOW)
    assert refused.value.fields == {"team": "Choose one of the teams, or everybody."}


# --- whatever happens ---

who = st.integers(0, 3)
owners = st.sampled_from([None, "rita", "ravi", "sven"])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("event"), who, st.sampled_from(["page_view", "email_replied", "demo_requested"])),
        st.tuples(st.just("owner"), who, owners),
        st.tuples(st.just("team"), st.sampled_from(["rita", "sven"]), st.sampled_from([None, "North", "South"])),
        st.tuples(st.just("activate"), st.sampled_from([None, "North", "South"]), st.integers(1, 60)),
        st.tuples(st.just("end"), st.sampled_from(["North", "South"])),
        st.tuples(st.just("judge")),
        st.tuples(st.just("refresh")),
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=steps, beside=st.sampled_from([None, "North", "South"]))
def test_incremental_is_a_full_recompute_with_teams(cast: Cast, history: list[Any], beside: str | None) -> None:
    everybody = [factories.contact(owner=owner) for owner in (cast.rita, cast.ravi, cast.sven, None)]
    ids = [one.pk for one in everybody]
    teams = {team.name: team for team in Team.objects.all()}
    # a shadow judges whom it would judge were it active
    Definition.objects.filter(status__in=["draft", "review"]).delete()
    shadowing = draft_for(cast, teams.get(beside or ""), threshold=10, two_way_days=None, required=(), fresh=())
    shadows.walk(shadows.start_shadow(definition_id=shadowing.pk, by=None, now=NOW).pk, now=NOW)
    for step, *given_ in history:
        if step == "event":
            factories.event(everybody[given_[0]], given_[1])
        elif step == "owner":
            assign_owner([ids[given_[0]]], getattr(cast, given_[1]) if given_[1] else None, now=NOW)
        elif step == "team":
            person = User.objects.get(pk=getattr(cast, given_[0]).pk)
            change_person(person, name=person.name, role=person.role, team=teams.get(given_[1]))
            services.queue_leads_of(person.pk)
        elif step == "activate":
            in_force(cast, teams.get(given_[0]), threshold=given_[1], two_way_days=None, required=(), fresh=())
            refresh_all(now=NOW)
        elif step == "end":
            own = Definition.objects.filter(status=DefinitionStatus.ACTIVE, team=teams[given_[0]]).first()
            if own is not None:
                definitions.end_for_team(definition_id=own.pk, now=NOW)
                refresh_all(now=NOW)
        elif step == "judge":
            rescore_changed(now=NOW)
        elif step == "refresh":
            refresh_all(now=NOW)
    rescore_changed(now=NOW)

    def standings() -> list[tuple[Any, ...]]:
        rows = Standing.objects.filter(pk__in=ids).order_by("pk")
        return list(rows.values_list("pk", *COLUMNS, "definition_version"))

    incremental = standings()
    for row in Standing.objects.filter(pk__in=ids).select_related("owner__team"):
        explanation = queries.why(row.pk, DAY)
        judge = active_for(row.owner.team_id if row.owner else None)
        assert explanation is not None and judge is not None
        assert explanation.version == row.definition_version == judge.version
        assert (explanation.total, explanation.grade, explanation.is_qualified) == (
            row.total,
            row.grade,
            row.is_qualified,
        )
    spec = queries.load_spec(shadowing)
    whose = EVERYBODY.only(queries.active_specs().whose(spec.team_id))
    rows = queries.run(queries.statement_of(spec).select(whose), [], DAY)
    wanted = {row["contact_id"] for row in rows if row["is_qualified"] and row["contact_id"] in ids}
    said = dict(ShadowVerdict.objects.filter(contact__in=ids).values_list("contact_id", "is_qualified"))
    assert {pk for pk, is_qualified in said.items() if is_qualified} == wanted
    assert said.keys() <= {row["contact_id"] for row in rows}
    Standing.objects.filter(pk__in=ids).update(total=-999, fit=-1, content=7, grade="", definition_version=None)
    RefreshRange.objects.all().delete()
    refresh_all(now=NOW)
    assert standings() == incremental
