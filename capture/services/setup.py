"""Sites as marketers set them up."""

from typing import Any
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction

from capture import sites
from capture.models import Site
from core.errors import Refused
from leads import normalise


@transaction.atomic
def save_site(site: Site) -> Site:
    """Store a site; its origins are brought into the form that browsers send."""
    site.name = normalise.line(site.name)
    if not site.name:
        raise Refused(name="Give the site a name, such as its address.")
    site.allowed_origins = list(dict.fromkeys(origin_of(text) for text in site.allowed_origins if text.strip()))
    try:
        with transaction.atomic():
            site.save()
    except IntegrityError:
        raise Refused(name=f"There is already a site called {site.name}.") from None
    sites.forget()
    return site


def open_site(name: str, **fields: Any) -> Site:
    """A new site with its own write key."""
    return save_site(Site(name=name, **fields))


def origin_of(text: str) -> str:
    """scheme://host[:port] in lower case, from an origin or an address; Refused when it is neither."""
    text = normalise.line(text).lower()
    try:
        parts = urlsplit(text if "//" in text else f"https://{text}")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        parts, port = urlsplit(""), ""
    if parts.scheme not in {"http", "https"} or not parts.hostname or len(text) > 200:
        raise Refused(allowed_origins=f"“{text[:60]}” is not an address. Write one per line: https://www.example.com")
    if (parts.scheme, port) in {("https", ":443"), ("http", ":80")}:
        port = ""
    return f"{parts.scheme}://{parts.hostname}{port}"
