"""Ways of selling."""

from django.db import IntegrityError, transaction
from django.db.models import Max

from core.errors import Refused
from leads import normalise
from pipeline import terms
from pipeline.models import Pipeline
from pipeline.reference import give_stages
from users.models import Team

MOST = 50


@transaction.atomic
def save_pipeline(*, name: str, team: Team | None, currency: str, pipeline: Pipeline | None = None) -> Pipeline:
    """A new pipeline with the stages that every installation starts with, or other facts of one.

    The currency is that of opportunities opened from now on.
    """
    is_new, row = pipeline is None, pipeline or Pipeline()
    if is_new and Pipeline.objects.count() >= MOST:
        raise Refused(f"There are {MOST} pipelines already. Rename one that is no longer used.")
    row.name, row.team, row.currency = normalise.line(name), team, terms.currency(currency)
    if not 1 <= len(row.name) <= 80:
        raise Refused(name="A pipeline has a name of 1 to 80 characters.")
    if is_new:
        last = Pipeline.objects.aggregate(last=Max("position"))["last"]
        row.position = 0 if last is None else last + 1
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Refused(name=f"There is a pipeline {row.name} already.") from None
    if is_new:
        give_stages(row)
    return row
