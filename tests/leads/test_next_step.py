from dataclasses import replace
from datetime import date

from leads.next_step import Gap, Planned, Situation, Unknown, next_step

TODAY = date(2026, 6, 15)
BUDGET = Gap("budget", "Budget", "What have you set aside?")
NEED = Gap("need", "Need", "What happens if you change nothing?")
LEAD = Situation("lead", TODAY, owner="Rita", total=62, threshold=60)


def told(situation: Situation) -> tuple[str, str, str]:
    step = next_step(situation)
    return step.title, step.why, step.action


def test_the_only_gap_is_asked_for_and_the_day_is_named_on_which_it_is_too_late() -> None:
    assert told(replace(LEAD, gaps=[BUDGET], fades_on=date(2026, 12, 3))) == (
        "Ask about budget.",
        "The only thing missing. Score falls below 60 on 3 Dec.",
        "evidence",
    )
    assert next_step(replace(LEAD, gaps=[BUDGET])).key == "budget"


def test_other_gaps_are_named() -> None:
    situation = replace(LEAD, total=55, gaps=[BUDGET, NEED], must_talk=True, owner="")
    assert told(situation)[1] == "Also missing: 5 points, need and a conversation. Nobody owns this lead."


def test_an_unknown_answer_is_asked_for_before_a_no() -> None:
    refused = replace(BUDGET, state="fails")
    assert next_step(replace(LEAD, gaps=[refused, NEED])).key == "need"
    assert (
        told(replace(LEAD, gaps=[refused]))[1] == "The last answer on budget was a no. If it stands, disqualify them."
    )


def test_who_has_everything_is_promoted() -> None:
    assert told(replace(LEAD, is_qualified=True)) == (
        "Promote to prospect.",
        "Everything is there: 62 of 60.",
        "promote",
    )


def test_somebody_far_below_the_line_is_left_alone() -> None:
    step = next_step(replace(LEAD, total=44, gaps=[BUDGET]))
    assert (step.title, step.is_quiet) == ("Leave it to nurture.", True)
    assert step.why.startswith("16 points below the line of 60")
    assert next_step(replace(LEAD, total=45, gaps=[BUDGET])).action == "evidence"


def test_somebody_who_told_everything_is_not_left_to_nurture() -> None:
    told_all = replace(LEAD, total=17, has_told_all=True)
    assert told(told_all) == (
        "They told everything: decide yourself.",
        "Only the score is short, 43 points below the line of 60. Whoever promotes says why.",
        "promote",
    )
    assert told(replace(told_all, must_talk=True))[0] == "Leave it to nurture."


def test_nobody_is_asked_whom_the_definition_leaves_out() -> None:
    step = next_step(replace(LEAD, gaps=[BUDGET], excluded="Competitors"))
    assert (step.title, step.action, step.is_quiet) == ("Nothing to ask.", "", True)
    assert step.why == "The definition leaves them out (“Competitors”), whatever they do or tell."


def test_a_conversation_that_is_missing_is_held() -> None:
    assert told(replace(LEAD, must_talk=True))[2] == "call"
    assert (
        told(replace(LEAD, total=59, must_talk=True))[1]
        == "1 point below the line, and they have not talked to us lately."
    )


def test_what_was_promised_and_is_due_comes_first() -> None:
    planned = Planned("Send the offer", date(2026, 6, 13), "Rita")
    assert told(replace(LEAD, planned=planned, is_qualified=True)) == (
        "Send the offer.",
        "Due 2 days ago, Rita.",
        "done",
    )
    assert told(replace(LEAD, planned=replace(planned, due=TODAY)))[1] == "Due today, Rita."
    later = replace(planned, due=date(2027, 1, 2))
    assert told(replace(LEAD, planned=later)) == ("Send the offer.", "Planned for 2 Jan 2027, Rita.", "done")
    assert next_step(replace(LEAD, planned=later)).is_quiet


def test_a_prospect_is_not_left_silent() -> None:
    prospect = replace(LEAD, lifecycle="prospect", last_two_way=date(2026, 5, 1))
    assert told(prospect) == ("Get in touch.", "Nothing heard for 45 days, and nothing is planned.", "call")
    assert told(replace(prospect, last_two_way=None))[1] == "They have never talked to us, and nothing is planned."
    assert told(replace(prospect, last_two_way=date(2026, 6, 10)))[2] == "follow_up"
    assert told(replace(prospect, last_two_way=date(2026, 6, 10), gaps=[BUDGET]))[1] == "“What have you set aside?”"


def test_nothing_is_asked_of_the_disqualified_the_unscored_and_customers() -> None:
    for situation in (
        replace(LEAD, lifecycle="disqualified"),
        replace(LEAD, total=None),
        replace(LEAD, lifecycle="customer"),
        replace(LEAD, total=55),
    ):
        step = next_step(situation)
        assert (step.action, step.is_quiet) == ("", True)


def test_what_nobody_knows_is_asked_where_it_would_do() -> None:
    size = Unknown("company.employees", "How many people work there?", 15)
    role = Unknown("contact.job_title", "What is their job?", 5)
    step = next_step(replace(LEAD, total=50, unknown=[size]))
    assert (step.title, step.action, step.key) == ("How many people work there?", "edit", "company.employees")
    assert step.why == "10 points below the line; a good answer brings 15."
    both = replace(LEAD, total=45, unknown=[size, role], must_talk=True)
    assert told(both)[1] == (
        "15 points below the line; a good answer brings 15, and 1 other answer the rest. "
        "They have not talked to us lately, either."
    )
    assert told(replace(both, gaps=[BUDGET]))[2] == "evidence"  # what is required comes first


def test_where_asking_would_not_do_it_says_how_much_must_come_from_them() -> None:
    far = next_step(replace(LEAD, total=30, needs=1))
    assert far.why.startswith("30 points below the line of 60, and nothing you can ask would do: 1 point must come")
    near = next_step(replace(LEAD, total=55, needs=5))
    assert near.why == (
        "Only 5 points below the line of 60, but nothing you can ask would do: 5 points must come from what they do."
    )
