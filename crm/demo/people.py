"""Companies, and who works there."""

from random import Random

from crm.demo import words
from crm.demo.plan import Firm, pick

REGIONS = ("113", "114", "115", "116", "117", "118", "121", "131", "141", "151", "161")
AREAS = ("202", "212", "303", "312", "404", "415", "503", "512", "617", "702", "713", "808")


def firms(rng: Random, count: int, first_id: int) -> list[Firm]:
    """So many invented companies; no name and no domain twice."""
    weights = {industry: weight for industry, (weight, _) in words.INDUSTRIES.items()}
    made: list[Firm] = []
    taken: set[str] = set()
    while len(made) < count:
        stem = rng.choice(words.COLOURS) + rng.choice(words.THINGS)
        industry = pick(rng, weights)
        name = f"{stem} {rng.choice(words.INDUSTRIES[industry][1])}"
        if stem in taken:
            continue
        taken.add(stem)
        size = int(min(9000, max(3, rng.lognormvariate(3.5, 1.5))))
        made.append(
            Firm(
                id=first_id + len(made),
                name=name,
                domain=f"{stem.lower()}.example",
                industry=industry,
                employees=None if rng.random() < 0.12 else size,
                country=pick(rng, words.COUNTRIES),
            )
        )
    return made


class Census:
    """Names, addresses and numbers, none of them twice."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.addresses: set[str] = set()
        self.numbers: set[str] = set()

    def name(self) -> tuple[str, str]:
        return self.rng.choice(words.FIRST), self.rng.choice(words.LAST)

    def email(self, first: str, last: str, domain: str) -> str:
        stem = f"{first}.{last}".lower()
        address, number = f"{stem}@{domain}", 2
        while address in self.addresses:
            address, number = f"{stem}{number}@{domain}", number + 1
        self.addresses.add(address)
        return address

    def phone(self, country: str) -> str:
        """A number that the authorities keep for fiction: 555-01xx in America, 496 0xxx in Britain."""
        while True:
            number = (
                f"+1 {self.rng.choice(AREAS)} 555 01{self.rng.randrange(100):02d}"
                if country == "US"
                else f"+44 {self.rng.choice(REGIONS)} 496 0{self.rng.randrange(1000):03d}"
            )
            if number not in self.numbers:
                self.numbers.add(number)
                return number
