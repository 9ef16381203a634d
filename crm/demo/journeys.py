"""What people do on our pages, with our mails and in our webinars."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from crm.demo import words
from crm.demo.plan import Calendar, Happening, Person
from leads.models import Source

FORM_OF = {
    Source.FORM: "contact",
    Source.NEWSLETTER: "newsletter",
    Source.DOWNLOAD: "download",
    Source.WEBINAR: "webinar",
}
MAILS = 26  # one each fortnight
CAMPAIGNS = ("Planning digest", "Customer of the month", "What is new", "Tips for dispatchers")


class Traffic:
    """Makes the happenings of one installation; `site` is the tracked site's event source."""

    def __init__(self, rng: Random, calendar: Calendar, site: str) -> None:
        self.rng = rng
        self.calendar = calendar
        self.site = site
        self.webinars = [calendar.at(14 * n + 3.4) for n in range(27)]

    def visit(self, days_ago: float, intent: float, *, by: str = "anonymous", job: bool = False) -> list[Happening]:
        """One visit of a few pages; `intent` (0 to 1) leads from the blog to the price list."""
        rng, at = self.rng, self.calendar.office(self.rng, days_ago)
        seen: list[Happening] = []
        for number in range(rng.choice((1, 2, 2, 3, 3, 4, 5))):
            depth = "job" if job else rng.choices(("early", "middle", "late"), _depths(intent))[0]
            path, title = rng.choice(words.PAGES[depth])
            properties: dict[str, Any] = {"path": path, "title": title}
            if number == 0:
                referrer = rng.choice(words.REFERRERS)
                properties |= {"referrer": referrer} if referrer else {}
                if referrer and rng.random() < 0.2:
                    properties |= {"utm_source": "network", "utm_campaign": rng.choice(("spring", "fair", "planners"))}
            read = rng.randrange(15, 240)
            properties |= {"seconds": read, "scroll": 25 + 7 * read % 76}
            seen.append(Happening(at, "page_view", self.site, properties, by))
            at += timedelta(seconds=read)
        return seen

    def arrive(self, person: Person) -> None:
        """Anonymous visits, and then the act by which we came to know the person."""
        rng, created = self.rng, person.created
        days_ago = self.calendar.days_ago(created)
        if person.visitor:
            for _ in range(rng.choice((0, 1, 1, 2, 3))):
                person.happenings += [
                    row for row in self.visit(days_ago + rng.uniform(1, 25), rng.uniform(0, 0.4)) if row.at < created
                ]
            path, title = rng.choice(words.PAGES["early"] + words.PAGES["middle"])
            landing = {"path": path, "title": title, "referrer": words.REFERRERS[0]}
            person.happenings.append(
                Happening(
                    created - timedelta(seconds=rng.randrange(60, 400)), "page_view", self.site, landing, "anonymous"
                )
            )
        person.happenings += self._first_act(person)

    def _first_act(self, person: Person) -> list[Happening]:
        rng, at = self.rng, person.created
        if person.source == Source.NEWSLETTER:
            return [Happening(at, "newsletter_subscribed", "form:newsletter", {"form": "newsletter"})]
        if person.source == Source.DOWNLOAD:
            return [Happening(at, "asset_downloaded", "form:download", {"asset": rng.choice(words.ASSETS)})]
        if person.source == Source.WEBINAR:
            return self.webinar(at, came=rng.random() < 0.55)
        if person.source == Source.REFERRAL:
            return [Happening(at, "referred", "manual", {})]
        if person.source == Source.FORM:
            if person.persona in {"hot", "deal"} and rng.random() < 0.6:
                return [self.demo_request(at)]
            message = rng.choice(words.FORM_MESSAGES).format(people=rng.choice((40, 80, 150, 300)))
            return [Happening(at, "form_submitted", "form:contact", {"form": "contact", "message": message})]
        return []

    def demo_request(self, at: datetime) -> Happening:
        message = self.rng.choice(words.FORM_MESSAGES).format(people=self.rng.choice((40, 80, 150, 300)))
        return Happening(at, "demo_requested", "form:demo", {"form": "demo", "message": message})

    def webinar(self, at: datetime, *, came: bool) -> list[Happening]:
        """They register, and most of them come to the next one."""
        asset = words.WEBINARS[self.rng.randrange(len(words.WEBINARS))]
        rows = [Happening(at, "webinar_registered", "webinar", {"asset": asset})]
        on = min((start for start in self.webinars if start > at + timedelta(hours=2)), default=None)
        if came and on is not None:
            properties = {"asset": asset, "minutes": self.rng.randrange(18, 56)}
            rows.append(
                Happening(on + timedelta(minutes=self.rng.randrange(6)), "webinar_attended", "webinar", properties)
            )
        return rows

    def mails(self, person: Person, until: datetime, warmth: float) -> None:
        """What they did with the fortnightly mails since we know them."""
        rng = self.rng
        for number in range(MAILS):
            sent = self.calendar.at(14 * number + 6) + timedelta(hours=8)
            if not person.created < sent < until or rng.random() > 0.22 + 0.3 * warmth:
                continue
            campaign = f"{CAMPAIGNS[number % len(CAMPAIGNS)]} {sent:%Y-%m}"
            opened = min(sent + timedelta(minutes=rng.expovariate(1 / 300)), until - timedelta(minutes=30))
            person.happenings.append(Happening(opened, "email_opened", "mailing", {"campaign": campaign}))
            if rng.random() < 0.08 + 0.25 * warmth:
                clicked = opened + timedelta(seconds=rng.randrange(5, 90))
                person.happenings.append(Happening(clicked, "email_clicked", "mailing", {"campaign": campaign}))

    def stroll(self, person: Person, visits: int, *, until: datetime, intent: float, days: float = 120) -> None:
        """Further visits, spread over the days after we came to know them; the wish grows towards the end."""
        start, end = self.calendar.days_ago(person.created), self.calendar.days_ago(until)
        span = min(days, max(0.0, start - end))
        by = "anonymous" if person.visitor else "email"
        for number in range(visits):
            share = (number + self.rng.random()) / visits
            wish = intent * (0.4 + 0.6 * share)
            for row in self.visit(start - span * share, wish, by=by):
                if person.created < row.at < until:
                    person.happenings.append(row)


def _depths(intent: float) -> tuple[float, float, float]:
    return (1.05 - intent, 0.6, intent * 0.9 + 0.02)
