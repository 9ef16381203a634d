"""A script as it is sent: without comments, spaces and long names. Values in, values out.

It knows the tracker's way of writing, not all of JavaScript: texts stand between single quotes on one line, comments on
lines of their own or after a semicolon, and no local name is a word of a pattern.
"""

import re
from collections import Counter
from itertools import chain, product

_TEXT = re.compile(r"('(?:[^'\\\n]|\\.)*')")
_NAME = re.compile(r"(?<![.\w])[A-Za-z_]\w*")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def packed(source: str) -> str:
    """The same script, shorter."""
    bare = re.sub(r"^/\*.*?\*/\s*", "", source, flags=re.DOTALL)
    lines = re.sub(r"^\s*//.*\n|(?<=;)[ ]+// .*$|^[ ]+|\n(?=\n)", "", bare, flags=re.MULTILINE)
    parts = [part if part.startswith("'") else _tight(part) for part in _TEXT.split(lines)]
    short = _short_names([part for part in parts if not part.startswith("'")])
    return "".join(
        part if part.startswith("'") else _NAME.sub(lambda name: short.get(name[0], name[0]), part) for part in parts
    )


def _tight(code: str) -> str:
    code = re.sub(r"(?<=[;{,])\n| (?=[=+*?:<>|&!{}-])|(?<=[=+*?:<>|&,{-]) ", "", code)
    return re.sub(r"\b(if|for|catch|switch) \(", r"\1(", code)


def _short_names(parts: list[str]) -> dict[str, str]:
    """A letter or two for each local name that is nowhere a property, the most frequent first."""
    code = "'".join(parts)
    listed = " ".join(re.findall(r"function\s*\w*\(([^)]*)\)", code))
    own = {*re.findall(r"\b(?:var|function)\s+(\w+)", code), *re.findall(r"\w+", listed), *re.findall(r"(\w+)=>", code)}
    words = Counter(re.findall(r"\w+", code))
    local = [name for name in own if len(name) > 2 and not re.search(rf"\.{name}\b|\b{name}:", code)]
    free = (name for name in map("".join, chain(_LETTERS, product(_LETTERS, repeat=2))) if name not in words)
    return {name: next(free) for name in sorted(local, key=lambda name: (-words[name], name))}
