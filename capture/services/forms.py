"""Forms as marketers set them up: a draft is changed, a published version never."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max

from capture.arrangement import Content, problems
from capture.models import Form, FormVersion
from capture.queries.targets import targets
from core.errors import Refused, Stale
from leads import kinds, normalise
from leads.models import Source
from users.models import User

RESERVED = {"confirm", "new"}


@transaction.atomic
def create_form(
    *,
    title: str,
    slug: str,
    content: Content,
    now: datetime,
    by: User | None = None,
    event_kind: str = "form_submitted",
    source: str = Source.FORM,
    is_by_invitation: bool = False,
) -> Form:
    """A new form with a draft; strangers see nothing of it before it is published."""
    form = Form(slug=normalise.line(slug).lower(), is_by_invitation=is_by_invitation)
    if form.slug in RESERVED:
        raise Refused(slug="This word is taken. Choose another one.")
    _settle(form, title=title, event_kind=event_kind, source=source)
    try:
        with transaction.atomic():
            form.save()
    except IntegrityError:
        raise Refused(slug=f"Another form already has the address /f/{form.slug}/. Choose another word.") from None
    save_draft(form, content, now=now, by=by)
    return form


@transaction.atomic
def change_form(form: Form, *, title: str, event_kind: str, source: str, is_open: bool, is_by_invitation: bool) -> Form:
    """What is true of all versions of a form. Its address stays: links are out there."""
    form.is_open, form.is_by_invitation = is_open, is_by_invitation
    _settle(form, title=title, event_kind=event_kind, source=source)
    if form.published is not None and form.is_open:
        wrong = problems(form.published.content, targets(), is_by_invitation=is_by_invitation)
        if "" in wrong:
            raise Refused(is_by_invitation=f"{wrong['']} Publish such a version first.")
    form.save(update_fields=["title", "event_kind", "source", "is_open", "is_by_invitation"])
    return form


def _settle(form: Form, *, title: str, event_kind: str, source: str) -> None:
    form.title, form.event_kind, form.source = normalise.line(title), event_kind, source
    if not form.title:
        raise Refused(title="Give the form a title; visitors see it.")
    if len(form.title) > 120:
        raise Refused(title=f"At most 120 characters; this has {len(form.title):,}.")
    if form.event_kind not in kinds.known_kinds():
        raise Refused(event_kind="Choose a known kind of event.")
    if form.source not in Source.values:
        raise Refused(source="Choose a source.")


def _locked(form: Form) -> Form:
    return Form.objects.select_for_update(of=("self",), no_key=True).get(pk=form.pk)


@transaction.atomic
def save_draft(
    form: Form, content: Content, *, now: datetime, by: User | None = None, seen: str | None = None
) -> FormVersion:
    """Keep the draft, finished or not. `seen` is the `stamp` of the draft that was changed; Stale when it is older."""
    if len(content.button) > 40 or len(content.redirect_to) > 500:
        raise Refused(button="At most 40 characters on the button, 500 in the address.")
    form = _locked(form)
    draft = form.versions.filter(published_at=None).first()
    if seen is not None and seen != (draft.stamp if draft else ""):
        raise Stale("Somebody else has changed this draft meanwhile. Yours is below: save again to keep yours.")
    if draft is None:
        last = form.versions.aggregate(last=Max("number"))["last"] or 0
        draft = FormVersion(form=form, number=last + 1)
    draft.content = content
    draft.changed_at, draft.changed_by = now, by
    draft.save()
    return draft


@transaction.atomic
def publish(form: Form, *, now: datetime) -> FormVersion:
    """Strangers see the draft from now on; it never changes again. Refused naming what is not right yet."""
    form = _locked(form)
    draft = form.versions.filter(published_at=None).first()
    if draft is None:
        raise Refused("Nothing has changed since the last version was published.")
    wrong = problems(draft.content, targets(), is_by_invitation=form.is_by_invitation)
    if wrong:
        raise Refused(**wrong)
    draft.published_at = now
    draft.save(update_fields=["published_at"])
    form.published = draft
    form.save(update_fields=["published"])
    return draft


@transaction.atomic
def discard_draft(form: Form) -> None:
    """Go back to what is published. Refused while nothing is."""
    form = _locked(form)
    if form.published_id is None:
        raise Refused("This form was never published; there is nothing to go back to.")
    form.versions.filter(published_at=None).delete()


@transaction.atomic
def revive(version: FormVersion, *, now: datetime, by: User | None = None) -> FormVersion:
    """An older version becomes the draft."""
    return save_draft(version.form, version.content, now=now, by=by)
