"""How questions and boxes usually go; every word of it can be changed in the builder."""

from capture.questions import Option
from leads.vocabulary import Purpose, Verdict

MEETS, WEAK, FAILS = Verdict.MEETS.value, Verdict.WEAK.value, Verdict.FAILS.value

# by the key of the criterion; "" for those that a team has made
ANSWERS: dict[str, tuple[Option, ...]] = {
    "budget": (
        Option("Yes, it is set aside", MEETS),
        Option("We are working on it", WEAK),
        Option("There is none", FAILS),
        Option("I don't know"),
    ),
    "authority": (
        Option("I decide", MEETS),
        Option("I advise those who decide", WEAK),
        Option("Somebody else decides", FAILS),
    ),
    "need": (
        Option("It costs us money every week", MEETS),
        Option("It could be better", WEAK),
        Option("We are only looking around", FAILS),
    ),
    "timeline": (
        Option("Within three months", MEETS),
        Option("Within a year", WEAK),
        Option("There is no date", FAILS),
    ),
    "": (Option("Yes", MEETS), Option("In part", WEAK), Option("No", FAILS), Option("I don't know")),
}
CONSENTS = {
    Purpose.MARKETING.value: "Yes, you may write to me about your product now and then. I can stop this at any time.",
    Purpose.CALLS.value: "Yes, you may call me about my enquiry.",
    Purpose.PROFILING.value: "Yes, you may look at which of your pages I read, to write only what fits.",
}
