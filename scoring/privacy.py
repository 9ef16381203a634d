"""What `scoring` holds about a person (leads/privacy.py)."""

from leads.privacy import Held

HELD = [
    Held(
        "scoring.Verdict",
        "What we thought",
        shows=("is_qualified", "at", "total", "grade", "reasons"),
        keeps="numbers and names of criteria",
    ),
    Held(
        "scoring.Likelihood",
        "How likely they buy",
        shows=("permille", "version"),
        is_deleted=True,
    ),
    Held("scoring.PreviewChange", "What a draft would change", shows=("enters", "total", "grade"), is_deleted=True),
    Held(
        "scoring.ShadowVerdict",
        "What a draft says beside the definition",
        shows=("is_qualified", "total", "grade", "qualified_at", "differs_since"),
        is_deleted=True,
    ),
    Held("scoring.HighestTotal", "How high a definition would have put you", shows=("total",), is_deleted=True),
    Held("scoring.BackTestPromotion", "What a definition would have said", shows=("is_active", "day"), is_deleted=True),
]
