"""The active definition read over planned people, day by day, so that the demo's history agrees with it.

Only the demo needs a past of judgements that were never made; the product has one evaluator (scoring/statement.py),
and a test holds this reading against it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crm.demo.plan import Answer, Happening, Person, Turned
from leads import conditions, kinds
from leads.days import date_of, day_of
from leads.models import Criterion
from scoring import decay
from scoring.definitions import EngagementLine, Required, Spec
from scoring.engaged import CATEGORIES
from scoring.queries import Explanation, Line


@dataclass(frozen=True, slots=True)
class Reading:
    """What the definition says about somebody on a day."""

    fit: int
    categories: dict[str, int]
    total: int
    grade: str
    talked: bool
    asked: tuple[Required, ...]  # what those of their persona must answer
    met: frozenset[str]
    is_qualified: bool


class Judge:
    """Reads one definition."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.kinds = kinds.known_kinds()
        self.keys = {criterion.pk: criterion.key for criterion in Criterion.objects.all()}
        self.valid_days = {criterion.key: criterion.valid_days for criterion in Criterion.objects.all()}
        self.two_way = {key for key, kind in self.kinds.items() if kind.id in spec.two_way_kinds}
        self.weights = {line.id: line.weights for line in spec.engagement}
        self.facets: dict[tuple[str, str], int | None] = {}
        self.lines: dict[int, list[EngagementLine]] = {}
        for line in spec.engagement:
            self.lines.setdefault(line.kind_id, []).append(line)

    def fit_lines(self, person: Person) -> list[Line]:
        """What the fit rules give: the general ones, and those of the persona that suits best."""
        return self._suits(person)[0]

    def _suits(self, person: Person) -> tuple[list[Line], int | None]:
        """Those, and which persona it is."""
        firm = person.firm
        facts: dict[str, Any] = {
            "contact.job_title": person.job_title,
            "contact.country": person.country or (firm.country if firm else ""),
            "contact.free_mail": False if person.email else None,
            "contact.source": person.source,
            "company.industry": firm.industry if firm else "",
            "company.employees": firm.employees if firm else None,
            "company.name": firm.name if firm else "",
        }
        held = [rule for rule in self.spec.fit if conditions.holds(rule.conditions, facts)]
        won, best = None, 0
        for persona in self.spec.personas:
            points = sum(rule.points for rule in held if rule.persona_id == persona.id)
            if points > best:
                won, best = persona.id, points
        lines = [
            Line(
                rule.id,
                rule.name,
                "fit",
                1000 * rule.points,
                uncapped=1000 * rule.points,
                persona=self.spec.persona(rule.persona_id),
            )
            for rule in held
            if rule.persona_id in {None, won}
        ]
        return lines, won

    def engagement_lines(self, happenings: list[Happening], day: int) -> list[Line]:
        """What the engagement rules give on a day."""
        counted: dict[int, list[int]] = {}
        for happening in happenings:
            age = day - day_of(happening.at)
            for line in self._lines_of(happening):
                if 0 <= age < line.horizon:
                    counted.setdefault(line.id, []).append(age)
        return [self._line(line, counted[line.id], day) for line in self.spec.engagement if line.id in counted]

    def _lines_of(self, happening: Happening) -> list[EngagementLine]:
        lines = self.lines.get(self.kinds[happening.kind].id, [])
        facet = self.facet(happening) if any(line.facet_ids for line in lines) else None
        return [line for line in lines if not line.facet_ids or facet in line.facet_ids]

    def facet(self, happening: Happening) -> int | None:
        """The facet of the event; remembered, for few pages are looked at often."""
        kind = self.kinds[happening.kind]
        key = (happening.kind, str(happening.properties.get(kind.facet_property, "")))
        if key not in self.facets:
            self.facets[key] = kind.facet_of(happening.properties)
        return self.facets[key]

    def _line(self, line: EngagementLine, ages: list[int], day: int) -> Line:
        counted = [min(ages)] if line.first_only else ages
        uncapped = sum(self.weights[line.id][age] for age in counted)
        thousandths = decay.capped(uncapped, line.cap)
        left = decay.fades_after(line.points, line.half_life_days, line.window_days, min(ages))
        return Line(
            rule_id=line.id,
            name=line.name,
            category=line.category,
            thousandths=thousandths,
            events=len(ages),
            newest=date_of(day - min(ages)),
            fades_on=date_of(day + left),
            half_life_days=line.half_life_days,
            is_capped=line.cap is not None and abs(thousandths) == 1000 * line.cap,
            uncapped=uncapped,
        )

    def read(self, person: Person, day: int) -> Reading:
        """The judgement at the end of a day."""
        lines, persona = self._suits(person)
        sums = dict.fromkeys(CATEGORIES, 0)
        for line in self.engagement_lines(person.happenings, day):
            sums[line.category] += line.thousandths
        talks = [day_of(row.at) for row in person.happenings if row.kind in self.two_way]
        return self._reading(lines, persona, sums, talks, person.answers, day)

    def _reading(
        self,
        lines: list[Line],
        persona: int | None,
        sums: dict[str, int],
        talks: list[int],
        answers: list[Answer],
        day: int,
    ) -> Reading:
        fit = sum(line.thousandths for line in lines) // 1000
        categories = {category: decay.rounded(sums[category]) for category in CATEGORIES}
        engagement = sum(categories.values())
        talked = not self.spec.two_way_days or any(day - self.spec.two_way_days < talk <= day for talk in talks)
        asked = self.spec.required_of(persona)
        met = self._met(asked, answers, day)
        is_enough = fit + engagement >= self.spec.threshold
        return Reading(
            fit=fit,
            categories=categories,
            total=fit + engagement,
            grade=self.spec.grade(fit, engagement),
            talked=talked,
            asked=asked,
            met=met,
            is_qualified=is_enough and talked and len(met) == len(asked),
        )

    def _met(self, asked: tuple[Required, ...], answers: list[Answer], day: int) -> frozenset[str]:
        newest: dict[str, Answer] = {}
        for answer in sorted(answers, key=lambda row: row.at):
            observed = day_of(answer.at)
            if observed <= day < observed + self.valid_days[answer.criterion] + 1:
                newest[answer.criterion] = answer
        accepted = {self.keys[row.criterion_id]: row.accepted for row in asked}
        return frozenset(key for key, row in newest.items() if key in accepted and row.verdict in accepted[key])

    def history(self, person: Person, qualified_at: datetime, last_day: int) -> list[Turned]:
        """Each turn of the verdict from the day on which the person qualified."""
        first = day_of(qualified_at)
        days = last_day - first + 1
        lines, persona = self._suits(person)
        worth = {line.id: [0] * days for line in self.spec.engagement}
        for happening in person.happenings:
            for line in self._lines_of(happening):
                weights, begins = self.weights[line.id], day_of(happening.at) - first
                for number in range(max(0, begins), min(days, begins + len(weights))):
                    own = worth[line.id]
                    new = weights[number - begins]
                    own[number] = max(own[number], new, key=abs) if line.first_only else own[number] + new
        talks = [day_of(row.at) for row in person.happenings if row.kind in self.two_way]
        turns: list[Turned] = []
        was_qualified = False
        for number in range(days):
            sums = dict.fromkeys(CATEGORIES, 0)
            for line in self.spec.engagement:
                sums[line.category] += decay.capped(worth[line.id][number], line.cap)
            reading = self._reading(lines, persona, sums, talks, person.answers, first + number)
            if reading.is_qualified != was_qualified:
                was_qualified = reading.is_qualified
                at = qualified_at if number == 0 else _noticed(person, first + number, qualified_at)
                turns.append(Turned(at, was_qualified, reading.total, reading.grade, self.reasons(reading)))
        return turns

    def reasons(self, reading: Reading) -> list[str]:
        """What held and what was missing, in words."""
        sign = "reaches" if reading.total >= self.spec.threshold else "is below"
        reasons = [f"score {reading.total} {sign} {self.spec.threshold}"]
        if self.spec.two_way_days:
            verb = "talked" if reading.talked else "did not talk"
            reasons.append(f"{verb} to us in the last {self.spec.two_way_days} days")
        for row in reading.asked:
            word = "answered" if self.keys[row.criterion_id] in reading.met else "missing"
            reasons.append(f"{row.label.lower()} {word}")
        return reasons

    def explain(self, person: Person, day: int) -> Explanation:
        """The judgement of a day with all its lines, as an opportunity keeps it."""
        reading = self.read(person, day)
        return Explanation(
            contact_id=person.id,
            day=day,
            version=self.spec.version,
            total=reading.total,
            grade=reading.grade,
            fit=reading.fit,
            categories=reading.categories,
            threshold=self.spec.threshold,
            is_qualified=reading.is_qualified,
            lines=[*self.fit_lines(person), *self.engagement_lines(person.happenings, day)],
        )


def _noticed(person: Person, day: int, like: datetime) -> datetime:
    """When the product saw it: right after the day's last fact, or in the nightly refresh when points only faded."""
    told = [row.at for row in person.happenings if day_of(row.at) == day]
    told += [row.at for row in person.answers if day_of(row.at) == day]
    if told:
        return max(told) + timedelta(seconds=2)
    date = date_of(day)
    return like.replace(year=date.year, month=date.month, day=date.day, hour=0, minute=10, second=0)
