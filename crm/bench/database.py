"""A database of its own, filled by the server itself, dropped afterwards."""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from crm import reference
from crm.bench.figures import rows, say
from leads.models import EventKind

# kind, share of all events: as a real site has them
MIX = [
    ("page_view", 70),
    ("link_clicked", 10),
    ("email_clicked", 8),
    ("asset_downloaded", 4),
    ("newsletter_subscribed", 2),
    ("webinar_attended", 2),
    ("form_submitted", 2),
    ("email_replied", 1),
    ("call_connected", 1),
]


@contextmanager
def own_database() -> Iterator[str]:
    """Everything inside works on a fresh, migrated database."""
    connection.settings_dict["TEST"]["NAME"] = f"winnow_bench_{os.getpid()}"
    original = str(connection.settings_dict["NAME"])
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        reference.ensure()
        yield name
    finally:
        connection.creation.destroy_test_db(original, verbosity=0)


def url_of(database: str) -> str:
    """DATABASE_URL with another database's name."""
    head, _, tail = os.environ["DATABASE_URL"].partition("?")
    return f"{head.rsplit('/', 1)[0]}/{database}{'?' + tail if tail else ''}"


def fill(*, contacts: int, events: int, opportunities: int = 0, open_opportunities: int = 0) -> None:
    """Contacts with companies, identities, standings, events over two years, evidence; by set-based SQL."""
    say(f"filling {contacts:,} contacts, {events:,} events")
    rows("SET session_replication_role = replica")  # no foreign-key checks: the data are made to fit
    rows("SET synchronous_commit = off")
    rows("SELECT setseed(0.42)")
    _people(contacts)
    _events(contacts, events)
    _evidence(contacts)
    if opportunities:
        _opportunities(contacts, opportunities, open_opportunities)
    rows("SET session_replication_role = origin")
    say("vacuum")
    rows("VACUUM (ANALYZE)")
    rows("CHECKPOINT")


def _people(contacts: int) -> None:
    companies = max(1, contacts // 5)
    rows(
        """INSERT INTO leads_company (name, domain, industry, employees, country, custom, search_text, created_at)
        SELECT 'Company ' || n, 'company' || n || '.example',
          (ARRAY['Software','Retail','Finance','Manufacturing','Health'])[1 + n %% 5], 1 + (n * 37) %% 3000,
          (ARRAY['DE','FR','US','BR'])[1 + n %% 4], '{}', 'company ' || n, now()
        FROM generate_series(1, %s) n""",
        [companies],
    )
    # names made of sounds: about thirty namesakes in a million, and no letters that all have in common
    rows(
        """INSERT INTO leads_contact (first_name, last_name, email, phone, job_title, company_id, country, custom,
            is_demo, search_text, created_at, updated_at)
        SELECT initcap(first), initcap(last), email, '',
          (ARRAY['Head of buying','Engineer','Student','Director','Clerk'])[1 + n %% 5],
          (SELECT min(id) FROM leads_company) + n %% %s, '', '{}', true, first || ' ' || last || ' ' || email,
          now() - (n %% 730) * interval '1 day', now()
        FROM generate_series(1, %s) n,
          (SELECT ARRAY['ba','bel','bor','da','dan','del','fa','fen','ga','gor','hal','ho','jan','ka','kel','kir','la',
            'len','lo','ma','mer','mo','na','nor','pe','ra','ros','sa','sen','ta','tor','wel'] AS of) sounds,
          LATERAL (SELECT (n * 2654435761 %% 1048573)::int AS mixed) spread,
          LATERAL (SELECT of[1 + n %% 32] || of[1 + (n / 32) %% 32] AS first,
            of[1 + mixed %% 32] || of[1 + (mixed / 32) %% 32] || of[1 + (mixed / 1024) %% 32] AS last,
            'p' || n || '@company' || (1 + n %% %s) || '.example' AS email) named""",
        [companies, contacts, companies],
    )
    rows(
        """INSERT INTO leads_standing (contact_id, owner_id, lifecycle, source, tag_ids, fit, content, intent,
            conversation, social, product, total, grade, is_qualified)
        SELECT id, NULL, CASE WHEN id % 20 = 0 THEN 'disqualified' ELSE 'lead' END,
          (ARRAY['form','newsletter','download','webinar','import'])[1 + id % 5], '{}', 0,0,0,0,0,0,0,'',false
        FROM leads_contact"""
    )
    rows(
        """INSERT INTO leads_identity (kind, value, contact_id, created_at)
        SELECT 'email', lower(email), id, now() FROM leads_contact"""
    )


def _events(contacts: int, events: int) -> None:
    kinds = EventKind.objects.in_bulk(field_name="key")
    slots = [str(kinds[kind].pk) for kind, share in MIX for _ in range(share)]
    random.Random(7).shuffle(slots)  # noqa: S311 - the same mix in every run
    facet = rows("SELECT id FROM leads_facet WHERE name = 'Pricing'")[0][0]
    indexes = rows(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'leads_engagementevent' "
        "AND indexname NOT LIKE '%pkey' AND indexname <> 'event_once'"
    )
    for name, _ in indexes:
        rows(f'DROP INDEX "{name}"')
    rows("ALTER TABLE leads_engagementevent DROP CONSTRAINT event_once")
    # a few contacts have far more events than others, as in life; contact p1 gets 5,000
    rows(
        f"""INSERT INTO leads_engagementevent (kind_id, occurred_at, received_at, identity_id, contact_id, facet_id,
            source, message_id, properties)
        SELECT k, now() - age, now() - age, i.id, i.contact_id, CASE WHEN k = {kinds["page_view"].pk} AND n %% 7 = 0
            THEN {facet} END, 'bench', 'm' || n, '{{"path": "/pricing"}}'
        FROM (
          SELECT n, ('{{{",".join(slots)}}}'::smallint[])[1 + (n * 31) %% {len(slots)}] AS k,
            random() * 730 * interval '1 day' AS age,
            1 + floor(power(random(), 1.3) * %s)::bigint AS who
          FROM generate_series(1, %s) n OFFSET 0
        ) e
        JOIN (SELECT id, contact_id, row_number() OVER (ORDER BY contact_id) AS nth FROM leads_identity) i
          ON i.nth = e.who""",
        [contacts, max(0, events - 5000)],
    )
    rows(
        f"""INSERT INTO leads_engagementevent (kind_id, occurred_at, received_at, identity_id, contact_id, source,
            message_id, properties)
        SELECT {kinds["page_view"].pk}, now() - n * interval '200 minutes', now(), i.id, i.contact_id, 'bench-busy',
            'm' || n, '{{"path": "/blog/x"}}'
        FROM generate_series(1, 5000) n, (SELECT * FROM leads_identity ORDER BY contact_id DESC LIMIT 1) i"""
    )
    say("indexes of the events")
    rows("SET maintenance_work_mem = '512MB'")
    for _, definition in indexes:
        rows(definition)
    rows("ALTER TABLE leads_engagementevent ADD CONSTRAINT event_once UNIQUE (source, message_id)")


def _evidence(contacts: int) -> None:
    rows(
        """INSERT INTO leads_evidence (contact_id, criterion_id, verdict, text, quote, source, confidence, observed_at,
            expires_at)
        SELECT c.id, k.id, (ARRAY['meets','weak','fails'])[1 + c.id % 3], 'x', 'x', 'bench', 100,
            now() - (c.id % 200) * interval '1 day', now() - (c.id % 200) * interval '1 day' + interval '180 days'
        FROM leads_contact c, leads_criterion k WHERE c.id % 5 = 0 AND (c.id + k.id) % 2 = 0"""
    )


def _opportunities(contacts: int, opportunities: int, open_opportunities: int) -> None:
    rows(
        """INSERT INTO pipeline_opportunity (pipeline_id, stage_id, name, contact_id, company_id, amount, currency,
            expected_close, next_step, position, stage_entered_at, created_at, closed_at, lost_reason, lost_note,
            snapshot, version, changed_at, search_text, owner_id, priority, category, custom)
        SELECT p.id, s.id, 'Deal ' || n, c.id, c.company_id, 1000 + (n * 137) %% 90000, 'EUR',
          current_date + (n %% 180)::int - 30, '', n, now() - (n %% 60) * interval '1 day',
          now() - (60 + n %% 600) * interval '1 day',
          CASE WHEN n > %s THEN now() - (n %% 600) * interval '1 day' END,
          CASE WHEN s.kind = 'lost' THEN 'price' ELSE '' END, '', '{}', 1, now() - (n %% 60) * interval '1 day',
          'deal ' || n, u.id, 'normal', '', '{}'
        FROM generate_series(1, %s) n
        JOIN (SELECT id, company_id, row_number() OVER (ORDER BY id) nth FROM leads_contact) c ON c.nth = 1 + n * %s
        CROSS JOIN (SELECT id FROM pipeline_pipeline ORDER BY id LIMIT 1) p
        CROSS JOIN LATERAL (
          SELECT id, kind FROM pipeline_stage WHERE pipeline_id = p.id AND (kind = 'open') = (n <= %s)
          ORDER BY position, id OFFSET n %% (SELECT count(*) FROM pipeline_stage WHERE pipeline_id = p.id
            AND (kind = 'open') = (n <= %s)) LIMIT 1) s
        LEFT JOIN (SELECT id, row_number() OVER (ORDER BY id) nth FROM users_user WHERE role = 'rep') u
          ON u.nth = 1 + n %% greatest(1, (SELECT count(*) FROM users_user WHERE role = 'rep'))""",
        [
            open_opportunities,
            opportunities,
            max(1, contacts // (opportunities + 1)),
            open_opportunities,
            open_opportunities,
        ],
    )
