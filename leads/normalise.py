"""One function per kind of thing that is compared: addresses, phone numbers, names, paths."""

import re
import unicodedata
from functools import lru_cache

import phonenumbers

# Providers that ignore dots in the part before the @.
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})
# Where private people have their mail: the domain says nothing about a company.
FREE_MAIL = frozenset(
    """
    gmail.com googlemail.com outlook.com outlook.de outlook.fr outlook.es outlook.it hotmail.com hotmail.de hotmail.fr
    hotmail.es hotmail.it hotmail.co.uk live.com live.de live.fr live.nl live.co.uk msn.com passport.com yahoo.com
    yahoo.co.uk yahoo.de yahoo.fr yahoo.es yahoo.it yahoo.ca yahoo.in yahoo.co.in yahoo.co.jp yahoo.com.au yahoo.com.br
    yahoo.com.mx ymail.com rocketmail.com icloud.com me.com mac.com aol.com aol.de aim.com gmx.de gmx.net gmx.at gmx.ch
    gmx.com mail.com email.de web.de freenet.de t-online.de arcor.de posteo.de posteo.net mailbox.org tutanota.com
    tuta.io tutamail.com proton.me protonmail.com protonmail.ch pm.me hushmail.com zoho.com zohomail.eu fastmail.com
    fastmail.fm duck.com mail.ru bk.ru inbox.ru list.ru rambler.ru yandex.ru yandex.com ya.ru ukr.net qq.com
    foxmail.com 163.com 126.com sina.com naver.com daum.net hanmail.net rediffmail.com orange.fr wanadoo.fr free.fr
    sfr.fr laposte.net libero.it virgilio.it tiscali.it alice.it bluewin.ch hispeed.ch chello.at aon.at planet.nl
    ziggo.nl home.nl kpnmail.nl telenet.be skynet.be wp.pl o2.pl onet.pl interia.pl seznam.cz centrum.cz
    btinternet.com virginmedia.com talktalk.net ntlworld.com comcast.net verizon.net att.net sbcglobal.net
    bellsouth.net cox.net charter.net earthlink.net rogers.com shaw.ca sympatico.ca bigpond.com optusnet.com.au
    terra.com.br uol.com.br bol.com.br
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
_ADDRESS = re.compile(r"^[^@\s\"<>(),;:\\\[\]]{1,64}@[^@\s\"<>(),;:\\\[\]/]{1,189}\.[^@\s\"<>(),;:\\\[\]/.]{2,63}$")


def text(value: str) -> str:
    """Text fit for the database: composed Unicode, no NUL or other control characters, no surrounding space."""
    composed = value if value.isascii() else unicodedata.normalize("NFC", value)
    if composed.isprintable():  # nearly always: no need to look at each letter
        return composed.strip()
    return "".join(c for c in composed if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"}).strip()


def line(value: str) -> str:
    """One line of text: as `text`, with runs of space folded into one."""
    if value.isascii() and value.isprintable():  # nearly always
        cleaned = value.strip()
        return cleaned if "  " not in cleaned else re.sub(" +", " ", cleaned)
    cleaned = text(value)
    if cleaned.isprintable() and "  " not in cleaned:
        return cleaned
    return re.sub(r"\s+", " ", cleaned)


def address(value: str) -> str:
    """The address we write to: as given, its domain in lower case; empty when it is not an address."""
    cleaned = line(value).removeprefix("mailto:")
    if not _ADDRESS.match(cleaned) or ".." in cleaned:
        return ""
    local, domain = cleaned.rsplit("@", 1)
    return f"{local}@{domain.lower()}"


@lru_cache(maxsize=4096)
def mailbox(value: str) -> str:
    """The key by which addresses are compared: lower case, no +tag, no dots where the provider ignores them."""
    cleaned = address(value).lower()
    if not cleaned:
        return ""
    local, domain = cleaned.rsplit("@", 1)
    local = local.split("+", 1)[0] or local
    if domain in _DOTLESS:
        local, domain = local.replace(".", ""), "gmail.com"
    try:
        if not domain.isascii() or max(map(len, domain.split("."))) > 63:
            domain = domain.encode("idna").decode()
    except UnicodeError:
        return ""
    return f"{local}@{domain}"


def company_domain(value: str) -> str:
    """The domain of an address, a URL or a bare domain when it can stand for a company, else empty."""
    cleaned = line(value).lower()
    cleaned = cleaned.rsplit("@", 1)[-1]
    cleaned = re.sub(r"^[a-z]+://", "", cleaned).split("/")[0].split(":")[0].removeprefix("www.").rstrip(".")
    if not re.fullmatch(r"(?:[\w-]{1,63}\.)+[\w-]{2,63}", cleaned) or cleaned in FREE_MAIL:
        return ""
    return cleaned


# What says in which legal form a company is, and nothing about which company it is.
_LEGAL_FORMS = frozenset(
    """
    ab ag as asa aps bv cc co company corp corporation cv dba eg ek eu ev gbr gesellschaft gmbh group holding holdings
    inc incorporated kft kg kgaa limited llc llp ltd mbh nv ohg oy oyj plc pte pty pvt sa sarl sas se sl spa srl sro the
    ug und and zoo
    """.split()  # noqa: SIM905 - a list of words reads best as words
)


@lru_cache(maxsize=4096)
def company_key(name: str) -> str:
    """The name by which companies are compared: folded, without punctuation and legal form. ACME, Inc. is acme."""
    folded = re.sub(r"[^\w\s&]", "", search_text(name[:200]).replace("-", " ").replace("/", " "))
    words = [word for word in folded.replace("&", " ").split() if word]
    return " ".join(word for word in words if word not in _LEGAL_FORMS) or " ".join(words)


home_country = ""  # PHONE_COUNTRY of the settings; leads.apps puts it here


def phone(value: str, region: str = "") -> str:
    """The number in E.164 (+4930123456); empty when it is none.

    A number without country code is one of `region`, or else of the country that the installation has set.
    """
    return _phone(value, (region or home_country).upper())


@lru_cache(maxsize=4096)
def _phone(value: str, region: str) -> str:
    try:
        parsed = phonenumbers.parse(value, region or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(parsed):
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


# Letters that carry their accent inside and so don't come apart.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})


def search_text(*parts: str) -> str:
    """Folded case without accents, for the trigram index."""
    joined = unicodedata.normalize("NFKD", " ".join(part for part in parts if part).casefold()).translate(_PLAIN)
    if joined.isascii():
        return line(joined)
    return line("".join(c for c in joined if not unicodedata.combining(c)))


def path(value: str) -> str:
    """The path of a page: no scheme, host, query, fragment or trailing slash; lower case."""
    cleaned = re.sub(r"^[a-z]+://[^/?#]*", "", line(value).lower())
    cleaned = re.split(r"[?#]", cleaned, maxsplit=1)[0]
    return ("/" + cleaned.strip("/"))[:200]
