"""The signed link to somebody's preferences; it stands in every mail and never expires."""

from django.conf import settings
from django.core import signing
from django.urls import reverse

SALT = "preferences"
LONGEST = 200


def token_of(contact_id: int) -> str:
    """What the link carries: the contact, signed."""
    return signing.Signer(salt=SALT).sign_object({"c": contact_id})


def contact_id_of(token: str) -> int | None:
    """The contact again; none when somebody made the link up."""
    if len(token) > LONGEST:
        return None
    try:
        found = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError):
        return None
    contact_id = found.get("c") if isinstance(found, dict) else None
    return contact_id if isinstance(contact_id, int) else None


def preferences_url(contact_id: int) -> str:
    """The page on which they choose what we may."""
    return settings.SITE_URL + reverse("preferences", args=[token_of(contact_id)])


def unsubscribe_headers(contact_id: int) -> dict[str, str]:
    """Headers of every marketing mail: one press in the mail program unsubscribes (RFC 8058)."""
    url = settings.SITE_URL + reverse("unsubscribe", args=[token_of(contact_id)])
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
