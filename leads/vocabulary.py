"""The fixed words of the field (DESIGN: "Words")."""

from datetime import timedelta

from django.db.models import TextChoices

UNDONE_WITHIN = timedelta(days=30)  # what made a lead a prospect is shown, and can be undone


class Lifecycle(TextChoices):
    """Stages of one record; nothing is ever converted by copying."""

    LEAD = "lead", "Lead"
    PROSPECT = "prospect", "Prospect"
    CUSTOMER = "customer", "Customer"
    DISQUALIFIED = "disqualified", "Disqualified"


class Source(TextChoices):
    """How we first heard of a contact."""

    FORM = "form", "Web form"
    NEWSLETTER = "newsletter", "Newsletter"
    DOWNLOAD = "download", "Download"
    WEBINAR = "webinar", "Webinar"
    REFERRAL = "referral", "Referral"
    CARD = "card", "Business card"
    API = "api", "API"
    IMPORT = "import", "Import"
    MANUAL = "manual", "Entered by hand"


class IdentityKind(TextChoices):
    """One way we know somebody."""

    EMAIL = "email", "E-mail"
    PHONE = "phone", "Phone"
    ANONYMOUS = "anonymous", "Anonymous visitor"
    USER_ID = "user_id", "User id"
    EXTERNAL = "external", "External id"


class Category(TextChoices):
    """What an engagement is about; each has its own part of the score."""

    CONTENT = "content", "Content"
    INTENT = "intent", "Intent"
    CONVERSATION = "conversation", "Conversation"
    SOCIAL = "social", "Social"
    PRODUCT = "product", "Product"


class Direction(TextChoices):
    """Whether they consumed, or talked to us and made an effort."""

    ONE_WAY = "one_way", "One-way"
    TWO_WAY = "two_way", "Two-way"


class Verdict(TextChoices):
    """What one piece of evidence says about a criterion; no evidence is unknown, not "no"."""

    MEETS = "meets", "Meets"
    WEAK = "weak", "Weak"
    FAILS = "fails", "Fails"


class Purpose(TextChoices):
    """What a person may agree to."""

    MARKETING = "marketing", "Marketing mail"
    CALLS = "calls", "Calls"
    PROFILING = "profiling", "Profiling"


# why somebody is disqualified -> (in words, whether they are not to be written to or called any more)
DISQUALIFIED_BECAUSE: dict[str, tuple[str, bool]] = {
    "no_fit": ("Does not fit", False),
    "no_need": ("Has no need", False),
    "competitor": ("Competitor, supplier or applicant", False),
    "student": ("Student or researcher", False),
    "bad_data": ("Wrong or made-up data", False),
    "spam": ("Not a real person", False),
    "unreachable": ("Cannot be reached", False),
    "unsubscribed": ("Does not want to be contacted", True),
    "other": ("Something else", False),
}


class ConsentBasis(TextChoices):
    """Why we may (the legal ground)."""

    CONSENT = "consent", "Consent"
    CONTRACT = "contract", "Contract"
    INTEREST = "interest", "Legitimate interest"
    OBLIGATION = "obligation", "Legal obligation"


class SuppressionReason(TextChoices):
    """Why nobody writes to an address any more."""

    ERASED = "erased", "Erased on request"
    UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
    COMPLAINT = "complaint", "Complained"
    BOUNCED = "bounced", "Does not exist"
    MANUAL = "manual", "By hand"


class FieldType(TextChoices):
    """What a custom field holds."""

    TEXT = "text", "Text"
    NUMBER = "number", "Number"
    DATE = "date", "Date"
    CHOICE = "choice", "Choice"
    YES_NO = "yes_no", "Yes or no"
