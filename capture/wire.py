"""How a Segment client packs a request and says its write key. Values in, values out."""

import base64
import binascii
import zlib

from core.errors import Refused

MAX_BATCH = 500 * 1024  # bytes of JSON


class TooLarge(Refused):
    """The request is larger than the protocol allows."""


def unpacked(body: bytes, encoding: str) -> bytes:
    """The JSON as it was before its transport; never more than MAX_BATCH bytes are unpacked."""
    if encoding.strip().lower() in {"gzip", "x-gzip"}:
        try:
            reader = zlib.decompressobj(16 + zlib.MAX_WBITS)
            content = reader.decompress(body, MAX_BATCH + 1)
            if len(content) <= MAX_BATCH and not reader.eof:
                raise Refused(body="The gzip data end too soon.")
        except zlib.error:
            raise Refused(body="This is not gzip data.") from None
    elif encoding.strip().lower() in {"", "identity"}:
        content = body
    else:
        raise Refused(body="Send plain JSON, or JSON packed with gzip.")
    if len(content) > MAX_BATCH:
        raise TooLarge(body="At most 500 kB in one request.")
    return content


def key_of(authorization: str) -> str:
    """The write key of a header of basic authentication: the name, without a password."""
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(given.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, ValueError):
        return ""
