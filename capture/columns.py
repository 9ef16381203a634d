"""What the columns of a list may mean, and what the header sets of known programs mean. Values in, values out."""

import hashlib
import re
from collections.abc import Iterable, Mapping

from capture.tables import heading

FIELDS = {
    "email": "E-mail",
    "first_name": "First name",
    "last_name": "Last name",
    "full_name": "Full name",
    "phone": "Phone",
    "job_title": "Job title",
    "company": "Company",
    "company_domain": "Company's web site",
    "country": "Country",
    "source": "Source",
    "tags": "Tags",
    "created_at": "Created on",
    "owner": "Owner, by e-mail",
}
PERSON = frozenset({"email", "first_name", "last_name", "full_name", "phone"})
REPEATABLE = frozenset({"tags"})
# What a list of activities may have: who, what, when, and more about it.
OF_ACTIVITIES = {
    "email": "E-mail",
    "phone": "Phone",
    "kind": "What happened",
    "at": "When",
    "detail": "Page, form or campaign",
    "text": "Text",
    "verdict": "Verdict (meets, weak, fails)",
    "amount": "Amount",
}

# Header rows of HubSpot, Salesforce, Pipedrive, Zoho, Google Contacts, Outlook, LinkedIn and what people write by hand.
_NAMES = {
    "email": "email|e mail|email address|e mail address|e mail 1 value|work email|email 1|mail|primary email|"
    "business email|contact email|contact email address|person email|person email work|email work|e mail adresse|"
    "correo|courriel",
    "first_name": "first name|firstname|given name|forename|first|vorname|prenom|prénom|nombre",
    "last_name": "last name|lastname|surname|family name|last|nachname|nom|apellido|apellidos",
    "full_name": "full name|fullname|contact name|name|display name|lead name|person name|contact|person",
    "phone": "phone|phone number|work phone|business phone|telephone|phone 1 value|mobile phone|mobile|"
    "mobile phone number|mobilephone|primary phone|person phone|person phone work|person phone mobile|phone work|tel|"
    "telefon|cell|home phone|homephone|contact phone|contact phone number",
    "job_title": "job title|jobtitle|title|position|role|organization title|organization 1 title|person job title",
    "company": "company|company name|organization|organisation|organization name|organisation name|account name|"
    "employer|associated company|primary associated company|organization 1 name|person organization|firma",
    "company_domain": "company domain|company domain name|website|website url|web site|domain|web page|company website",
    "country": "country|country region|mailing country|country code|billingcountry|billing country|ip country|"
    "business country region|mailingcountry|land",
    "source": "source|lead source|leadsource|original source",
    "tags": "tags|tag|labels|label|keywords|group membership|categories|groups",
    "created_at": "create date|created date|createddate|created|created at|created on|created time|date created|"
    "date added|connected on|add time|person created|record create date|erstellt am|angelegt am|erstellungsdatum",
    # only where addresses are to be expected: other programs export the owner's name, which may be unknown here
    "owner": "owner email|contact owner email|lead owner email|owner e mail",
}
_NAMES_OF_ACTIVITIES = {
    "kind": "type|kind|activity|activity type|event|event name|event type|action|engagement|engagement type|"
    "interaction|criterion|question|what",
    "at": "date|at|time|timestamp|datetime|date time|occurred at|occurred on|activity date|event date|event time|when|"
    "attended at|join time|registration time|sent at|created|created at|created on|create date|created date|datum",
    "detail": "page|url|path|campaign|form|asset|webinar|webinar name|topic|outcome|detail|subject|link",
    "text": "text|note|notes|body|note body|description|comment|comments|message|details|content|answer|quote|remarks",
    "verdict": "verdict|result|rating",
    "amount": "amount|value|sum",
    "email": _NAMES["email"],
    "phone": _NAMES["phone"],
}
KNOWN: dict[str, str] = {name: field for field, names in _NAMES.items() for name in names.split("|")}
_KNOWN_OF_ACTIVITIES = {name: field for field, names in _NAMES_OF_ACTIVITIES.items() for name in names.split("|")}
KNOWN_HEADINGS = frozenset(KNOWN) | frozenset({"activity", "activity type", "event name", "event type", "occurred at"})

# Which program wrote a header: it has all names of one of these sets.
_PROGRAMS = {
    "HubSpot": ["record id,lead status", "record id,lifecycle stage", "record id,original source",
                "record id,create date"],
    "Salesforce": ["leadsource,mailingcountry", "account name,lead source,mailing country", "accountid,ownerid",
                   "account name,account owner", "createddate,leadsource", "contact id,account name"],
    "Pipedrive": ["person name", "person email", "person email work", "person organization"],
    "Zoho": ["record id,contact owner", "contact owner,account name", "lead owner,lead status", "contact owner id"],
    "Google Contacts": ["e mail 1 value", "phone 1 value", "group membership", "given name,family name,yomi name"],
    "Outlook": ["e mail address,business phone", "e mail display name", "business country region"],
    "LinkedIn": ["connected on"],
}  # fmt: skip


def program(header: Iterable[str]) -> str:
    """The program that writes such headers; empty when it is none that we know."""
    present = {heading(name) for name in header}
    for name, sets in _PROGRAMS.items():
        if any(present >= set(one.split(",")) for one in sets):
            return name
    return ""


def key_of(header: Iterable[str]) -> str:
    """A set of column names as one short word, whatever their order."""
    names = "\n".join(sorted({heading(name) for name in header}))
    return hashlib.sha256(names.encode("utf-8", "replace")).hexdigest()


def guess_activities(header: Iterable[str]) -> dict[int, str]:
    """Column number -> field of an activity, by the column's name; each field once."""
    guessed: dict[int, str] = {}
    headings = [heading(cell) for cell in header]
    order = list(_KNOWN_OF_ACTIVITIES)
    for _, number in sorted((order.index(name), n) for n, name in enumerate(headings) if name in _KNOWN_OF_ACTIVITIES):
        field = _KNOWN_OF_ACTIVITIES[headings[number]]
        if field not in guessed.values():
            guessed[number] = field
    return dict(sorted(guessed.items()))


def is_of_activities(header: Iterable[str]) -> bool:
    """Whether the columns say who did what and when, and nothing else about the person."""
    names = list(header)
    found = set(guess_activities(names).values())
    about_people = set(guess(names, {}).values()) & {"first_name", "last_name", "full_name", "company", "job_title"}
    return {"kind", "at"} <= found and bool(found & {"email", "phone"}) and not about_people


_OF_COMPANIES = {
    "industry", "annualrevenue", "annual revenue", "numberofemployees", "number of employees", "employees",
    "company owner", "parentid", "parent account", "tickersymbol", "account number", "accountnumber",
}  # fmt: skip
_OF_DEALS = {
    "stagename", "stage", "deal stage", "deal name", "amount", "closedate", "close date", "probability", "deal owner",
    "opportunity name", "expected revenue", "expectedrevenue",
}  # fmt: skip


def guess(header: Iterable[str], custom: Mapping[str, str]) -> dict[int, str]:
    """Column number -> field, by the column's name; each field once. `custom` is key -> label of our own fields."""
    headings = [heading(cell) for cell in header]
    own = {heading(label): f"custom.{key}" for key, label in custom.items()}
    own |= {heading(key): f"custom.{key}" for key in custom}
    about_people = not refusal(headings)
    guessed: dict[int, str] = {}
    # the order of the names is the order of preference: "Work email" before "Email 2"
    ranked = sorted(
        (list(KNOWN).index(name), number) for number, name in enumerate(headings) if name in KNOWN and name not in own
    )
    for _, number in ranked:
        field = KNOWN[headings[number]]
        if field in guessed.values() and field not in REPEATABLE:
            continue
        if not about_people and field in PERSON:
            continue
        guessed[number] = field
    for number, name in enumerate(headings):
        if name in own and own[name] not in guessed.values():
            guessed[number] = own[name]
    if {"first_name", "last_name"} & set(guessed.values()):
        guessed = {number: field for number, field in guessed.items() if field != "full_name"}
    return dict(sorted(guessed.items()))


def refusal(headings: Iterable[str]) -> str:
    """A sentence when the columns are those of companies or of deals; empty when they may be people's."""
    present = {heading(name) for name in headings}
    fields = {KNOWN[name] for name in present if name in KNOWN}
    if fields & {"email", "first_name", "last_name"}:
        return ""
    if len(present & _OF_DEALS) >= 2:
        return (
            "This looks like a list of deals: it has stages and amounts, and no column for a person. "
            "Winnow takes people here. Export the contacts instead, or choose below which columns name a person."
        )
    if present & _OF_COMPANIES:
        return (
            "This looks like a list of companies: it has no column for a person's name or e-mail address. "
            "Winnow takes people here. Export the contacts instead, or choose below which columns name a person."
        )
    return ""


def looks_like_data(header: Iterable[str]) -> bool:
    """Whether the first row is already a person: then the names of the columns are missing."""
    return any(re.fullmatch(r"[^@\s]+@[^@\s]+\.\w+", cell.strip()) for cell in header)
