"""Saved views of lists: save, rename, share, take on changes, delete, open with; and the choice of columns."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from core.answers import back, fill_in, go_to, went_wrong
from core.errors import Refused
from core.forms import posted
from crm.lists import LISTS, ListPage
from leads.filters import number
from users import services
from users.access import SignedInRequest
from users.forms import ViewForm
from users.list_bar import address_of
from users.models import SavedView


@require_http_methods(["GET", "POST"])
def new(request: SignedInRequest, page: str) -> HttpResponse:
    """Save what the list shows now under a name."""
    known = _list(page)

    def save(given: dict[str, Any]) -> HttpResponse:
        given |= {"query": known.query(given["query"]), "columns": known.columns(given["columns"])}
        view = services.save_view(request.user, page=page, **given | {"share": given["share"] or "private"})
        messages.success(request, f"“{view}” is saved.")
        return go_to(request, _address(request, view))

    asked = {name: request.GET.get(name, "")[:2000] for name in ("query", "columns")}
    form = ViewForm(posted(request), initial=asked, user=request.user)
    return fill_in(request, form, save, back=reverse(page), title="Save this view", button="Save")


@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Another name, or shared with others."""
    view = _own(request, pk)

    def save(given: dict[str, Any]) -> str:
        services.change_view(view, by=request.user, name=given["name"], share=given["share"] or view.share)
        return "Saved."

    form = ViewForm(posted(request), initial={"name": view.name}, user=request.user, is_new=False, share=view.share)
    return fill_in(request, form, save, back=_address(request, view), title=f"View “{view}”", button="Save")


@require_http_methods(["GET", "POST"])
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take the view away, from all who see it."""
    view = _own(request, pk)

    def save(given: dict[str, Any]) -> HttpResponse:
        services.delete_view(view, by=request.user)
        messages.success(request, f"The view “{view}” is deleted. The list is as it was.")
        return go_to(request, _page(request, view.page))

    words = "Nobody will find it any more." if view.share != "private" else "Only you see it."
    return fill_in(
        request,
        Form(posted(request)),
        save,
        back=_address(request, view),
        title=f"Delete the view “{view}”?",
        text=f"{words} What it lists stays as it is.",
        button="Delete",
        tone="btn-danger",
    )


@require_POST
def keep(request: SignedInRequest, pk: int) -> HttpResponse:
    """The view takes on the filters, order and columns that the list shows."""
    view = _own(request, pk)
    known = _list(view.page)
    asked, query = request.POST.get("columns", ""), known.query(request.POST.get("query", ""))
    columns = known.columns(asked) if asked else view.columns
    try:
        kept = services.keep_view(view, by=request.user, query=query, columns=columns)
    except Refused as refused:
        return went_wrong(request, str(refused), url=_address(request, view))
    messages.success(request, f"“{kept}” now shows this.")
    return redirect(_address(request, kept))


@require_POST
def first(request: SignedInRequest, page: str) -> HttpResponse:
    """The list opens with a view from now on, or as ever when none is named."""
    _list(page)
    asked = request.POST.get("view", "")
    seen = SavedView.objects.visible_to(request.user).filter(page=page)
    view = get_object_or_404(seen, pk=number(asked)) if asked else None
    try:
        services.open_with(request.user, page=page, view=view)
    except Refused as refused:
        return went_wrong(request, str(refused), url=reverse(page))
    messages.success(request, f"The list now opens with “{view}”." if view else "The list opens as ever.")
    return redirect(_address(request, view) if view else _page(request, page))


@require_POST
def columns(request: SignedInRequest, page: str) -> HttpResponse:
    """Show these columns: in a saved view until it is changed, else from now on."""
    known = _list(page)
    chosen = "" if request.POST.get("standard") else known.columns(".".join(request.POST.getlist("columns")[:50]))
    query = known.query(request.POST.get("query", ""))
    saved = number(request.POST.get("saved", ""))
    view = SavedView.objects.visible_to(request.user).filter(pk=saved, page=page).first() if saved else None
    if view is None:
        services.choose_columns(request.user, page=page, columns=chosen)
        return redirect(f"{reverse(page)}?{query or 'view=all'}")
    address = address_of(reverse(page), query, view.pk)
    return redirect(f"{address}&columns={chosen or 'standard'}")


# --- parts ---


def _list(page: str) -> ListPage:
    if page not in LISTS:
        raise Http404(page)
    return LISTS[page]


def _own(request: SignedInRequest, pk: int) -> SavedView:
    """A view that this person may change; 404 for one out of sight, 403 for one that is only seen."""
    view = get_object_or_404(SavedView.objects.visible_to(request.user), pk=pk)
    if not view.may_be_changed_by(request.user):
        raise PermissionDenied("Only whoever made this view, or an administrator, changes it. Save it as your own.")
    return view


def _page(request: SignedInRequest, page: str) -> str:
    """The page from which it was asked, if that shows this list; else the list."""
    pages = [reverse(name) for name in (page, *_list(page).also)]
    came_from = urlsplit(back(request, pages[0])).path
    return came_from if came_from in pages else pages[0]


def _address(request: SignedInRequest, view: SavedView) -> str:
    return address_of(_page(request, view.page), view.query, view.pk)
