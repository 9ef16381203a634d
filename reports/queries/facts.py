"""How far contacts have got, read from the facts: the one statement behind journeys, their proof, and restating."""

from leads.models import Direction, Lifecycle
from pipeline.models import HandOffState, StageKind
from pipeline.queries.currencies import RATE_ON

COLUMNS = (
    "contact_id",
    "month",
    "identified_at",
    "engaged_at",
    "two_way_at",
    "qualified_at",
    "accepted_at",
    "opportunity_at",
    "won_at",
    "skipped",
    "sent_back",
    "came_again",
    "revenue",
    "source",
    "form",
    "version",
    "persona_id",
    "owner_id",
)
# without hand-offs: who was promoted and not given back within this time was accepted
TRIAL = "interval '30 days'"
_TAKEN = f"('{HandOffState.ACCEPTED}', '{HandOffState.JOINED}')"
# what one unit of a deal's currency was worth on its day in the reporting one, which `currency` is if there is any
_RATE = RATE_ON.format(
    ours="(SELECT currency FROM pipeline_reportingcurrency)",
    code="o.currency",
    day="(o.closed_at AT TIME ZONE 'UTC')::date",
)
_STEPS = ("engaged", "two_way", "qualified", "accepted", "opportunity", "won")


def journeys(among: str) -> str:
    """SELECT of COLUMNS for the contacts in `among`, a condition over {id}; the parameter `currency` is the main one.

    A step's own fact may be missing although a later one is there: whoever was won was an opportunity. So a step is
    reached when it or any behind it was, at the earliest of them, and never before the contact was known.
    """

    def of(column: str) -> str:
        return among.format(id=column)

    steps = []
    for place, step in enumerate(_STEPS):
        earliest = f"least({', '.join(f'f.{one}' for one in _STEPS[place:])})"
        steps.append(f"CASE WHEN {earliest} IS NOT NULL THEN greatest({earliest}, f.created_at) END AS {step}_at")
    skipped = " + ".join(
        f"CASE WHEN f.{step} IS NULL AND least({', '.join(f'f.{one}' for one in _STEPS[place + 1 :])}) IS NOT NULL "
        f"THEN {2**place} ELSE 0 END"
        for place, step in enumerate(_STEPS[:-1])
    )
    return f"""
SELECT f.id AS contact_id, date_trunc('month', f.created_at AT TIME ZONE 'UTC')::date AS month,
    f.created_at AS identified_at,
    {", ".join(steps)},
    ({skipped})::smallint AS skipped,
    f.sent_back::smallint, f.came_again::smallint, f.revenue, f.source, f.form, f.version, f.persona_id, f.owner_id
FROM (
    SELECT c.id, c.created_at, s.source, s.persona_id, s.owner_id::bigint,
        e.engaged, e.two_way, coalesce(substr(e.form, 6, 50), '') AS form,
        least(v.at, l.promoted) AS qualified,
        -- hand-offs say who was accepted; of promotions before there were any, the time that they lasted
        least(h.accepted, CASE WHEN h.since IS NULL OR l.kept < h.since THEN l.kept END) AS accepted,
        o.opportunity, o.won, o.revenue,
        coalesce(least(l.sent_back, 30000), 0) AS sent_back, coalesce(least(l.came_again, 30000), 0) AS came_again,
        (SELECT d.version FROM scoring_definition d WHERE d.activated_at <= c.created_at
         ORDER BY d.activated_at DESC, d.version DESC LIMIT 1) AS version
    FROM leads_contact c
    JOIN leads_standing s ON s.contact_id = c.id
    LEFT JOIN (
        SELECT e.contact_id, min(e.occurred_at) AS engaged,
            min(e.occurred_at) FILTER (WHERE k.direction = '{Direction.TWO_WAY}') AS two_way,
            (array_agg(e.source ORDER BY e.occurred_at, e.id) FILTER (WHERE e.source LIKE 'form:%%'))[1] AS form
        FROM leads_engagementevent e JOIN leads_eventkind k ON k.id = e.kind_id
        WHERE {of("e.contact_id")} AND NOT e.is_quarantined GROUP BY e.contact_id
    ) e ON e.contact_id = c.id
    LEFT JOIN (
        SELECT v.contact_id, min(v.at) AS at FROM scoring_verdict v
        WHERE {of("v.contact_id")} AND v.is_qualified GROUP BY v.contact_id
    ) v ON v.contact_id = c.id
    LEFT JOIN (
        SELECT l.contact_id,
            min(l.at) FILTER (WHERE l.to_stage = '{Lifecycle.PROSPECT}') AS promoted,
            min(l.at) FILTER (WHERE l.to_stage = '{Lifecycle.PROSPECT}' AND NOT l.was_returned) AS kept,
            count(*) FILTER (WHERE l.from_stage = '{Lifecycle.PROSPECT}' AND l.is_return) AS sent_back,
            greatest(count(*) FILTER (WHERE l.to_stage = '{Lifecycle.PROSPECT}') - 1, 0) AS came_again
        FROM (
            SELECT l.contact_id, l.at, l.from_stage, l.to_stage,
                l.to_stage IN ('{Lifecycle.LEAD}', '{Lifecycle.DISQUALIFIED}') AS is_return,
                coalesce(lead(l.to_stage) OVER w IN ('{Lifecycle.LEAD}', '{Lifecycle.DISQUALIFIED}')
                    AND lead(l.at) OVER w < l.at + {TRIAL}, false) AS was_returned
            FROM leads_lifecyclechange l WHERE {of("l.contact_id")}
            WINDOW w AS (PARTITION BY l.contact_id ORDER BY l.at, l.id)
        ) l GROUP BY l.contact_id
    ) l ON l.contact_id = c.id
    LEFT JOIN (
        SELECT h.contact_id, min(h.offered_at) AS since,
            min(h.decided_at) FILTER (WHERE h.state IN {_TAKEN}) AS accepted
        FROM pipeline_handoff h WHERE {of("h.contact_id")} GROUP BY h.contact_id
    ) h ON h.contact_id = c.id
    LEFT JOIN (
        -- an offer that nobody has taken is not yet an opportunity
        SELECT o.contact_id,
            min(greatest(o.created_at, t.accepted)) FILTER (WHERE t.opportunity_id IS NULL OR t.accepted IS NOT NULL)
                AS opportunity,
            min(o.closed_at) FILTER (WHERE g.kind = '{StageKind.WON}') AS won,
            round(sum(o.amount * CASE o.currency WHEN %(currency)s THEN 1 ELSE (SELECT rate FROM ({_RATE}) r) END)
                FILTER (WHERE g.kind = '{StageKind.WON}' AND o.closed_at IS NOT NULL), 2) AS revenue
        FROM pipeline_opportunity o JOIN pipeline_stage g ON g.id = o.stage_id
        LEFT JOIN (
            SELECT h.opportunity_id, min(h.decided_at) FILTER (WHERE h.state IN {_TAKEN}) AS accepted
            FROM pipeline_handoff h JOIN pipeline_opportunity p ON p.id = h.opportunity_id
            WHERE {of("p.contact_id")} GROUP BY h.opportunity_id
        ) t ON t.opportunity_id = o.id
        WHERE {of("o.contact_id")} GROUP BY o.contact_id
    ) o ON o.contact_id = c.id
    WHERE {of("c.id")}
) f"""  # noqa: S608


# What may have changed a contact's journey since the ids of the marks, or since an instant for what has no new row.
TOUCHED = """
SELECT id FROM leads_contact WHERE id > %(contact)s
UNION SELECT contact_id FROM leads_engagementevent WHERE id > %(event)s AND contact_id IS NOT NULL
UNION SELECT contact_id FROM scoring_verdict WHERE id > %(verdict)s
UNION SELECT contact_id FROM leads_lifecyclechange WHERE id > %(lifecycle)s
UNION SELECT contact_id FROM leads_ownerchange WHERE id > %(owner)s
UNION SELECT o.contact_id FROM pipeline_stagemove m JOIN pipeline_opportunity o ON o.id = m.opportunity_id
    WHERE m.id > %(move)s
UNION SELECT contact_id FROM pipeline_opportunity WHERE changed_at >= %(since)s
UNION SELECT o.contact_id FROM (
    SELECT n.code, min(n.day)::timestamp AT TIME ZONE 'UTC' AS since FROM (
        SELECT currency AS code, day, set_at FROM pipeline_exchangerate
        UNION ALL SELECT base, day, set_at FROM pipeline_exchangerate
    ) n WHERE n.set_at >= %(since)s AND n.code <> (SELECT currency FROM pipeline_reportingcurrency) GROUP BY n.code
) r JOIN pipeline_opportunity o ON o.currency = r.code AND o.closed_at >= r.since
UNION SELECT contact_id FROM pipeline_handoff WHERE id > %(hand_off)s OR decided_at >= %(since)s
UNION SELECT i.contact_id FROM leads_touch t JOIN leads_identity i ON i.id = t.identity_id
    WHERE t.id > %(touch)s AND i.contact_id IS NOT NULL
UNION SELECT unnest(ARRAY[contact_id, former_id]) FROM leads_merge
    WHERE company_id IS NULL AND (id > %(merge)s OR undone_at >= %(since)s)
"""
# the newest ids that one snapshot sees, and which transactions it does not see the end of
FACTS = {
    "contact": "leads_contact",
    "event": "leads_engagementevent",
    "verdict": "scoring_verdict",
    "lifecycle": "leads_lifecyclechange",
    "owner": "leads_ownerchange",
    "move": "pipeline_stagemove",
    "hand_off": "pipeline_handoff",
    "touch": "leads_touch",
    "merge": "leads_merge",
}
MARKS = f"""
SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint,
    {", ".join(f"(SELECT coalesce(max(id), 0) FROM {table})" for table in FACTS.values())}
FROM pg_current_snapshot() s
"""  # noqa: S608
