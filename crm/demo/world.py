"""The whole demo as values: who there is, and what each of them lived through."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from crm.demo import logins, words
from crm.demo.deals import Course, DealMaker, courses
from crm.demo.journeys import Traffic
from crm.demo.judge import Judge
from crm.demo.leads import LeadMaker
from crm.demo.people import Census, firms
from crm.demo.plan import Calendar, Firm, Happening, Lifestep, Person, pick
from leads.models import Lifecycle, Source
from users.roles import Role

SEED = 20200229
FIRMS, PEOPLE, STRANGERS = 600, 3000, 620
PERSONAS = {"hot": 46, "dead": 150, "warm": 300, "curious": 800}  # the rest is cold
SOURCES = {
    Source.FORM: 23,
    Source.NEWSLETTER: 22,
    Source.DOWNLOAD: 18,
    Source.WEBINAR: 14,
    Source.IMPORT: 11,
    Source.CARD: 7,
    Source.REFERRAL: 5,
}
DEAL_SOURCES = {
    Source.FORM: 36,
    Source.WEBINAR: 19,
    Source.DOWNLOAD: 14,
    Source.REFERRAL: 13,
    Source.NEWSLETTER: 7,
    Source.CARD: 7,
    Source.IMPORT: 4,
}
FROM_THE_WEB = {Source.FORM, Source.NEWSLETTER, Source.DOWNLOAD, Source.WEBINAR}
OWNED = {"deal": 1.0, "hot": 0.75, "warm": 0.4, "curious": 0.08, "cold": 0.02, "dead": 0.1}
YEAR = 364
Story = tuple[Person, tuple[Course, datetime] | None]  # who became a prospect: how it went, and when


@dataclass(slots=True)
class World:
    """Everything that will be stored, apart from rows that follow from it."""

    firms: list[Firm]
    people: list[Person]
    strangers: dict[str, list[Happening]] = field(default_factory=dict)  # visitor -> what an unknown visitor looked at


class Maker:
    """Makes the world once; `first_*` are ids that nobody else has."""

    def __init__(self, midnight: datetime, judge: Judge, site: str, rots: Sequence[int | None]) -> None:
        self.rng = Random(SEED)
        self.calendar = Calendar(midnight)
        self.judge = judge
        self.rots = rots
        self.traffic = Traffic(self.rng, self.calendar, site)
        self.census = Census(self.rng)
        self.reps = [login.email for login in logins.LOGINS if login.role == Role.REP]

    def make(self, first_firm: int, first_person: int) -> World:
        """All of it, people in the order in which we came to know them."""
        rng = self.rng
        world = World(firms(rng, FIRMS, first_firm), [])
        sources = [pick(rng, DEAL_SOURCES) for _ in range(400)]
        plans = courses(rng, sources, len(self.rots), self.rots)
        good_firms = [firm for firm in world.firms if (firm.employees or 0) >= 18]
        rng.shuffle(good_firms)
        made: list[Story] = []
        for number, course in enumerate(plans):
            qualified_at = self.calendar.office(rng, course.qualified)
            created = qualified_at - timedelta(days=min(110, rng.lognormvariate(3.0, 0.8)) + 1.5)
            person = self._person("deal", sources[number], created, good_firms[number % len(good_firms)])
            made.append((person, (course, qualified_at)))
        for persona in self._personas(PEOPLE - len(plans)):
            made.append((self._newcomer(persona, world.firms), None))
        made.sort(key=lambda row: row[0].created)
        for number, (person, _) in enumerate(made):
            person.id = first_person + number
        self._give_owners(made)
        deals = DealMaker(rng, self.calendar, self.traffic, self.judge)
        leads = LeadMaker(rng, self.calendar, self.traffic, self.judge)
        for person, fate in made:
            person.lifesteps.append(Lifestep(person.created, Lifecycle.LEAD, f"New: {Source(person.source).label}"))
            if fate is not None:
                deals.live(person, *fate)
            else:
                leads.live(person)
            person.happenings.sort(key=lambda row: row.at)
            world.people.append(person)
        world.strangers = {self._visitor(): self._stranger() for _ in range(STRANGERS)}
        return world

    def _personas(self, count: int) -> list[str]:
        listed = [persona for persona, number in PERSONAS.items() for _ in range(number)]
        listed += ["cold"] * (count - len(listed))
        self.rng.shuffle(listed)
        return listed

    def _newcomer(self, persona: str, all_firms: list[Firm]) -> Person:
        rng = self.rng
        days_ago = 1 + YEAR * (1 - rng.random() ** 0.74)
        if persona == "hot":
            days_ago = rng.choice((rng.uniform(14, 60), rng.uniform(20, 120), rng.uniform(205, 300)))
        firm = None if persona == "cold" and rng.random() < 0.22 else rng.choice(all_firms)
        if persona == "hot" and firm is not None and (firm.employees or 0) < 20:
            firm = rng.choice([one for one in all_firms if (one.employees or 0) >= 50])
        return self._person(persona, pick(rng, SOURCES), self.calendar.office(rng, days_ago), firm)

    def _person(self, persona: str, source: Source, created: datetime, firm: Firm | None) -> Person:
        rng = self.rng
        first, last = self.census.name()
        is_buyer = persona in {"deal", "hot"}
        country = firm.country if firm else pick(rng, words.COUNTRIES)
        titles = {title: weights[is_buyer] for title, weights in words.TITLES.items()}
        return Person(
            id=0,
            first_name=first,
            last_name=last,
            email=self.census.email(first, last, firm.domain if firm else "mailbox.example"),
            phone=self.census.phone(country) if rng.random() < (0.85 if is_buyer else 0.35) else "",
            job_title=pick(rng, titles) if rng.random() < (0.97 if is_buyer else 0.8) else "",
            firm=firm,
            country="" if rng.random() < 0.3 else country,
            source=source,
            created=created,
            persona=persona,
            visitor=self._visitor() if source in FROM_THE_WEB or rng.random() < 0.3 else "",
            tags=[rng.choice(words.TAGS)] if rng.random() < 0.09 else [],
        )

    def _visitor(self) -> str:
        return f"demo-{self.rng.getrandbits(64):016x}"

    def _stranger(self) -> list[Happening]:
        """One who never told us who they are."""
        rng, days_ago = self.rng, 1 + YEAR * (1 - self.rng.random() ** 0.74)
        rows: list[Happening] = []
        for number in range(rng.choice((1, 1, 1, 2, 3))):
            back = max(1.0, days_ago - 9 * number)
            rows += self.traffic.visit(back, rng.uniform(0, 0.5), job=rng.random() < 0.08)
        return rows

    def _give_owners(self, made: list[Story]) -> None:
        """Deals in turn, as the product hands them over; some others to somebody."""
        handed = sorted((fate[1], person.id, person) for person, fate in made if fate is not None)
        busy = [*self.reps[:3], self.reps[0], *self.reps[3:]]  # the rep whom visitors look at has more to show
        for number, (_, _, person) in enumerate(handed):
            person.owner = busy[number % len(busy)]
        for person, fate in made:
            if fate is None and self.rng.random() < OWNED[person.persona]:
                person.owner = self.rng.choice(self.reps)
