"""Who may be the same person: the keys by which candidates are found, and how sure we are of a pair. Values in and out.

Nobody is compared with everybody: two people are candidates only when they share a key. A key is a 64-bit digest of
what people share who are one person even if something is misspelt: a number, a mailbox without its separators, a name
in any order, and each word of the name together with the company or its domain.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from leads import normalise

LEAST = 50  # below this many percent a pair is not worth anybody's time
SURE = 90
MOST_SHARING = 60  # a key that more people share tells nothing about any two of them
SHORTENED = 0.9  # how alike J. Doe and Jane Doe are
LONGEST = 12  # words of a name that are looked at
_BETWEEN_WORDS = str.maketrans("._-'", "    ")
# spellings of one sound, so that Müller, Mueller and Muller are compared as one
LEAST_LETTERS = 4
_UMLAUTS = (("ae", "a"), ("oe", "o"), ("ue", "u"))


@dataclass(frozen=True, slots=True)
class Person:
    """What is compared of a contact."""

    id: int
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    mailboxes: tuple[str, ...] = ()  # as normalise.mailbox gives them
    phones: tuple[str, ...] = ()  # in E.164

    @property
    def name(self) -> str:
        """Folded, without accents; from the address when it alone tells."""
        return folded(f"{self.first_name} {self.last_name}") or self.name_of_address

    @property
    def name_of_address(self) -> str:
        """jane.doe@… is called so."""
        for mailbox in self.mailboxes:
            words = [word for word in mailbox.split("@")[0].translate(_BETWEEN_WORDS).split() if word.isalpha()]
            if len(words) == 2 and all(len(word) > 1 for word in words):
                return folded(" ".join(words))
        return ""

    @property
    def organisations(self) -> set[str]:
        """The company's name and the domains of addresses that stand for a company."""
        domains = {normalise.company_domain(mailbox) for mailbox in self.mailboxes}
        return {part for part in ({normalise.company_key(self.company)} | domains) if part}


@dataclass(frozen=True, slots=True)
class Likeness:
    """How sure we are that two are one, and why."""

    confidence: int
    reasons: tuple[str, ...]
    is_exact: bool = False


def folded(name: str) -> str:
    """A name for comparison: no case, accents, punctuation; umlauts in one spelling."""
    plain = normalise.search_text(name[:200].translate(_BETWEEN_WORDS))
    words = ["".join(letter for letter in word if letter.isalnum()) for word in plain.split()[:LONGEST]]
    return " ".join(_one_spelling(word) for word in words if word)


def _one_spelling(word: str) -> str:
    if len(word) > LEAST_LETTERS:  # Doe is not Dö
        for long, short in _UMLAUTS:
            word = word.replace(long, short)
    return word


def loose_mailbox(mailbox: str) -> str:
    """The mailbox without the signs that people mix up: jane.doe@ and janedoe@ and jane_doe@."""
    local, _, domain = mailbox.partition("@")
    bare = "".join(letter for letter in local if letter.isalnum())
    return f"{bare}@{domain}" if len(bare) > 2 else mailbox


def keys_of(person: Person) -> list[int]:
    """The keys under which somebody is found, as signed 64-bit numbers; few, and the same for the same words."""
    name = person.name
    words = sorted(set(name.split()))
    texts = {f"p:{phone}" for phone in person.phones} | {f"m:{loose_mailbox(mailbox)}" for mailbox in person.mailboxes}
    if len(words) > 1:
        texts.add(f"n:{' '.join(words)}")
    for organisation in person.organisations:
        texts |= {f"o:{organisation}:{word}" for word in words[:4] if len(word) > 1}
        if len(words) > 1:  # both words misspelt a little
            texts.add(f"s:{organisation}:{' '.join(sorted(_skeleton(word) for word in words))}")
    return sorted(_digest(text) for text in texts)


def _skeleton(word: str) -> str:
    """The first letter and the consonants after it, doubled ones once: the same of Meier and Maier."""
    kept = word[0]
    for letter in word[1:]:
        if letter not in "aeiouy" and letter != kept[-1]:
            kept += letter
    return kept


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def likeness(one: Person, other: Person) -> Likeness:
    """How sure we are that these are one person, in percent, with the reasons in words.

    A shared number or mailbox and the same name are as good as certain; the same name alone is only a hint, because
    people are called alike. Two different addresses at one company speak against it.
    """
    alike, about_name = _names(one, other)
    phone = bool({*one.phones} & {*other.phones})
    mail = bool({loose_mailbox(m) for m in one.mailboxes} & {loose_mailbox(m) for m in other.mailboxes})
    shared = one.organisations & other.organisations
    apart = bool(one.organisations and other.organisations and not shared)
    reasons = ["same phone number"] * phone + ["same mailbox but for dots or dashes"] * mail
    if phone or mail:
        confidence = {1.0: 97, None: 82}.get(alike) or (92 if alike >= 0.85 else 78 if alike >= 0.7 else 55)  # type: ignore[operator]
        if mail and phone:
            confidence = max(confidence, 95)
        return Likeness(confidence, (*reasons, about_name), is_exact=alike == 1.0)
    if alike is None or alike < 0.7:
        return Likeness(0, (about_name,))
    if shared:
        confidence = 88 if alike == 1.0 else 78 if alike >= 0.85 else 62
        reasons = ["same company" if normalise.company_key(one.company) in shared else "addresses at the same domain"]
        if _colleagues(one, other, shared):
            confidence -= 18 if alike in (1.0, SHORTENED) else 30
            reasons.append("but two addresses there")
        return Likeness(confidence, (about_name, *reasons))
    if alike < 1.0 or len(one.name.split()) < 2:
        return Likeness(30, (about_name,))
    return Likeness(45 if apart else 65, (about_name, "at different companies" if apart else "no company to compare"))


def _names(one: Person, other: Person) -> tuple[float | None, str]:
    """How alike the names are, from 0 to 1 (None: one has none), and in words."""
    from rapidfuzz import distance

    mine, theirs = one.name, other.name
    if not mine or not theirs:
        return None, "one has no name"
    if sorted(mine.split()) == sorted(theirs.split()):
        return 1.0, "same name" if mine == theirs else "same name in another order"
    a, b = sorted(mine.split()), sorted(theirs.split())
    common = set(a) & set(b)
    rest_a, rest_b = [w for w in a if w not in common], [w for w in b if w not in common]
    if common and any(len(word) > 1 for word in common) and _short_forms(rest_a, rest_b):
        return SHORTENED, "same name, one of them shortened"
    apart = distance.OSA.distance(" ".join(a), " ".join(b))
    apart = min(apart, distance.OSA.distance(mine, theirs))
    longest = max(len(mine), len(theirs))
    alike = 1 - apart / longest
    if apart == 1 and longest > 4:
        return max(alike, 0.87), "name differs by one letter"
    if alike >= 0.7:
        return min(alike, 0.95), f"name differs by {apart} letters"
    return alike, "different names"


def _short_forms(mine: list[str], theirs: list[str]) -> bool:
    """Whether what differs is only left out, or the beginning of the other: J., Jon and Jonathan."""
    if not mine or not theirs:
        return True  # a middle name
    return len(mine) == len(theirs) and all(
        a.startswith(b) or b.startswith(a) for a, b in zip(mine, theirs, strict=True)
    )


def _colleagues(one: Person, other: Person, shared: Iterable[str]) -> bool:
    """Whether both have an address at the same domain: then they are more likely two people."""
    domains = {part for part in shared if "." in part}
    return all(any(mailbox.split("@")[1] in domains for mailbox in person.mailboxes) for person in (one, other))
