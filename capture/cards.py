"""Address cards (vCard 2.1, 3.0 and 4.0) as rows of a table. Values in, values out.

Written after RFC 2426, RFC 6350 and versit's 2.1: folded lines, groups (`item1.`), quoted-printable with its own soft
breaks, base64, encodings per property, escaped commas and semicolons.
"""

import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from capture.rows import split_name

HEADER = [
    "First Name", "Last Name", "Email", "Other E-mail", "Phone", "Other Phone", "Job Title", "Company",
    "Website", "Country", "Tags", "Notes", "Birthday",
]  # fmt: skip
LONGEST_NOTE = 10_000
_LINE = re.compile(r"^(?:[\w-]+\.)?([A-Za-z][\w-]*)((?:;(?:[^:\";]|\"[^\"]*\")*)*):(.*)$", re.DOTALL)
_KEPT = {"N", "FN", "EMAIL", "TEL", "TITLE", "ROLE", "ORG", "URL", "ADR", "CATEGORIES", "NOTE", "BDAY"}


@dataclass(frozen=True, slots=True)
class Property:
    """One line of a card."""

    name: str
    kinds: frozenset[str]  # work, home, cell, pref, fax, …
    value: str


@dataclass(slots=True)
class Card:
    """One person; `line` is where the card begins in the file."""

    line: int
    properties: list[Property] = field(default_factory=list)

    def first(self, name: str) -> str:
        return next((one.value for one in self.properties if one.name == name and one.value.strip()), "")

    def ranked(self, name: str) -> list[str]:
        """Values of a property, the preferred and those at work first, without fax numbers."""
        found = [one for one in self.properties if one.name == name and one.value.strip() and "fax" not in one.kinds]
        found.sort(key=lambda one: (-("pref" in one.kinds), -("work" in one.kinds), -("cell" in one.kinds)))
        return list(dict.fromkeys(one.value.strip() for one in found))


def cards(text: str) -> Iterator[Card]:
    """The cards of a file, in order; a card in a card (2.1's AGENT) is passed over."""
    card: Card | None = None
    depth = 0
    for number, line in _unfolded(text):
        word = line.strip().upper()
        if word == "BEGIN:VCARD":
            depth += 1
            if depth == 1:
                card = Card(number)
        elif word == "END:VCARD":
            depth = max(depth - 1, 0)
            if depth == 0 and card is not None:
                yield card
                card = None
        elif depth == 1 and card is not None and (read := _property(line)):
            card.properties.append(read)
    if card is not None:  # the last one was cut off
        yield card


def row(card: Card) -> list[str]:
    """The card under HEADER."""
    names = [unescaped(part) for part in split(card.first("N"), ";")] + ["", ""]
    mails = [value.removeprefix("mailto:") for value in map(unescaped, card.ranked("EMAIL"))]
    phones = [value.removeprefix("tel:").split(";")[0] for value in map(unescaped, card.ranked("TEL"))]
    addresses = [split(value, ";") for value in card.ranked("ADR")]
    country = next((unescaped(parts[6]) for parts in addresses if len(parts) > 6 and parts[6].strip()), "")
    tags = [unescaped(tag).strip() for value in card.ranked("CATEGORIES") for tag in split(value, ",")]
    company = unescaped(split(card.first("ORG"), ";")[0])
    first, last = names[1], names[0]
    if not any(names[:2]) and (full_name := unescaped(card.first("FN"))) != company:  # not a company's card
        first, last = split_name(full_name)
    return [
        first.strip(),
        last.strip(),
        mails[0] if mails else "",
        mails[1] if len(mails) > 1 else "",
        phones[0] if phones else "",
        phones[1] if len(phones) > 1 else "",
        unescaped(card.first("TITLE") or card.first("ROLE")),
        company,
        unescaped(next(iter(card.ranked("URL")), "")),
        country,
        ", ".join(filter(None, tags)),
        unescaped(card.first("NOTE"))[:LONGEST_NOTE],
        card.first("BDAY").strip(),
    ]


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """(number, line) of logical lines: a line that begins with space goes on; so does quoted-printable after “=”."""
    start, parts, soft = 0, [], False  # type: int, list[str], bool
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        if soft or (parts and line[:1] in {" ", "\t"}):
            parts.append(line if soft else line[1:])
        else:
            if parts:
                yield start, "".join(parts)
            start, parts = number, [line]
        head = parts[0].split(":", 1)[0].upper()
        soft = line.endswith("=") and "QUOTED-PRINTABLE" in head
        if soft:
            parts[-1] = parts[-1][:-1]
    if parts:
        yield start, "".join(parts)


def _property(line: str) -> Property | None:
    match = _LINE.match(line)
    if match is None or match.group(1).upper() not in _KEPT:
        return None
    name, parameters, value = match.group(1).upper(), match.group(2), match.group(3)
    kinds, encoding, charset = set(), "", "utf-8"
    for parameter in filter(None, parameters.split(";")):
        key, _, given = parameter.partition("=")
        if not given:  # 2.1 writes the value alone
            key, given = "TYPE", key
        key, given = key.strip().upper(), given.strip().strip('"')
        if key == "ENCODING" or given.upper() in {"QUOTED-PRINTABLE", "BASE64"}:
            encoding = given.upper()
        elif key == "CHARSET":
            charset = given
        elif key == "TYPE":
            kinds |= {kind.strip().lower() for kind in given.split(",")}
        elif key == "PREF":
            kinds.add("pref")
    if encoding == "QUOTED-PRINTABLE":
        try:
            value = quopri.decodestring(value.encode("latin-1", "replace")).decode(charset, "replace")
        except LookupError:  # an encoding that nobody knows
            value = quopri.decodestring(value.encode("latin-1", "replace")).decode("utf-8", "replace")
    elif encoding in {"B", "BASE64"}:
        return None  # pictures and keys
    return Property(name, frozenset(kinds), value)


def split(value: str, sign: str) -> list[str]:
    """The parts of a compound value, between signs that are not escaped."""
    return re.split(rf"(?<!\\){re.escape(sign)}", value)


def unescaped(value: str) -> str:
    """The text of a value."""
    return re.sub(r"\\([\\,;:nN])", lambda sign: "\n" if sign.group(1) in "nN" else sign.group(1), value)
