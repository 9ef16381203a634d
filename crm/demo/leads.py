"""People who are leads still, or were never any."""

from datetime import datetime, timedelta
from random import Random

from crm.demo import talks, words
from crm.demo.answers import CRITERIA, answer, good, not_good
from crm.demo.journeys import Traffic
from crm.demo.judge import Judge
from crm.demo.plan import Answer, Calendar, Happening, Lifestep, Person
from leads.days import day_of
from leads.models import Lifecycle

# persona -> visits after we came to know them, wish to buy, days over which they come back
HABITS = {"cold": ((0, 3), 0.15, 25), "curious": ((3, 8), 0.4, 110), "warm": ((4, 10), 0.6, 150)}


class LeadMaker:
    """Gives a person the story of a lead that has not qualified."""

    def __init__(self, rng: Random, calendar: Calendar, traffic: Traffic, judge: Judge) -> None:
        self.rng = rng
        self.calendar = calendar
        self.traffic = traffic
        self.judge = judge

    def live(self, person: Person) -> None:
        """By persona: cold, curious and warm people; hot ones miss exactly one answer; dead ones were sorted out."""
        rng, end = self.rng, self.calendar.midnight
        self.traffic.arrive(person)
        if person.persona == "hot":
            self._nearly(person)
        elif person.persona == "dead":
            self._sorted_out(person)
            end = person.lifesteps[-1].at
        else:
            visits, intent, days = HABITS[person.persona]
            self.traffic.stroll(person, rng.randrange(*visits), until=end, intent=intent, days=days)
            if person.persona == "cold" and rng.random() < 0.03:
                person.happenings += self.traffic.visit(self.calendar.days_ago(person.created) - 1, 0, job=True)
            if person.persona == "warm":
                self._warm(person)
            elif rng.random() < 0.06 and person.owner:
                talks.try_to_call(rng, person, person.created + timedelta(days=1, hours=2))
        warmth = {"cold": 0.1, "curious": 0.45, "warm": 0.7, "hot": 0.8, "dead": 0.0}[person.persona]
        self.traffic.mails(person, end, warmth)
        if person.persona == "cold" and rng.random() < 0.025:
            self._unsubscribe(person)
        person.happenings = [row for row in person.happenings if row.at < end]
        person.entries = [row for row in person.entries if row.at < end]

    def _warm(self, person: Person) -> None:
        """Some have talked to us and answered a question or two, never more than two well."""
        rng, age = self.rng, self.calendar.days_ago(person.created)
        if age < 3 or rng.random() < 0.35:
            return
        asked = rng.sample(CRITERIA, rng.choice((1, 1, 2, 2, 3)))
        for number, criterion in enumerate(asked):
            at = self.calendar.office(rng, age * rng.uniform(0.1, 0.9))
            if at <= person.created:
                continue
            if number == 0 or rng.random() < 0.4:
                talks.talk(rng, person, rng.choice(("call", "reply")), at - timedelta(minutes=9))
            if number < 2 and rng.random() < 0.7:
                person.answers.append(good(rng, person, criterion, at))
            else:
                person.answers.append(
                    not_good(rng, person, criterion, at) if number == 2 else self._any(person, criterion, at)
                )
        if rng.random() < 0.3:
            talks.note(rng, person, self.calendar.office(rng, age * 0.3))

    def _any(self, person: Person, criterion: str, at: datetime) -> Answer:
        return answer(self.rng, person, criterion, self.rng.choice(("weak", "fails")), at)

    def _nearly(self, person: Person) -> None:
        """Score and conversation are enough; one criterion is open, refused, too weak or out of date."""
        rng, age = self.rng, self.calendar.days_ago(person.created)
        self.traffic.stroll(person, rng.randrange(3, 6), until=self.calendar.midnight, intent=0.75, days=age)
        gap = rng.choice(CRITERIA)
        for criterion in CRITERIA:
            at = self.calendar.office(rng, rng.uniform(2, min(age - 1, 40)))
            if criterion != gap:
                person.answers.append(good(rng, person, criterion, at))
                if rng.random() < 0.3:
                    talks.talk(rng, person, rng.choice(("call", "meeting", "reply")), at - timedelta(minutes=8))
        way = rng.random()
        if way < 0.25 and age > 195:  # answered long ago
            person.answers.append(good(rng, person, gap, self.calendar.office(rng, rng.uniform(183, age - 2))))
        elif way < 0.55:
            person.answers.append(not_good(rng, person, gap, self.calendar.office(rng, rng.uniform(1, 20))))
        day = day_of(self.calendar.midnight)
        least = self.judge.spec.threshold
        while (reading := self.judge.read(person, day)).total < least or not reading.talked:
            at = self.calendar.office(rng, rng.uniform(1, 12))
            talks.talk(rng, person, rng.choice(("call", "meeting", "reply")), at)
            person.happenings += self.traffic.visit(
                rng.uniform(1, 8), 1.0, by="anonymous" if person.visitor else "email"
            )

    def _sorted_out(self, person: Person) -> None:
        """Somebody looked and decided that this is nothing for us."""
        reason = self.rng.choice(words.DISQUALIFIED)
        wait = min(self.rng.uniform(0.6, 30), self.calendar.days_ago(person.created) - 0.1)
        at = person.created + timedelta(days=wait)
        person.lifesteps.append(Lifestep(at, Lifecycle.DISQUALIFIED, reason))
        if reason == "Asked not to be contacted":
            self._unsubscribe(person)

    def _unsubscribe(self, person: Person) -> None:
        wait = min(self.rng.uniform(0.2, 40), self.calendar.days_ago(person.created) - 0.05)
        person.happenings.append(Happening(person.created + timedelta(days=wait), "unsubscribed", "mailing", {}))
