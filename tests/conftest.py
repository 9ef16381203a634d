"""The named cast, and a clean slate for each test."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client

import crm.reference
from api.queries import webhooks
from capture import sites
from core import prepared
from leads import humans, kinds
from leads.models import EventKind
from scoring.queries import specs
from users.models import Team, User

# Static files come from their sources: nothing has to be collected before a test.
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.startswith("whitenoise.")]

# A busy machine is slow, and nothing is wrong with that.
hypothesis.settings.register_profile("patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("patient")

PASSWORD = "correct horse battery"
NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


# Above what the reference data took. With another number each test must pass as well; not with one far above, because
# passes over everything go by ranges of keys, one at a time.
FIRST_KEY = int(os.environ.get("WINNOW_TEST_FIRST_KEY", "1000"))

_COUNT_FROM = """
SELECT count(setval(c.oid, least(%s, s.seqmax / 2), false)) FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relname !~ '^(django|auth)_'"""


def count_from(first: int) -> None:
    """The primary key that the next row of each table gets: what hangs on it is the same in every run."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_FROM, [first])


def reference_data() -> None:
    """The registry, BANT, definition v1 and a pipeline, in tables that are empty."""
    count_from(1)
    crm.reference.ensure()


NEVER_EMPTIED = tuple(
    f"reports_{name}" for name in ("forecastsnapshot", "forecastline", "forecasttotal", "snapshotrange")
)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The reference data is in every test's database, and all of it may be emptied after a test that commits."""
    with django_db_blocker.unblock():
        crm.reference.ensure()
        with connection.cursor() as cursor:
            for table in NEVER_EMPTIED:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table.removeprefix('reports_')}_whole")


def forget_everything() -> None:
    """What processes and connections remember: how many statements a test sees must not hang on those before it."""
    kinds.forget()
    humans.forget()
    webhooks.forget()
    sites.forget()
    specs.forget_specs()
    cache.clear()
    if connection.connection is not None and not connection.connection.closed:
        with connection.connection.cursor() as cursor:
            cursor.execute("DEALLOCATE ALL")
    prepared._prepared.clear()
    specs._prepared.clear()


@pytest.fixture(autouse=True)
def clean_slate(request: pytest.FixtureRequest) -> None:
    """Start as if fresh; put the reference data back when an earlier test that commits took it away."""
    forget_everything()
    marker = request.node.get_closest_marker("django_db")
    names = set(request.fixturenames)
    if bool(marker and marker.kwargs.get("transaction")) or {"transactional_db", "live_server"} & names:
        request.getfixturevalue("transactional_db")
    elif marker or {"db", "cast"} & names:
        request.getfixturevalue("db")
    else:
        return
    if not EventKind.objects.exists():
        reference_data()
    count_from(FIRST_KEY)


@dataclass(frozen=True)
class Cast:
    """Two reps of one team, one of another, a marketer, a manager, an administrator, a read-only viewer."""

    rita: User  # rep, team North
    ravi: User  # rep, team North
    sven: User  # rep, team South
    mara: User  # marketer
    mona: User  # manager, team North
    adam: User  # administrator
    vera: User  # viewer

    def everybody(self) -> list[User]:
        return [self.rita, self.ravi, self.sven, self.mara, self.mona, self.adam, self.vera]


def make_user(name: str, role: str, team: Team | None = None, **fields: Any) -> User:
    user = User(email=f"{name.lower()}@winnow.example", name=name, role=role, team=team, **fields)
    # hashing a password costs more than most tests: one hash for everybody
    user.password = PASSWORD_HASH
    user.save()
    return user


def _hash() -> str:
    from django.contrib.auth.hashers import make_password

    return make_password(PASSWORD, hasher="pbkdf2_sha256")


PASSWORD_HASH = ""


@pytest.fixture
def cast(db: None) -> Cast:
    global PASSWORD_HASH
    PASSWORD_HASH = PASSWORD_HASH or _hash()
    north, south = Team.objects.create(name="North"), Team.objects.create(name="South")
    return Cast(
        rita=make_user("Rita", "rep", north),
        ravi=make_user("Ravi", "rep", north),
        sven=make_user("Sven", "rep", south),
        mara=make_user("Mara", "marketer"),
        mona=make_user("Mona", "manager", north),
        adam=make_user("Adam", "admin"),
        vera=make_user("Vera", "viewer"),
    )


def client_of(user: User | None) -> Client:
    """A browser in which the person is signed in."""
    client = Client()
    if user is not None:
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client
