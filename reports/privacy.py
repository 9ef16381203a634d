"""What `reports` holds about a person (leads/privacy.py): numbers that are worked out from the facts of others."""

from leads.privacy import Held

HELD = [
    Held(
        "reports.Journey",
        "How far you came, and when",
        via="contact_id",
        shows=("identified_at", "engaged_at", "two_way_at", "qualified_at", "accepted_at", "opportunity_at", "won_at"),
        keeps="instants, so that the funnel goes on counting",
    ),
    Held(
        "reports.Credit",
        "Which visits brought you",
        via="contact_id",
        shows=("channel__source", "channel__medium", "channel__campaign", "first", "last", "linear", "position"),
        keeps="names of channels",
    ),
]
