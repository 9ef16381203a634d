"""A visitor's way from the first page view to a card on the board, over HTTP, as people would go it."""

import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from random import SystemRandom
from typing import Any

from crm.demo import logins, words
from crm.demo.browser import Browser, Failed, Page

LIMIT = 5.0  # seconds that a step may take: a slower one is told at the end
PATIENCE = 30.0  # seconds after which nothing more is expected
READ = ("/", "/blog/five-signs-your-spreadsheet-is-full/", "/product/", "/customers/osprey-freight/", "/pricing/")
ANSWERS: tuple[tuple[str, dict[str, str]], ...] = (
    ("need", {"quote": "We type every order into two systems. Last month forty pallets went to the wrong dock."}),
    ("budget", {"quote": "There is a line of 18,000 for planning tools in this year's plan.", "amount": "18000"}),
    ("timeline", {"quote": "It has to run before the season starts."}),
    ("authority", {"quote": "The last tool of this size I bought myself. My boss only saw the invoice."}),
)
AMOUNT = "18000"


class Journey:
    """One run with a freshly invented person; `say` prints a line."""

    browser = Browser

    def __init__(self, url: str, say: Callable[[str], object], limit: float = LIMIT) -> None:
        self.url, self.say, self.limit = url, say, limit
        self.visitor, self.colleague = self.browser(url), self.browser(url)
        self.steps = 0
        self.slowest = 0.0
        self.slow: list[str] = []
        rng = SystemRandom()
        self.number = uuid.uuid4().hex
        self.first, self.last = rng.choice(words.FIRST), rng.choice(words.LAST)
        one, other = rng.sample(words.COLOURS, 2)
        self.company = f"{one} {other} Freight"
        self.email = f"{self.first}.{self.last}@{one}{other}-{self.number[:4]}.example".lower()
        self.contact = 0

    def run(self) -> None:
        """All of it; Failed says what went wrong."""
        self.say(
            f"The visitor of this run: {self.first} {self.last} of {self.company} <{self.email}>, freshly invented.\n"
        )
        self._sign_in()
        try:
            before = self._forecast()
            self._look_around()
            self._fill_in_form()
            self._come_back()
            self._take_over()
            self._reply()
            opportunity = self._answer()
            self._see_card(opportunity)
            self._amount(opportunity, before)
        finally:
            self._give_back_token()
        self.say(
            f"\nDone: {self.steps} steps, the slowest took {self.slowest:.1f} s of the {self.limit:.0f} s allowed."
        )
        self.say(f"The card: {self.url}/opportunities/{opportunity}/")
        self.say(f"The whole story: {self.url}/leads/{self.contact}/")
        if self.slow:
            raise Failed(
                f"All of it happened, but not within {self.limit:.0f} s each: {'; '.join(self.slow)}."
                " This machine may be busy with something else: run it again."
            )

    # --- telling ---

    @contextmanager
    def _step(self, title: str) -> Iterator[Callable[[str], object]]:
        self.steps += 1
        told: list[str] = []
        start = time.monotonic()
        try:
            yield told.append
        except Failed as error:
            raise Failed(f"Step {self.steps} failed ({title}): {error}") from None
        took = time.monotonic() - start
        self.slowest = max(self.slowest, took)
        self.say(f"{self.steps:>2}. {title:<58}{took:>6.2f} s")
        for line in told:
            self.say(f"      {line}")
        if took > self.limit:
            self.slow.append(f"step {self.steps} ({title}) took {took:.1f} s")

    def _wait(self, what: str, look: Callable[[], Any]) -> Any:
        """Ask until there is an answer, longer than a step may take: what is late is told apart from what is lost."""
        patience = max(self.limit, PATIENCE)
        end = time.monotonic() + patience
        while True:
            if found := look():
                return found
            if time.monotonic() > end:
                raise Failed(
                    f"{what} did not come within {patience:.0f} s. Does the worker run? Look where make demo runs."
                )
            time.sleep(0.1)

    # --- the steps ---

    def _sign_in(self) -> None:
        page = self.colleague.get("/accounts/login/")  # outside the step: a server's first page takes longer
        with self._step("A rep signs in") as tell:
            login = f"rep@{logins.DOMAIN}"
            home = self.colleague.fill_in(page, "/accounts/login/", login=login, password=logins.PASSWORD)
            if home.path != "/":
                raise Failed(f"{login} could not sign in. Is this a demo? {home.text[:200]}")
            page = self.colleague.get("/settings/tokens/")
            made = self.colleague.fill_in(page, "/settings/tokens/", name=f"demo journey {self.number[:8]}")
            found = re.search(r"wnw_[\w-]{30,}", made.body)
            if not found:
                raise Failed("Settings → API tokens did not show a new token.")
            self.colleague.token = found[0]
            tell(f"{login}, with a token of the API made for this run.")

    def _give_back_token(self) -> None:
        page = self.colleague.get("/settings/tokens/")
        pattern = rf"demo journey {self.number[:8]}.*?action=\"(/settings/tokens/\d+/revoke/)\""
        if found := re.search(pattern, page.body, re.S):
            self.colleague.fill_in(page, found[1])

    def _site_key(self) -> str:
        """The write key stands in every page that carries the tracker; here a marketer copies it from Settings."""
        marketer = self.browser(self.url)
        page = marketer.get("/accounts/login/")
        marketer.fill_in(page, "/accounts/login/", login=f"marketer@{logins.DOMAIN}", password=logins.PASSWORD)
        found = re.search(r"data-site=(?:&quot;|\")([\w.:-]{8,64})", marketer.get("/settings/tracking/").body)
        if not found:
            raise Failed("Settings → Tracking shows no snippet.")
        return found[1]

    def _view(self, *paths: str, apart: float = 20.0) -> int:
        """The tracker tells of pages that the visitor looks at, so many seconds apart, the last one just now."""
        now = datetime.now(UTC)
        events = [
            {
                "id": uuid.uuid4().hex,
                "kind": "page_view",
                "at": (now - timedelta(seconds=apart * (len(paths) - 1 - number))).isoformat(),
                "props": {"path": path, "title": path.strip("/").replace("-", " ") or "home"},
            }
            for number, path in enumerate(paths)
        ]
        content = {"site": self.key, "visitor": self.number, "events": events}
        return int(self.visitor.post_json("/t/collect", content)["accepted"])

    def _look_around(self) -> None:
        self.key = self._site_key()
        with self._step("Somebody looks around on the web site") as tell:
            accepted = self._view(*READ)
            if accepted != len(READ):
                raise Failed(f"{accepted} of {len(READ)} page views were taken.")
            tell(f"{accepted} page views are recorded, the last one of /pricing/. Nobody knows who it is.")

    def _fill_in_form(self) -> None:
        page = self.visitor.get(f"/f/demo/?winnow_visitor={self.number}")
        time.sleep(1.5)  # nobody fills in a form faster, and the form knows it
        with self._step("The visitor fills in the form: “See a demo”") as tell:
            answers = {
                "first_name": self.first,
                "last_name": self.last,
                "email": self.email,
                "company": self.company,
                "job_title": "Head of Operations",
                "message": words.FORM_MESSAGES[0],
            }
            thanks = self.visitor.fill_in(page, "/f/demo/", **answers)
            if "thanks" not in thanks.path:
                raise Failed(f"The form was not taken: {thanks.text[:300]}")
            found = self._wait(
                "The contact", lambda: self.colleague.json(f"/api/v1/contacts?email={self.email}")["results"]
            )
            self.contact = found[0]["id"]
            story = self.colleague.get(f"/leads/{self.contact}/").text
            if "/pricing" not in story:
                raise Failed("The page views from before the form are not on the timeline.")
            tell(f"A new lead, no. {self.contact}; the page views from before are on the timeline.")
            self._tell_score(tell, 0)

    def _come_back(self) -> None:
        before = self._total()
        with self._step("The lead comes back to the price list") as tell:
            self._view("/pricing/", "/pricing/compare/", apart=0.1)
            self._tell_score(tell, before)

    def _take_over(self) -> None:
        with self._step("The rep takes the lead") as tell:
            page = self.colleague.get(f"/leads/{self.contact}/")
            action = f"/leads/{self.contact}/owner/"
            own = re.search(r'<option value="(\d+)"[^>]*>\s*Robin Vale', page.body)
            if not own:
                raise Failed("The contact's page does not offer the rep as owner.")
            self.colleague.fill_in(page, action, owner=own[1])
            owner = self.colleague.json(f"/api/v1/contacts/{self.contact}")["owner"]
            tell(f"Owner: {owner['name'] if owner else 'nobody'}.")

    def _reply(self) -> None:
        before = self._total()
        with self._step("The rep logs a reply (two-way)") as tell:
            action = f"/leads/{self.contact}/log/reply/"
            self.colleague.fill_in(self.colleague.get(action), action, body=words.REPLIES[0])
            self._tell_score(tell, before)

    def _answer(self) -> int:
        for criterion, answer in ANSWERS:
            is_last = criterion == ANSWERS[-1][0]
            with self._step(f"The rep records evidence: {criterion}") as tell:
                action = f"/leads/{self.contact}/evidence/{criterion}/"
                answers = dict(answer)
                if criterion == "timeline":
                    answers["on_date"] = (date.today() + timedelta(days=75)).isoformat()
                self.colleague.fill_in(self.colleague.get(action), action, verdict="meets", **answers)
                tell(f"“{answer['quote']}”")
                missing = self.colleague.json(f"/api/v1/contacts/{self.contact}/score")["missing"]
                tell("Missing: " + (" ".join(row["sentence"] for row in missing) if missing else "nothing any more."))
                if is_last:
                    opportunity = self._wait("The promotion", self._opportunity)
                    contact = self.colleague.json(f"/api/v1/contacts/{self.contact}")
                    tell(
                        f"Verdict: qualified with {contact['score']['total']} {contact['score']['grade']}"
                        f" by definition v{contact['score']['definition_version']}; lifecycle: {contact['lifecycle']}."
                    )
                    tell(
                        f"Opportunity no. {opportunity['id']} in {opportunity['stage']}, "
                        f"handed to {opportunity['owner']['name']}."
                    )
        return int(opportunity["id"])

    def _opportunity(self) -> Any:
        rows = self.colleague.json("/api/v1/opportunities?state=open&limit=20")["results"]
        return next((row for row in rows if row["contact"] == self.contact), None)

    def _see_card(self, opportunity: int) -> None:
        with self._step("The card is on the board") as tell:
            board = self._wait("The card", lambda: self._board_with(opportunity))
            label = re.search(rf'data-card="{opportunity}"[^>]*aria-label="([^"]+)"', board.body)
            tell(f"{label[1] if label else self.company}.")

    def _board_with(self, opportunity: int) -> Page | None:
        board = self.colleague.get("/pipeline/")
        return board if f'data-card="{opportunity}"' in board.body else None

    def _amount(self, opportunity: int, before: int) -> None:
        with self._step(f"The rep writes the amount on it: {int(AMOUNT):,}") as tell:
            action = f"/opportunities/{opportunity}/edit/"
            closes = (date.today() + timedelta(days=45)).isoformat()
            self.colleague.fill_in(self.colleague.get(action), action, amount=AMOUNT, expected_close=closes)
            after = self._forecast()
            if after <= before:
                raise Failed(f"The forecast did not grow: {before:,} before, {after:,} after.")
            tell(f"Forecast, all that is open, weighted: {before:,} before, {after:,} now (+{after - before:,}).")

    # --- reading ---

    def _forecast(self) -> int:
        """All that is open, weighted, as the forecast page says it; nothing while no amount is known."""
        text = self.colleague.get("/forecast/").text
        found = re.search(r"All that is open\b(?!,)[^€]{0,60}€\s?([\d,]+)", text)
        return int(found[1].replace(",", "")) if found else 0

    def _total(self) -> int:
        score = self.colleague.json(f"/api/v1/contacts/{self.contact}")["score"]
        return int(score["total"]) if score else 0

    def _tell_score(self, tell: Callable[[str], object], before: int) -> None:
        """Wait until the worker has scored what just happened, and say why the score is what it is."""
        after = self._wait("The new score", lambda: total if (total := self._total()) != before else None)
        why = self.colleague.json(f"/api/v1/contacts/{self.contact}/score")
        tell(f"Score {before} → {after} ({why['grade']}), the line is at {why['threshold']}. Because:")
        for line in sorted(why["lines"], key=lambda row: -row["thousandths"])[:4]:
            times = f", {line['events']} times" if line["events"] > 1 else ""
            tell(f"  {line['thousandths'] / 1000:+.0f}  {line['name']}{times}")
