"""Loads the demo, once."""

from dataclasses import replace
from datetime import UTC, datetime

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

import crm.reference
from capture import reference
from capture.arrangement import ConsentBox
from capture.models import Site
from core.tasks import enqueue
from crm.demo import logins
from crm.demo.definitions import agree_on_a_definition, draft_for_a_team, propose_a_change, try_out_the_change
from crm.demo.desk import ask_personas, put_some_aside, work_at_the_desk
from crm.demo.forecasts import keep_a_record
from crm.demo.forms import fill_in_forms
from crm.demo.hand_offs import hand_over
from crm.demo.judge import Judge
from crm.demo.lists import bring_lists
from crm.demo.load import WORDING, Loader, reserve
from crm.demo.machines import name_browsers
from crm.demo.privacy import ask_and_suppress
from crm.demo.programs import connect_programs
from crm.demo.sales import Office
from crm.demo.selling import set_up_selling
from crm.demo.spending import spend_on_campaigns
from crm.demo.twice import let_some_be_twice
from crm.demo.views import save_views
from crm.demo.world import FIRMS, PEOPLE, Maker
from leads import kinds
from leads.models import Company, Contact
from pipeline.models import Pipeline, Stage, StageKind
from pipeline.services.desk import place_all
from reports.services import prove_funnel, refresh_funnel, refresh_outlook
from scoring import queries as scoring
from scoring import services
from scoring.models import Definition
from scoring.services.learning import ask_for_model
from scoring.tasks import count_rules, train_model
from users.models import Team, User


class NotPossible(Exception):
    """The installation is not in the state that the demo was made for; the text says what to do."""


def build(*, now: datetime) -> None:
    """Everything, in one transaction; then scores and rollups by the product's own services."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    with transaction.atomic():
        crm.reference.ensure()
        kinds.forget()
        spec = scoring.active_spec()
        pipeline = Pipeline.objects.filter(stages__kind=StageKind.OPEN).first()
        if spec is None or pipeline is None:
            raise NotPossible("Demo data needs an active definition and a pipeline. Run `manage.py prepare` first.")
        make_colleagues()
        agree_on_a_definition(midnight)
        spec = scoring.active_spec() or spec
        site = make_places_to_arrive()
        rots = [stage.rots_after_days for stage in Stage.objects.filter(pipeline=pipeline, kind=StageKind.OPEN)]
        judge = Judge(spec)
        world = Maker(midnight, judge, site, rots).make(reserve(Company, FIRMS), reserve(Contact, PEOPLE))
        loader = Loader(world, judge)
        loader.facts()
        name_browsers(midnight)
        fill_in_forms(midnight)
        Office(loader, pipeline, Definition.objects.get(pk=spec.id), midnight).write()
        work_at_the_desk(midnight)
        ask_personas()
        ask_and_suppress(midnight)
        connect_programs(midnight)
        bring_lists(midnight)
        let_some_be_twice(midnight)
        draft_for_a_team(midnight)
        propose_a_change(midnight)
        set_up_selling(midnight)
        save_views()
    count_for_the_planner()
    services.refresh_all(now=now)
    hand_over(now, midnight)
    keep_a_record(midnight)
    count_for_the_planner()
    try_out_the_change(now)
    put_some_aside(midnight, now)
    place_all(now=now)
    refresh_funnel(now=now)
    refresh_outlook(now=now)
    spend_on_campaigns(midnight)
    prove_funnel(now=now)
    enqueue(count_rules)  # both take long: a worker's
    enqueue(train_model, model_id=ask_for_model(now=now).pk)


def count_for_the_planner() -> None:
    """What the server does by itself within minutes, and plans badly without."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def make_colleagues() -> None:
    """Teams and people; the password is hashed once, for it costs half a second."""
    teams = {name: Team.objects.get_or_create(name=name)[0] for name in logins.TEAMS}
    password = make_password(logins.PASSWORD)
    User.objects.bulk_create(
        [
            User(
                email=login.email,
                name=login.name,
                role=login.role.value,
                team=teams.get(login.team),
                timezone="Europe/Berlin",
                password=password,
            )
            for login in logins.LOGINS
        ]
    )


def make_places_to_arrive() -> str:
    """The newsletter's form and a survey beside the usual ones; returns the event source of the first site."""
    digest = replace(
        reference.NEWSLETTER,
        intro="Every second Thursday: one idea, one number, one story.",
        consents=(ConsentBox("marketing", WORDING),),
    )
    reference.ensure_form("newsletter", "The planning digest", "newsletter", digest)
    reference.ensure_form("survey", "Four questions about your planning", "survey")
    return f"tracker:{Site.objects.order_by('pk')[0].pk}"
