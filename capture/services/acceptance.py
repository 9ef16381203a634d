"""A submission becomes facts: the person, the event, evidence, consent, the visits from before."""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from capture import countries, signals
from capture.answering import by_target, findings, words
from capture.models import Submission
from capture.questions import Question
from capture.services.arriving import note_origins
from core.errors import Refused
from leads import custom
from leads.human import Hints
from leads.models import Company, Contact, Criterion, EngagementEvent, Identity, IdentityKind
from leads.services import (
    NewEvent,
    change_company,
    change_contact,
    company_for,
    confirm_consent,
    custom_rules,
    find_contact,
    link_identity,
    may_open_again,
    record_consent,
    record_events,
    record_evidence,
    upsert_contact,
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the device is told."""

    is_new: bool
    new_visitor: str = ""


def accept(
    submission: Submission, *, now: datetime, is_confirmed: bool = False, hints: Hints | None = None
) -> Accepted:
    """Do what the answers say, as of the instant when they came. Needs a transaction; Refused when it cannot be done.

    Boxes of a form with double opt-in count only when the link in the mail was followed. Whoever confirmed it, or was
    looked at by a colleague, is a person; of others the `hints` are judged, now and when the rule changes.
    """
    form, at = submission.form, submission.received_at
    questions = list(submission.version.asked)
    is_confirmed = is_confirmed or submission.invited_id is not None  # the link reached them at their address
    answers: dict[str, Any] = submission.answers
    did: dict[str, Any] = {}
    contact, is_new = _person(submission, questions, did)
    new_visitor = _stitch(submission.visitor, contact)
    told = NewEvent(
        kind=form.event_kind,
        identity=_identity(contact, by_target(questions, answers, "contact.").get("email", "")),
        occurred_at=at,
        source=form.event_source,
        message_id=submission.message_id,
        properties=_properties(submission, questions),
        hints=hints,
    )
    recorded = record_events([told], now=now)
    note_origins([told], is_tracked=bool(submission.visitor))
    event = EngagementEvent(pk=next(iter(recorded.ids.values()))) if recorded.ids else None
    _evidence(submission, questions, contact, event, did, now=now)
    _consent(submission, contact, event, did, now=now, is_confirmed=is_confirmed)
    submission.contact, submission.did = contact, did
    submission.event_id = event.pk if event else None
    submission.save(update_fields=["contact", "event", "did"])
    if "asked" in did:
        signals.confirmation_asked.send(sender=None, submission_id=submission.pk)
    return Accepted(is_new, new_visitor)


def _person(submission: Submission, questions: list[Question], did: dict[str, Any]) -> tuple[Contact, bool]:
    """The contact with the answers in its empty fields; made when nobody has the address."""
    given = by_target(questions, submission.answers, "contact.")
    own = _fitting(given, "contact", did)
    email = str(given.get("email") or "")
    known = submission.invited or find_contact(email=email)
    company = _company(by_target(questions, submission.answers, "company."), email, known, did)
    if known is None:
        fields = given | {"company": company} | ({"custom": own} if own else {})
        known, is_new = upsert_contact(
            source=submission.form.source, now=submission.received_at, company_name=None, **fields
        )
        if is_new:
            did["created"], did["fields"] = True, sorted([*given, *own])
            return known, True
    news = _news(known, given, own)
    if "email" in news and find_contact(email=email) is not None:  # somebody else's: nothing is said about it
        del news["email"]
    if known.company_id is None and company is not None:
        news["company"] = company
    if news:
        did["fields"] = sorted([*(news.keys() - {"custom"}), *news.get("custom", {})])
        known = change_contact(known, **news)
    return known, False


def _fitting(given: dict[str, Any], about: str, did: dict[str, Any]) -> dict[str, Any]:
    """The custom values among what is given, taken out of it; what fits no field any more is noted and left out."""
    own = {name: given.pop(name) for name in list(given) if name.startswith("custom.")}
    rules = custom_rules(about) if own else {}
    kept = {}
    for name, value in own.items():
        key = name.removeprefix("custom.")
        try:
            kept[key] = custom.stored(rules[key], value)
        except (KeyError, Refused):  # the field was changed or removed since the form was made
            did.setdefault("unfit", []).append(key)
    if "country" in given:
        given["country"] = countries.code(given["country"])
        if not given["country"]:
            did.setdefault("unfit", []).append("country")
            del given["country"]
    return kept


def _news(record: Contact | Company, given: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """What the record does not know yet: an answer fills a field, and never overwrites one."""
    news = {name: value for name, value in given.items() if value and not getattr(record, name)}
    fresh = {name: value for name, value in own.items() if record.custom.get(name) in (None, "")}
    return news | ({"custom": fresh} if fresh else {})


def _company(given: dict[str, Any], email: str, known: Contact | None, did: dict[str, Any]) -> Company | None:
    """The company they work for, its empty fields filled; an answer never says anything about another company."""
    company = company_for(name=str(given.pop("name", "")), email=email)
    if known is not None and known.company_id is not None:
        if company is not None and company.pk != known.company_id:
            return None
        company = known.company
    if company is None or not given:
        return company
    own = _fitting(given, "company", did)
    news = _news(company, given, own)
    if news:
        did["company_fields"] = sorted([*(news.keys() - {"custom"}), *news.get("custom", {})])
        company = change_company(company, **news)
    return company


def _identity(contact: Contact, email: str) -> tuple[str, str]:
    """Under which identity the event is stored: the address, or for a form without one the contact's own."""
    if email or contact.email:
        return (IdentityKind.EMAIL, email or contact.email)
    own = (IdentityKind.EXTERNAL.value, f"contact:{contact.pk}")
    link_identity(kind=own[0], value=own[1], contact=contact)
    return own


def _stitch(visitor: str, contact: Contact) -> str:
    """Make the visits from before the contact's. When the visitor is a known other person (a shared computer) nothing
    is moved, and the id of a new visitor is returned for the device to go on with.
    """
    if not visitor or link_identity(kind=IdentityKind.ANONYMOUS, value=visitor, contact=contact):
        return ""
    owner_id = Identity.objects.values_list("contact_id", flat=True).get(kind=IdentityKind.ANONYMOUS, value=visitor)
    if owner_id == contact.pk:
        return ""
    new_visitor = uuid.uuid4().hex
    link_identity(kind=IdentityKind.ANONYMOUS, value=new_visitor, contact=contact)
    return new_visitor


def _properties(submission: Submission, questions: list[Question]) -> dict[str, object]:
    """What the timeline shows: the form, the words, where they came from; the submission itself keeps every word."""
    form, answers = submission.form, submission.answers
    properties: dict[str, object] = {"form": form.slug, "title": form.title} | submission.origin
    message = next((q.key for q in questions if q.type == "long_text" and not q.maps_to and q.key in answers), "")
    if message:
        properties["message"] = _clipped(answers[message], 12_000)
    properties["answers"] = {
        key: answer if isinstance(answer, int | float) else _clipped(words(answer), 200)
        for key, answer in answers.items()
        if key != message
    }
    return properties


def _clipped(text: str, limit: int) -> str:
    """So much of the text as takes at most `limit` bytes in JSON: an event has room for 32 kB."""
    while len(json.dumps(text, ensure_ascii=False).encode()) > limit:
        text = text[: int(len(text) * 0.8)] + "…"
    return text


def _evidence(
    submission: Submission,
    questions: list[Question],
    contact: Contact,
    event: EngagementEvent | None,
    did: dict[str, Any],
    *,
    now: datetime,
) -> None:
    found = findings(questions, submission.answers)
    criteria = {one.key: one for one in Criterion.objects.filter(key__in=[f.criterion for f in found])} if found else {}
    rows = []
    for finding in found:
        if finding.criterion not in criteria:
            continue
        row = record_evidence(
            contact=contact,
            criterion=criteria[finding.criterion],
            verdict=finding.verdict,
            now=now,
            text=finding.text,
            amount=finding.amount,
            on_date=finding.on_date,
            quote=finding.quote,
            event=event,
            source=submission.form.event_source,
            observed_at=submission.received_at,
        )
        rows.append({"id": row.pk, "criterion": finding.criterion, "verdict": finding.verdict})
    if rows:
        did["evidence"] = rows


def _consent(
    submission: Submission,
    contact: Contact,
    event: EngagementEvent | None,
    did: dict[str, Any],
    *,
    now: datetime,
    is_confirmed: bool,
) -> None:
    wordings = {box["purpose"]: box["wording"] for box in submission.version.consents}
    has_email = "email" in by_target(list(submission.version.asked), submission.answers, "contact.")
    for purpose in submission.consents:
        try:
            row = record_consent(
                contact=contact,
                purpose=purpose,
                given=True,
                now=submission.received_at,
                source=submission.form.event_source,
                wording=wordings.get(purpose, ""),
                event=event,
                proof=f"submission:{submission.pk}",
                is_pending=submission.version.asks_confirmation,
            )
            if is_confirmed:
                row = confirm_consent(row.pk, now=now, source=f"{submission.form.event_source}, confirmed by mail")
            elif row.is_pending and not submission.version.asks_confirmation:  # the address is on the suppression list
                did["asked" if has_email and may_open_again(contact, purpose) else "closed"] = True
        except Refused:  # taken back since: that stands
            continue
        did.setdefault("pending" if row.is_pending else "consents", []).append(purpose)
