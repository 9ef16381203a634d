"""Who told us of a fact, in words: facts keep it as "form:demo" or "api:4". Values in, values out."""

from collections.abc import Mapping

# whoever tells of it -> how that is said with its name, and where the name is not known (any more)
_NAMED = {
    "form": ("form “{}”", "form “{}”"),
    "tracker": ("{}", "a site"),
    "segment": ("{}", "a program"),
    "api": ("API ({})", "API"),
}
_PLAIN = {
    "manual": "", "activity": "", "api": "API", "form": "a form", "import": "an imported list",
    "rejection": "a rejected hand-off",
}  # fmt: skip


def has_name(source: str) -> bool:
    """Whether the source is something that people have given a name."""
    return source.partition(":")[0] in _NAMED and ":" in source


def in_words(source: str, names: Mapping[str, str]) -> str:
    """The source with the name of the form, site or person behind it; confirmations stay. Empty for a colleague."""
    known, comma, rest = source.partition(",")
    kind, colon, key = known.partition(":")
    if colon and key.split() != [key]:  # somebody's own words
        return source
    if colon and kind in _NAMED:
        with_name, without = _NAMED[kind]
        said = with_name.format(names[known]) if known in names else without.format(key)
    else:
        said = _PLAIN.get(kind if kind == "import" else known, known)
    return said + comma + rest
