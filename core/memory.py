"""How long-lived processes treat Python's garbage collector."""

import gc


def settle() -> None:
    """What is loaded now stays for good: it is never walked through again, and forked processes go on sharing it.

    A page or a batch makes thousands of short-lived values, which are gone without the collector. It comes seldom,
    after 50,000 more values than were freed, and finds the loops among them: a fifth of an import was spent in it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)
