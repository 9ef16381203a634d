"""What a view answers when something was done: to htmx a word and the news, to a plain form the page it came from."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from core.errors import Refused, Stale
from core.forms import show_refusal


def wants_part(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page; a history restore wants all of it."""
    htmx: Any = getattr(request, "htmx", None)
    return bool(htmx) and not htmx.history_restore_request


def target(request: HttpRequest) -> str:
    """The id of the element that htmx will fill, or nothing."""
    return request.headers.get("HX-Target", "")


def done(
    request: HttpRequest,
    *,
    url: str,
    text: str = "",
    undo: str = "",
    event: str = "",
    tone: str = "success",
    undone: str = "",
) -> HttpResponse:
    """It is done: `event` tells parts of the page to ask again, `text` is said in a toast with an undo address.

    `undone` is the address of what was taken back: no toast offers that any more.
    """
    if not request.headers.get("HX-Request"):
        if text:
            messages.add_message(request, messages.ERROR if tone == "error" else messages.SUCCESS, text)
        return redirect(url)
    news: dict[str, Any] = {"close-dialog": True}
    if event:
        news[event] = True
    if text:
        addresses = {"undo": undo, "undone": undone}
        news["toast"] = {"text": text, "tone": tone} | {name: at for name, at in addresses.items() if at}
    response = HttpResponse(status=204)
    response["HX-Trigger"] = json.dumps(news)
    return response


def went_wrong(request: HttpRequest, text: str, *, url: str, status: int = 422) -> HttpResponse:
    """It was refused, where there is no form to show it in."""
    if not request.headers.get("HX-Request"):
        messages.error(request, text)
        return redirect(url)
    response = HttpResponse(status=status)
    response["HX-Trigger"] = json.dumps({"toast": {"text": text, "tone": "error"}})
    response["HX-Reswap"] = "none"
    return response


def go_to(request: HttpRequest, url: str) -> HttpResponse:
    """Open another page in the window, also when htmx asked."""
    if not request.headers.get("HX-Request"):
        return redirect(url)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = url
    return response


def back(request: HttpRequest, otherwise: str) -> str:
    """The page that the request came from, if it is one of ours."""
    came_from = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    return came_from if came_from and ours else otherwise


def form_page(request: HttpRequest, form: Form, *, status: int = 200, **words: Any) -> HttpResponse:
    """A form in the dialog or on a page of its own; `words` are the context of core/form.html."""
    part = "#dialog" if wants_part(request) else ""
    context = {"form": form, "action": request.path} | words
    response = render(request, f"core/form.html{part}", context, status=status)
    if part and status != 200:  # whatever asked, the errors belong into the dialog
        response["HX-Retarget"], response["HX-Reswap"] = "#dialog", "innerHTML"
    return response


def fill_in(
    request: HttpRequest,
    form: Form,
    save: Callable[[dict[str, Any]], str | HttpResponse],
    *,
    back: str,
    newest: Callable[[], Form] | None = None,
    **words: Any,
) -> HttpResponse:
    """Show the form, or save it and go back; `save` returns what to say, or the whole answer.

    When the thing has changed meanwhile, `newest` makes the form for another try.
    """
    words["back"] = back
    if request.method != "POST":
        return form_page(request, form, **words)
    if getattr(form, "is_rearranged", False):  # one of its own buttons: nothing is saved yet
        return form_page(request, form, **words)
    if not form.is_valid():
        return form_page(request, form, status=422, **words)
    try:
        answer = save(form.cleaned_data)
    except Stale as stale:
        return form_page(request, newest() if newest else form, status=409, said=str(stale), **words)
    except Refused as refused:
        show_refusal(form, refused)
        return form_page(request, form, status=422, **words)
    if isinstance(answer, HttpResponse):
        return answer
    if answer:
        messages.success(request, answer)
    return go_to(request, back)
