"""Forms and sites as marketers set them up."""

from typing import Any
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction

from capture import sites
from capture.models import Form, FormField, Site
from core.errors import Refused
from leads import kinds, normalise

REACHABLE = {FormField.EMAIL, FormField.PHONE}


@transaction.atomic
def save_form(form: Form) -> Form:
    """Store a form's definition. Refused when nobody could be reached by it, or its address is taken."""
    form.title, form.slug = normalise.line(form.title), normalise.line(form.slug).lower()
    form.required = [name for name in form.fields if name in form.required]
    if not form.title:
        raise Refused(title="Give the form a title; visitors see it.")
    if not REACHABLE & set(form.fields):
        raise Refused(asked="Ask for an e-mail address or a phone number: otherwise you cannot answer.")
    if not REACHABLE & set(form.required):
        raise Refused(must="Make the e-mail address or the phone number required: otherwise you cannot answer.")
    if form.event_kind not in kinds.known_kinds():
        raise Refused(event_kind="Choose a known kind of event.")
    try:
        with transaction.atomic():
            form.save()
    except IntegrityError:
        raise Refused(slug=f"Another form already has the address /f/{form.slug}/. Choose another word.") from None
    return form


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
