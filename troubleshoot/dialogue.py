"""The walkthrough line by line: for screen readers, dumb terminals and notebooks."""

from __future__ import annotations

import time

from troubleshoot import asking, diagnose, inputs, intake, values
from troubleshoot.guide import DESTROY, Guide
from troubleshoot.records import replace
from troubleshoot.render import plain
from troubleshoot.runner import Runner
from troubleshoot.session import NO, UNSURE, YES
from troubleshoot.words import pick, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.diagnose import Diagnosed, Options
    from troubleshoot.fixes import Plan
    from troubleshoot.session import Step

MOST_STEPS = 60


def walk(options: Options, source: str, data: bytes | None) -> int:
    """Ask, offer, run and verify until it runs or there is nothing left to try.

    Returns:
        0 when the failure was solved or nothing was wrong, else 1.
    """
    lang = options.lang
    result = _diagnosed(options, source, data)
    if result is None:
        return 2
    print(plain.render(result, lang))
    guide = Guide(result, lang)
    for _ in range(MOST_STEPS):
        step = guide.step()
        if step.kind == "solved":
            print(f"{say('solved', lang)}.")
            return 0
        if step.kind == "report":
            print(say("no_more", lang))
            if guide.result.answer["outcome"] == "no_failure":
                return 0
            _offer_report(guide, lang)
            return 1
        if not (_ask(guide, step, lang) if step.kind == "question" else _try(guide, step, lang)):
            return 1
    return 1


def _diagnosed(options: Options, source: str, data: bytes | None) -> Diagnosed | None:
    started = time.perf_counter()
    if data is not None:
        return diagnose.diagnose(intake.from_bytes(data), options, started=started)
    if source:
        return inputs.diagnosed(source, options, started=started)
    from troubleshoot import packdata
    from troubleshoot.document import Document

    symptoms = []
    print(say("no_message", options.lang))
    for group in packdata.load("symptoms")["groups"]:
        print(pick(group["title"], options.lang))
        for symptom in group["symptoms"]:
            symptoms.append(symptom)
            print(f"  {len(symptoms):>2}  {pick(symptom['title'], options.lang)}")
    chosen = asking.line(f"{say('open_file', options.lang)} / 1–{len(symptoms)}: ")
    if not chosen.isdigit():
        return inputs.diagnosed(chosen, options, started=started) if chosen else None
    if not 1 <= int(chosen) <= len(symptoms):
        return None
    symptom = symptoms[int(chosen) - 1]
    words = pick(symptom["title"], options.lang)
    empty = Document(lines=(), numbers=(), ranks=(), cells=(), source="")
    here = replace(options, here=True if options.here is None else options.here)
    return diagnose.diagnose(empty, here, told=[(rule, words) for rule in symptom["rules"]])


def _ask(guide: Guide, step: Step, lang: str) -> bool:
    """Ask the question; False when the person leaves."""
    question = step.question
    assert question is not None
    choices = f"y {say('yes', lang)}, n {say('no', lang)}, u {say('unsure', lang)}, w, b, q"
    while True:
        said = asking.line(f"\n{say('ask_person', lang)}: {question.text}\n  [{choices}] ", "q")
        if said == "w":
            print(f"  {say('why_answer', lang, cause=question.why)}")
        elif said == "b":
            guide.session.take_back()
            return True
        elif said == "q":
            return False
        elif said in ("y", "n", "u"):
            answer = {"y": YES, "n": NO, "u": UNSURE}[said]
            guide.session.answer(question.key, answer)
            return True


def _try(guide: Guide, step: Step, lang: str) -> bool:
    """Offer a fix; False when the person leaves."""
    plan = guide.plan(step.fix)
    print()
    title = pick(plan.ranked.fix["title"], lang)
    for shown in guide.result.answer["fixes"]:
        key = (shown["rule"], shown["cause_id"], shown["id"])
        if key == (*plan.ranked.diagnosis.key, plan.ranked.fix["id"]):
            title = shown["title"]
    print(f"{say('fix_first', lang)}: {title}")
    for command in plan.commands:
        print(f"    {command}")
    if plan.steps:
        print("\n".join(plain.wrap(plan.steps, "  ", "  ")))
    takes = say("takes", lang, time=values.duration(plan.ranked.seconds))
    print(f"  {say(plan.safety, lang)} · {takes}")
    past = guide.experience(plan)
    if past is not None:
        print(f"  {say('experience', lang, worked=past[0], tried=sum(past))}")
    choices = ", ".join(
        ([f"r {say('run', lang)}"] if plan.commands else [])
        + [f"h {say('done_helped', lang)}", f"x {say('done_failed', lang)}",
           f"s {say('skip', lang)}", f"b {say('take_back', lang)}", "q"]
    )  # fmt: skip
    said = asking.line(f"  [{choices}] ", "q")
    if said == "q":
        return False
    if said == "b":
        guide.session.take_back()
    elif said == "h":
        guide.judge(plan, True)
    elif said == "x":
        guide.judge(plan, False)
    elif said == "s":
        guide.skip(plan)
    elif said == "r" and plan.commands:
        _run(guide, plan, lang)
    return True


def _run(guide: Guide, plan: Plan, lang: str) -> None:
    if not plan.is_runnable:
        edited = tuple(asking.line(f"  {say('edit', lang)}: ", each) for each in plan.commands)
        plan = replace(plan, commands=edited)
        if not plan.is_runnable:
            print(f"  {say('placeholder_left', lang, what='<…>')}")
            return
    for command in plan.commands:
        print(f"    {command}")
    if plan.safety == "destructive":
        agreed = asking.typed(f"  {say('type_word', lang)}", DESTROY)
    else:
        agreed = asking.yes(f"  {say('confirm_title', lang)}")
    if not agreed:
        return
    verification = guide.run(plan, Runner(lambda text: print(f"  {text}")))
    outcome = {True: "worked", False: "did_not_help", None: "unverified"}[verification.solved]
    print(f"  {say(outcome, lang)}: {verification.because}")
    if verification.solved is None:
        said = asking.line(f"  {say('did_it_help', lang)} [y/n/u] ", "u")
        if said in ("y", "n"):
            guide.judge(plan, said == "y")
        else:
            guide.skip(plan)


def _offer_report(guide: Guide, lang: str) -> None:
    if asking.yes(say("write_report", lang)):
        from troubleshoot import reporting

        print(say("report_written", lang, path=reporting.write(guide, lang)))
