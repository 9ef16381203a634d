"""What a bench fills its database with fits the tables as they are now."""

import pytest
from django.db import connection

from crm.bench import database
from leads.models import Contact, EngagementEvent, Evidence
from pipeline.models import Opportunity
from tests.conftest import Cast


@pytest.mark.django_db
def test_the_rows_of_a_bench_fit_the_tables(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # indexes are not made while any is still to be checked
    database._people(60)
    database._events(60, 5_040)
    database._evidence(60)
    database._opportunities(60, 12, 6)
    assert (Contact.objects.count(), EngagementEvent.objects.count()) == (60, 5_040)
    assert Evidence.objects.exists()
    assert (Opportunity.objects.count(), Opportunity.objects.open().count()) == (12, 6)
