"""What may be kept beside an opportunity: which files, how large. Values only."""

import re

from core.errors import Refused
from leads import normalise

LARGEST = 10 * 1024 * 1024
MOST = 50
LONGEST_NAME = 150
KINDS = frozenset(
    (
        *("pdf", "doc", "docx", "odt", "rtf", "txt", "md", "csv", "xls", "xlsx", "ods", "ppt", "pptx", "odp"),
        *("png", "jpg", "jpeg", "webp", "gif", "eml", "msg", "ics", "vcf", "zip"),
    )
)
_FORBIDDEN = re.compile(r'[\\/:*?"<>|]')


def name_of(given: str) -> str:
    """The name under which a file is kept: without a path, with an ending that we take."""
    name = _FORBIDDEN.sub("_", normalise.line(re.split(r"[\\/]", given or "")[-1])).strip(". ")
    stem, _, ending = name.rpartition(".")
    if not stem or ending.lower() not in KINDS:
        raise Refused(file=f"Files of this kind are not kept. Taken are {', '.join(sorted(KINDS))}.")
    return name if len(name) <= LONGEST_NAME else f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"


def check_size(size: int) -> None:
    """Refused when there is nothing in it, or too much."""
    if size == 0:
        raise Refused(file="This file is empty.")
    if size > LARGEST:
        raise Refused(file=f"A file has at most {LARGEST // 1024**2} MB; this has {size / 1024**2:,.1f}.")
