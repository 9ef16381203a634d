"""Whatever happens, in whichever order, and however it is corrected: what is kept is what the facts say."""

from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.db.models import Sum

from core.errors import Refused
from leads.models import Contact, Identity, Lifecycle, Merge, Position, Standing, Touch
from leads.services import assign_owner, enter_lifecycle, merge_contacts, unmerge_contacts
from pipeline import services
from pipeline.models import HandOff, Opportunity
from reports import queries
from reports.models import Credit, FunnelCell
from reports.queries import Wanted
from reports.services import prove_funnel, refresh_funnel
from tests import factories
from tests.conftest import NOW, Cast
from tests.pipeline import rows
from tests.reports import reading
from tests.reports.leads import cells, verdict


class Life:
    """Things that happen to a handful of contacts, by a seed."""

    def __init__(self, seed: int, cast: Cast) -> None:
        self.rng, self.cast, self.now = Random(seed), cast, NOW - timedelta(days=120)

    def someone(self) -> Contact:
        return self.rng.choice(list(Contact.objects.order_by("pk")))

    def comes(self) -> None:
        factories.contact(now=self.now, source=self.rng.choice(["form", "webinar", "import"]))

    def acts(self) -> None:
        kind = self.rng.choice(["page_view", "page_view", "email_replied", "demo_requested"])
        factories.event(self.someone(), kind, now=self.now, days_ago=self.rng.randrange(40))

    def is_judged(self) -> None:
        verdict(self.someone(), is_qualified=self.rng.random() < 0.7, at=self.now)

    def moves(self) -> None:
        enter_lifecycle(self.someone().pk, self.rng.choice([Lifecycle.PROSPECT, Lifecycle.LEAD]), now=self.now)

    def gets_a_deal(self) -> None:
        contact = self.someone()
        if not contact.opportunities.exists():
            rows.opportunity(self.cast.rita, contact=contact, opened=self.now, amount=100)

    def is_offered(self) -> None:
        deal = Opportunity.objects.filter(hand_offs=None).order_by("pk").first()
        if deal is not None:
            HandOff.objects.create(contact=deal.contact, opportunity=deal, rep=self.cast.rita, offered_at=self.now)

    def is_answered(self) -> None:
        state = self.rng.choice(["accepted", "expired"])
        offer = HandOff.objects.offered().order_by("pk").first()
        if offer is not None:
            HandOff.objects.filter(pk=offer.pk).update(state=state, decided_at=self.now)

    def is_won_or_opened_again(self) -> None:
        deal = Opportunity.objects.order_by("pk").last()
        if deal is None:
            return
        if deal.is_open:
            services.win(
                opportunity_id=deal.pk, amount=100, closed_on=self.now.date(), actor=self.cast.rita, now=self.now
            )
        else:
            services.reopen(opportunity_id=deal.pk, actor=self.cast.rita, now=self.now)

    def is_merged(self) -> None:
        one, other = self.someone(), self.someone()
        if one != other:
            merge_contacts(survivor_id=one.pk, former_id=other.pk, now=self.now)

    def is_taken_apart(self) -> None:
        merge = Merge.objects.standing().order_by("pk").last()
        if merge is not None:
            unmerge_contacts(merge_id=merge.pk, by=self.cast.adam, now=self.now)

    def is_corrected(self) -> None:
        contact = self.someone()
        Standing.objects.filter(pk=contact.pk).update(source="referral")
        contact.events.update(is_quarantined=self.rng.random() < 0.5)

    def came_by(self) -> None:
        identity = Identity.objects.filter(contact=self.someone()).first()
        if identity is not None:
            medium = self.rng.choice(["cpc", "email", "direct"])
            Touch.objects.update_or_create(
                identity=identity,
                position=self.rng.choice([Position.FIRST, Position.LAST]),
                defaults={
                    "at": self.now,
                    "source": medium,
                    "medium": medium,
                    "campaign": self.rng.choice(["", "Spring"]),
                },
            )

    def is_assigned(self) -> None:
        assign_owner([self.someone().pk], self.rng.choice([self.cast.rita, self.cast.ravi]))

    def goes_on(self) -> None:
        self.now += timedelta(hours=self.rng.randrange(1, 90))
        if not Contact.objects.exists():
            self.comes()
        happen: list[Any] = [self.comes, self.comes, self.acts, self.acts, self.acts, self.is_judged, self.moves]
        happen += [self.gets_a_deal, self.gets_a_deal, self.is_offered, self.is_answered, self.is_won_or_opened_again]
        happen += [self.is_merged, self.is_taken_apart, self.is_corrected, self.came_by, self.came_by, self.is_assigned]
        with suppress(Refused):
            self.rng.choice(happen)()


@pytest.mark.parametrize("seed", range(4))
def test_what_is_kept_is_what_the_facts_say(cast: Cast, seed: int) -> None:
    life = Life(seed, cast)
    for _ in range(8):
        for _ in range(6):
            life.goes_on()
        refresh_funnel(now=life.now)
        told, stands = reading.everybody(), reading.kept()
        wrong = {pk: (stands.get(pk), told.get(pk)) for pk in {*told, *stands} if stands.get(pk) != told.get(pk)}
        assert wrong == {}
        assert cells() == reading.cells_of(told)
    people = 1000 * Contact.objects.count()
    for by in FunnelCell.objects.values_list("by", flat=True).distinct():  # every division adds up to everybody
        assert FunnelCell.objects.filter(by=by).aggregate(all=Sum("leads"))["all"] == people, by
    proof = prove_funnel(now=life.now)
    assert (proof.wrong, proof.cells) == (0, 0)


def test_shared_credit_adds_up_and_opens_its_list(cast: Cast) -> None:
    """Of three people one came by two campaigns, one by one, one by none that we know."""
    for number, campaigns in enumerate((["Spring", "Autumn"], ["Spring"], [])):
        contact = factories.contact(now=NOW - timedelta(days=9))
        identity = Identity.objects.get(contact=contact, kind="email")
        for place, campaign in enumerate(campaigns):
            Touch.objects.create(
                identity=identity,
                position=(Position.FIRST, Position.LAST)[place],
                at=NOW - timedelta(days=9 - place),
                source="ads",
                medium="cpc",
                campaign=campaign,
            )
        assert Touch.objects.filter(identity=identity).count() == len(campaigns), number
    refresh_funnel(now=NOW)

    def shown(touch: str) -> dict[str, str]:
        made = queries.funnel(Wanted(by="campaign", touch=touch), now=NOW)
        for row in made.parts:
            wanted = Wanted(by="campaign", touch=touch, key=row.key)
            assert wanted.credit(now=NOW) == row.steps[0].parts
            people = Wanted.parse({**dict(pair.split("=") for pair in row.steps[0].query.split("&"))})
            assert people.people(cast.mara, now=NOW).count() >= row.steps[0].count
        assert sum(row.steps[0].parts for row in made.parts) == 3000
        return {row.label: row.steps[0].text for row in made.parts}

    assert shown("first") == {"spring": "2", "No campaign": "1"}
    assert shown("last") == {"autumn": "1", "spring": "1", "No campaign": "1"}
    assert shown("linear") == {"spring": "1.5", "No campaign": "1", "autumn": "0.5"}
    assert shown("position") == {"spring": "1.5", "No campaign": "1", "autumn": "0.5"}
    assert Credit.objects.count() == 3
