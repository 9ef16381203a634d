"""A small browser of the standard library: keeps cookies, follows links, fills in forms."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import Any

TIMEOUT = 10


class Failed(Exception):
    """Something is not as it should be; the text says what, and what to do."""


@dataclass
class WebForm:
    """A form of a page, as it stands there."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    """Collects the forms of a page with what is filled in already."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[WebForm] = []
        self.inside = False
        self.area = self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(WebForm(given.get("action", "")))
            self.inside = True
        if not self.inside:
            return
        name = given.get("name", "")
        if tag == "input" and name and given.get("type") not in {"radio", "checkbox", "submit"}:
            self.forms[-1].fields[name] = given.get("value", "")
        elif tag == "input" and name and "checked" in given:
            self.forms[-1].fields[name] = given.get("value", "on")
        elif tag == "textarea" and name:
            self.area, self.forms[-1].fields[name] = name, ""
        elif tag == "select" and name:
            self.select = name
        elif tag == "option" and self.select and "selected" in given:
            self.forms[-1].fields[self.select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "textarea":
            self.area = ""
        elif tag == "select":
            self.select = ""

    def handle_data(self, data: str) -> None:
        if self.area and self.forms:
            self.forms[-1].fields[self.area] += data.removeprefix("\n")


@dataclass
class Page:
    """An answer."""

    url: str
    status: int
    body: str

    @property
    def text(self) -> str:
        """What a person reads, on one line."""
        bare = re.sub(r"(?s)<(script|style|svg)\b.*?</\1>|<[^>]+>", " ", self.body)
        return re.sub(r"\s+", " ", unescape(bare)).strip()

    @property
    def path(self) -> str:
        return urllib.parse.urlsplit(self.url).path

    def form(self, action: str) -> WebForm:
        """The form that is sent to this address."""
        parser = _Forms()
        parser.feed(self.body)
        for one in parser.forms:
            if urllib.parse.urlsplit(one.action).path == action or (not one.action and self.path == action):
                return one
        raise Failed(f"The page {self.path} has no form that is sent to {action}.")


class Browser:
    """One visitor."""

    def __init__(self, url: str, token: str = "") -> None:
        if not url.startswith(("http://", "https://")):
            raise Failed(f"{url} is not an address such as http://127.0.0.1:8000.")
        self.url = url.rstrip("/")
        self.token = token
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        # some networks put a proxy in the way of addresses of this machine
        self.opener.add_handler(urllib.request.ProxyHandler({}))

    def get(self, path: str) -> Page:
        return self._open(self._request(path))

    def fill_in(self, page: Page, action: str, **answers: str) -> Page:
        """Send the page's form with these answers."""
        web_form = page.form(action)
        unknown = set(answers) - set(web_form.fields) - {"verdict", "outcome", "consent", "owner", "role"}
        if unknown:
            raise Failed(f"The form on {page.path} does not ask for {', '.join(sorted(unknown))}.")
        body = urllib.parse.urlencode(web_form.fields | answers).encode()
        answer = self._open(self._request(action, data=body), may_refuse=True)
        if answer.status == 422:
            raise Failed(f"{action} did not take the form: {answer.text[:400]}")
        if answer.status >= 400:
            raise Failed(f"{action} answered {answer.status}.")
        return answer

    def post_json(self, path: str, content: Any) -> Any:
        headers = {"Content-Type": "application/json"}
        return json.loads(self._open(self._request(path, data=json.dumps(content).encode(), headers=headers)).body)

    def json(self, path: str) -> Any:
        """What the REST API says, with this browser's token."""
        return json.loads(self._open(self._request(path, headers={"Authorization": f"Bearer {self.token}"})).body)

    def _request(
        self, path: str, *, data: bytes | None = None, headers: dict[str, str] | None = None
    ) -> urllib.request.Request:
        return urllib.request.Request(self.url + path, data=data, headers=headers or {})  # noqa: S310

    def _open(self, request: urllib.request.Request, *, may_refuse: bool = False) -> Page:
        request.add_header("User-Agent", "Mozilla/5.0 (demo journey)")
        try:
            with self.opener.open(request, timeout=TIMEOUT) as answer:
                return Page(answer.url, answer.status, answer.read().decode("utf-8", "replace"))
        except urllib.error.HTTPError as error:
            body = error.read().decode("utf-8", "replace")
            if may_refuse:
                return Page(request.full_url, error.code, body)
            raise Failed(f"{request.get_method()} {request.full_url} answered {error.code}: {body[:300]}") from None
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            reason = getattr(error, "reason", error)
            raise Failed(f"{self.url} does not answer ({reason}). Is it running? Start it with: make demo") from None
