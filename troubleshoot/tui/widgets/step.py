"""The next step in words: a question, a fix, the end, and the buttons that go with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from troubleshoot import values
from troubleshoot.render.wording import Part, labelled, parts
from troubleshoot.session import NO, YES
from troubleshoot.steps import steps_of
from troubleshoot.walk_words import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from troubleshoot.fixes import Plan
    from troubleshoot.guide import Guide
    from troubleshoot.session import Step

    Button = tuple[str, str, str]
    """Key, words, and the screen's action."""


def step_parts(guide: Guide, step: Step) -> Iterator[Part]:
    """What the next step says."""
    lang = guide.lang
    if step.kind == "solved":
        yield from _solved(guide)
    elif step.kind == "question" and step.question is not None:
        yield Part("heading", say("step_question", lang))
        yield Part("text", step.question.text)
    elif step.kind == "fix":
        yield from _fix(guide, guide.plan(step.fix))
    else:
        yield from _nothing_left(guide)
    if step.kind in ("fix", "question"):
        yield Part("dim", say("expected", lang, time=values.duration(step.expected)))
    yield from _so_far(guide)


def buttons(guide: Guide, step: Step) -> list[Button]:
    """The buttons of a step."""
    lang = guide.lang
    found: list[Button] = []
    if step.kind == "question":
        found = [("y", say("yes", lang), "answer('yes')"), ("n", say("no", lang), "answer('no')"),
                 ("u", say("unsure", lang), "answer('unsure')"),
                 ("w", say("button_why", lang), "why")]  # fmt: skip
    elif step.kind == "fix":
        plan = guide.plan(step.fix)
        if plan.commands:
            found.append(("r", say("button_run", lang), "run_fix"))
        elif len(steps_of(plan.steps)) > 1:
            found.append(("r", say("button_checklist", lang), "run_fix"))
        found += [("h", say("button_helped", lang), "judge(True)"),
                  ("x", say("button_failed", lang), "judge(False)"),
                  ("s", say("button_skip", lang), "skip")]  # fmt: skip
    elif step.kind == "report" and guide.result.answer["outcome"] != "no_failure":
        found = [("g", say("write_report", lang), "report")]
    if guide.can_undo() and step.kind == "solved":
        found.append(("z", say("button_undo", lang), "undo"))
    return found


def _fix(guide: Guide, plan: Plan) -> Iterator[Part]:
    lang = guide.lang
    shown = {
        (each["rule"], each["cause_id"], each["id"]): each for each in guide.result.answer["fixes"]
    }
    told = shown.get((*plan.ranked.diagnosis.key, plan.ranked.fix["id"]), {})
    heading = say("step_fix" if plan.commands else "step_manual", lang)
    yield Part("heading", labelled(heading, guide.title(plan.ranked), lang))
    for command in plan.commands:
        for line in command.split("\n"):
            yield Part("command", line)
    if plan.steps:
        yield Part("text", plan.steps)
    if told.get("why"):
        yield Part("text", told["why"])
    takes = say("takes", lang, time=values.duration(plan.ranked.seconds))
    chance = say("step_of", lang, percent=round(plan.ranked.probability * 100))
    tone = "error" if plan.safety == "destructive" else ""
    yield Part("dim", f"{say(plan.safety, lang)} · {takes} · {chance}", tone=tone)
    past = guide.remembered(plan)
    if past:
        yield Part("text", past)
    if plan.check:
        yield Part("dim", labelled(say("verify", lang), plan.check, lang))
    if plan.undo:
        yield Part("dim", labelled(say("undo", lang), plan.undo, lang))


def _solved(guide: Guide) -> Iterator[Part]:
    lang = guide.lang
    worked = [trial for trial in guide.trials if trial.outcome == "worked" and not trial.undone]
    if not worked:
        return
    last = worked[-1]
    for each in guide.result.answer["diagnoses"]:
        if (each["rule"], each["cause_id"]) == (last.rule, last.cause):
            yield Part("heading", say("what_it_was", lang))
            yield Part("text", each["cause"])
    yield Part("heading", say("what_fixed_it", lang))
    yield Part("text", guide.trial_title(last))
    for command in last.commands:
        yield Part("command", command)
    yield Part("heading", say("keep_away", lang))
    if last.before.get("python"):
        key = "keep_environment"
    else:
        key = "keep_process" if last.commands else "keep_manual"
    yield Part("text", say(key, lang))
    yield Part("heading", say("run_again", lang))
    if last.number and last.before.get("python"):
        yield Part("dim", say("undo_later", lang, number=last.number))


def _nothing_left(guide: Guide) -> Iterator[Part]:
    lang = guide.lang
    if guide.result.answer["outcome"] == "no_failure":
        yield Part("text", say("no_failure_here", lang))
        return
    if not guide.result.answer["diagnoses"]:
        yield from [part for part in parts(guide.result, lang) if part.kind != "verdict"]
    if guide.trials or guide.session.answers or guide.session.tried:
        yield Part("heading", say("no_more", lang))
    else:
        yield Part("heading", say("write_report", lang))
    yield Part("text", say("report_step", lang))
    if guide.session.answers:
        yield Part("text", say("take_back_step", lang))


def _so_far(guide: Guide) -> Iterator[Part]:
    """Answers given and fixes tried, so that nothing has to be remembered."""
    lang = guide.lang
    asked = guide.questions_answered()
    if asked:
        yield Part("heading", say("answered", lang))
        for text, said in asked:
            word = {YES: "yes", NO: "no"}.get(said, "unsure")
            yield Part("item", labelled(text, say(word, lang), lang))
    tried = [trial for trial in guide.trials if trial.outcome != "worked" or trial.undone]
    if tried:
        yield Part("heading", say("tried", lang))
        for trial in tried:
            outcome = "undone" if trial.undone else trial.outcome.replace(" ", "_")
            yield Part("item", labelled(guide.trial_title(trial), say(outcome, lang), lang))
