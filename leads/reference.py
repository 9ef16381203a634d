"""The registry that every installation starts with; `ensure` may run at any time."""

from leads import kinds
from leads.models import Category, Criterion, Direction, EventKind, Facet

ONE, TWO = Direction.ONE_WAY, Direction.TWO_WAY
# key, label, category, direction, the one property that rules can look at
KINDS = [
    ("page_view", "Viewed a page", Category.CONTENT, ONE, "path"),
    ("link_clicked", "Clicked a link", Category.CONTENT, ONE, "path"),
    ("email_opened", "Opened a mail", Category.CONTENT, ONE, "campaign"),
    ("email_clicked", "Clicked in a mail", Category.CONTENT, ONE, "campaign"),
    ("newsletter_subscribed", "Subscribed to the newsletter", Category.CONTENT, ONE, "form"),
    ("page_shared", "Shared a page", Category.SOCIAL, ONE, "path"),
    ("screen_viewed", "Opened a screen", Category.PRODUCT, ONE, "name"),
    ("custom_event", "Something else", Category.PRODUCT, ONE, "name"),
    ("asset_downloaded", "Downloaded", Category.CONTENT, ONE, "asset"),
    ("webinar_registered", "Registered for a webinar", Category.CONTENT, ONE, "asset"),
    ("webinar_attended", "Attended a webinar", Category.INTENT, ONE, "asset"),
    ("form_submitted", "Filled in a form", Category.INTENT, TWO, "form"),
    ("demo_requested", "Asked for a demo", Category.INTENT, TWO, "form"),
    ("survey_answered", "Answered a survey", Category.CONVERSATION, TWO, "form"),
    ("trial_started", "Started a trial", Category.PRODUCT, TWO, ""),
    ("feature_used", "Used the product", Category.PRODUCT, ONE, ""),
    ("email_replied", "Replied to a mail", Category.CONVERSATION, TWO, "campaign"),
    ("call_connected", "Talked on the phone", Category.CONVERSATION, TWO, "outcome"),
    ("meeting_held", "Met us", Category.CONVERSATION, TWO, "outcome"),
    ("chat_started", "Wrote in the chat", Category.CONVERSATION, TWO, ""),
    ("social_engaged", "Reacted on social media", Category.SOCIAL, ONE, "campaign"),
    ("referred", "Was referred to us", Category.SOCIAL, ONE, ""),
    ("unsubscribed", "Unsubscribed", Category.CONTENT, ONE, ""),
]
FACETS = [
    ("page_view", "Pricing", "/pricing*"),
    ("page_view", "Product", "/product*"),
    ("page_view", "Customer stories", "/customers*"),
    ("page_view", "Careers", "/careers*"),
    ("page_view", "Blog", "/blog*"),
]
CRITERIA = [
    (
        "budget",
        "Budget",
        "B",
        "What have you set aside for this, or what does the problem cost you today?",
        "An amount, a range or an approved budget line. “Send me a quote” is not a budget.",
    ),
    (
        "authority",
        "Authority",
        "A",
        "How did you decide on a purchase like this the last time, and who else was part of it?",
        "What they said or did that shows they decide, or bring in who does. A title alone is not authority.",
    ),
    (
        "need",
        "Need",
        "N",
        "What happens if you change nothing?",
        "A problem in their own words that we can solve.",
    ),
    (
        "timeline",
        "Timeline",
        "T",
        "By when must this work, and what happens on that date?",
        "A date, a quarter, or an event that forces one.",
    ),
]


def ensure() -> None:
    """Add what is missing; what people have changed stays as they left it."""
    for key, label, category, direction, facet_property in KINDS:
        EventKind.objects.get_or_create(
            key=key,
            defaults={"label": label, "category": category, "direction": direction, "facet_property": facet_property},
        )
    by_key = EventKind.objects.in_bulk(field_name="key")
    for position, (kind, name, pattern) in enumerate(FACETS):
        Facet.objects.get_or_create(kind=by_key[kind], name=name, defaults={"pattern": pattern, "position": position})
    for position, (key, label, letter, question, hint) in enumerate(CRITERIA):
        Criterion.objects.get_or_create(
            key=key,
            defaults={"label": label, "letter": letter, "question": question, "hint": hint, "position": position},
        )
    kinds.forget()
