"""Saved views: a list's filters, order and columns under a name; and how each one likes a list."""

from django.db import IntegrityError, transaction

from core.errors import Refused
from core.locks import locked
from users.models import ListChoice, SavedView, Share, Team, User
from users.roles import Can
from users.services.people import one_line

MOST_VIEWS = 30
LONGEST_NAME, LONGEST_QUERY, LONGEST_COLUMNS = 40, 2000, 400
GONE = "Somebody has deleted this view meanwhile."
TAKEN = "You have a view of this name already. Choose another name, or change that one."


def shares_of(user: User) -> list[Share]:
    """With whom this person may share a view."""
    team = user.team_id is not None and user.can(Can.EDIT_LEADS)
    everybody = user.can(Can.SHARE_WITH_ALL)
    return [Share.PRIVATE, *([Share.TEAM] if team else []), *([Share.EVERYBODY] if everybody else [])]


@transaction.atomic
def save_view(
    user: User, *, page: str, name: str, query: str, columns: str = "", share: str = "private", first: bool = False
) -> SavedView:
    """A new view of a list, with which it opens if it is the `first`; `query` and `columns` as the list writes them."""
    locked(User.objects.get_queryset().filter(pk=user.pk))  # two at once shall not pass the limit
    if SavedView.objects.filter(maker=user, page=page).count() >= MOST_VIEWS:
        raise Refused(f"You have {MOST_VIEWS} views of this list. Delete one that is no longer used.")
    shared, team = _shared(user, share, user.team)
    view = SavedView(page=page, name=_named(name), maker=user, share=shared, team=team)
    view.query, view.columns = _fitting(query, columns)
    _stored(view)
    if first:
        ListChoice.objects.update_or_create(user=user, page=page, defaults={"opens_with": view})
    return view


@transaction.atomic
def change_view(view: SavedView, *, by: User, name: str, share: str) -> SavedView:
    """Another name, or shared with others."""
    view = _held(view, by)
    view.name = _named(name)
    if share != view.share:  # who keeps it as it is need not be one who may share so
        view.share, view.team = _shared(by, share, view.maker.team)
    return _stored(view)


@transaction.atomic
def keep_view(view: SavedView, *, by: User, query: str, columns: str) -> SavedView:
    """The view takes on what the list shows now."""
    view = _held(view, by)
    view.query, view.columns = _fitting(query, columns)
    view.save(update_fields=["query", "columns"])
    return view


@transaction.atomic
def delete_view(view: SavedView, *, by: User) -> None:
    """The view is gone, for all who saw it; the list stays."""
    _held(view, by).delete()


@transaction.atomic
def open_with(user: User, *, page: str, view: SavedView | None) -> None:
    """The list opens with this view, for this person; with none as ever."""
    if view is not None and not locked(SavedView.objects.filter(pk=view.pk)):
        raise Refused(GONE)
    ListChoice.objects.update_or_create(user=user, page=page, defaults={"opens_with": view})


@transaction.atomic
def choose_columns(user: User, *, page: str, columns: str) -> None:
    """The columns that this person sees where no view says otherwise; empty: the standard ones."""
    _, columns = _fitting("", columns)
    ListChoice.objects.update_or_create(user=user, page=page, defaults={"columns": columns})


def _named(name: str) -> str:
    return one_line(name, LONGEST_NAME, "name", "a name")


def _fitting(query: str, columns: str) -> tuple[str, str]:
    if len(query) > LONGEST_QUERY or len(columns) > LONGEST_COLUMNS:
        raise Refused("These filters are too long to be kept. Take one away.")
    return query, columns


def _shared(by: User, share: str, team: Team | None) -> tuple[Share, Team | None]:
    if share not in shares_of(by) or (share == Share.TEAM and team is None):
        raise Refused(share="Choose with whom it is shared; what your role or team does not allow is not offered.")
    return Share(share), team if share == Share.TEAM else None


def _held(view: SavedView, by: User) -> SavedView:
    """The view as it is now, locked, if this person may change it."""
    found = locked(SavedView.objects.filter(pk=view.pk))
    if not found:
        raise Refused(GONE)
    if not found[0].may_be_changed_by(by):
        raise Refused("Only whoever made this view, or an administrator, changes it. Save it as your own.")
    return found[0]


def _stored(view: SavedView) -> SavedView:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError:
        raise Refused(name=TAKEN) from None
    return view
