"""What brought people to us, kept under the identity by which they came."""

from collections.abc import Mapping, Sequence

from django.db import connection, transaction

from leads.origin import Arrival, earliest, latest
from leads.services.identities import IdentityKey, identity_value

_COLUMNS = ("at", "source", "medium", "campaign", "term", "content", "referrer", "landing")
_IS_DIRECT = "({row}.source = 'direct' AND {row}.medium = 'direct' AND {row}.campaign = '')"
# first: whoever is earlier, in whichever order they arrive; last: the later one, but a direct visit yields to any other
_NOTE = f"""
INSERT INTO leads_touch AS t (identity_id, position, {", ".join(_COLUMNS)})
SELECT i.id, g.position, {", ".join(f"g.{name}" for name in _COLUMNS)}
FROM unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[], {", ".join(["%s::text[]"] * 7)})
    AS g(kind, value, position, {", ".join(_COLUMNS)})
JOIN leads_identity i ON i.kind = g.kind AND i.value = g.value
ORDER BY i.id, g.position
ON CONFLICT (identity_id, position) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS)}
WHERE CASE t.position
    WHEN 'first' THEN excluded.at < t.at
    ELSE (NOT {_IS_DIRECT.format(row="excluded")}, excluded.at) > (NOT {_IS_DIRECT.format(row="t")}, t.at) END
"""  # noqa: S608


@transaction.atomic
def note_arrivals(arrivals: Mapping[IdentityKey, Sequence[Arrival]]) -> None:
    """Keep the first and the last touch of each identity, which must exist. Twice or out of order comes to the same."""
    rows = []
    for (kind, value), of in arrivals.items():
        for position, arrival in (("first", earliest(of)), ("last", latest(of))):
            if arrival is not None:
                origin = arrival.origin
                told = (origin.source, origin.medium, origin.campaign, origin.term, origin.content)
                place = (str(kind), identity_value(kind, value), position, arrival.at)
                rows.append((*place, *told, origin.referrer, origin.landing))
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_NOTE, [list(column) for column in zip(*rows, strict=True)])
