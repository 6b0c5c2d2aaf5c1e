"""The walkthrough line by line: for screen readers, dumb terminals and notebooks."""

from __future__ import annotations

from troubleshoot import asking, last_run, looking, packdata, values
from troubleshoot.guide import DESTROY, Guide
from troubleshoot.records import replace
from troubleshoot.render import plain
from troubleshoot.runner import Runner
from troubleshoot.session import NO, UNSURE, YES
from troubleshoot.walk_words import say
from troubleshoot.words import pick

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.diagnose import Options
    from troubleshoot.fixes import Plan
    from troubleshoot.session import Step

MOST_STEPS = 60


def walk(options: Options, source: str, data: bytes | None) -> int:
    """Ask, offer, run and verify until it runs or there is nothing left to try.

    Returns:
        0 when the failure was solved or nothing was wrong, 2 when nothing was named, else 1.
    """
    lang = options.lang
    given: looking.Input | None = looking.Input(source, data)
    if data is None and not source:
        given, options = _begin(options)
    if given is None:
        return 2
    *_, result = looking.stages(given, options)
    print(plain.render(result, lang))
    guide = Guide(result, lang, asks=dict(given.asks))
    for _ in range(MOST_STEPS):
        step = guide.step()
        if step.kind == "solved":
            print(f"{say('solved', lang)}. {say('run_again', lang)}")
            return 0
        if step.kind == "report":
            if guide.result.answer["outcome"] == "no_failure":
                return 0
            print(say("no_more", lang))
            _offer_report(guide, lang)
            return 1
        if not (_ask(guide, step, lang) if step.kind == "question" else _try(guide, step, lang)):
            return 1
    return 1


def _begin(options: Options) -> tuple[looking.Input | None, Options]:
    """What to look at: the last run, a file, or a symptom, chosen in two short steps."""
    lang = options.lang
    groups = packdata.load("symptoms")["groups"]
    last = last_run.find()
    print(say("no_message", lang))
    if last is not None:
        print(say("plain_last_run", lang, what=last.value("run.command")))
    for number, group in enumerate(groups, 1):
        print(f"{number:>2}  {pick(group['title'], lang)}")
    chosen = asking.line(f"{say('plain_choose', lang)}: ")
    if chosen == "0" and last is not None:
        return looking.Input(last.path), last.attached(options)
    if not chosen.isdigit():
        return (looking.Input(chosen) if chosen else None), options
    if not 1 <= int(chosen) <= len(groups):
        return None, options
    symptoms = groups[int(chosen) - 1]["symptoms"]
    for number, symptom in enumerate(symptoms, 1):
        print(f"{number:>2}  {pick(symptom['title'], lang)}")
    chosen = asking.line(f"{say('plain_group', lang)} ")
    if not chosen.isdigit() or not 1 <= int(chosen) <= len(symptoms):
        return None, options
    return looking.symptom(symptoms[int(chosen) - 1], lang), options


def _ask(guide: Guide, step: Step, lang: str) -> bool:
    """Ask the question; False when the person leaves."""
    question = step.question
    assert question is not None
    choices = say("plain_question", lang)
    while True:
        said = asking.line(f"\n{say('ask_person', lang)}: {question.text}\n  [{choices}] ", "q")
        if said == "w":
            print("\n".join(f"  {line}" for line in guide.why(question)))
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
    print(f"{say('fix_first', lang)}: {guide.title(plan.ranked)}")
    for command in plan.commands:
        print(f"    {command}")
    if plan.steps:
        print("\n".join(plain.wrap(plan.steps, "  ", "  ")))
    takes = say("takes", lang, time=values.duration(plan.ranked.seconds))
    print(f"  {say(plan.safety, lang)} · {takes}")
    past = guide.remembered(plan)
    if past:
        print(f"  {past}")
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
    verification = guide.run(plan, Runner(lambda text: print(f"  {text}", flush=True)))
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
        print(guide.report())
