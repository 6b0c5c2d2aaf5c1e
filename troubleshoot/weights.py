"""The one table of numbers behind the words that rule authors write.

Fitted by hand on labelled cases so that a stated 90 % is right nine times in ten; the calibration
test prints what they give today.
"""

from __future__ import annotations

PRIOR = {"rare": 1.0, "uncommon": 3.0, "common": 10.0, "usual": 60.0}
"""Odds of a cause among its rivals before any evidence."""

STRENGTH = {"none": 1.0, "weak": 2.0, "moderate": 7.0, "strong": 30.0, "decisive": 300.0}
"""Likelihood ratio of a piece of evidence."""

WORKS = {"rarely": 0.1, "sometimes": 0.35, "often": 0.65, "usually": 0.88}
"""Probability that a fix solves the problem, given its cause."""

TRUST = {"exact": 0.97, "family": 0.95, "generic": 0.68, "catch-all": 0.45}
"""Probability that the cause is among a rule's rivals, given that its symptom holds."""

CLAIM = {"exact": 1.0, "family": 0.35, "generic": 0.03, "catch-all": 0.005}
"""Weight of a match against other matches of the same input."""

ROLE = {
    "initiating": 1.0,
    "": 0.3,
    "wrapper": 0.06,
    "cascade": 0.05,
    "advice": 0.03,
    "teardown": 0.02,
}
"""Weight of a match by the role of the failure it explains; "" is a line outside all failures."""

ROLE_TRUST = {
    "initiating": 1.0,
    "": 0.97,
    "wrapper": 0.85,
    "cascade": 0.75,
    "advice": 0.4,
    "teardown": 0.3,
}
"""How far a match is believed by the role of its failure: what a program survived killed nobody."""

SEVERITY = {"error": 1.0, "warning": 0.05, "benign": 0.01}
"""Weight of a match by what its rule says of itself."""

UNEXPLAINED = 0.12
"""Weight of an initiating failure that no rule explains."""

TOLD_NEXT = 0.7
"""Weight of each rule of a told symptom against the one listed before it."""

SAFETY_SECONDS = {"safe": 0.0, "manual": 30.0, "changes-environment": 60.0, "destructive": 3600.0}
"""What the risk of a fix costs, in seconds."""

ORDER = 0.8
"""What each place further down in the author's list costs: the order knows what words cannot."""

TRIAL_SECONDS = 300.0
"""What any trial costs before the fix itself: reading, typing, and running again."""

DIAGNOSED = 0.5
"""Confidence from which the first diagnosis is stated; below it there are only candidates."""

SHOWN = 0.02
"""Confidence below which a rival is not listed at all."""


def trial_cost(seconds: float, safety: str) -> float:
    """What trying a fix costs, in seconds: the trial, half of the stated time, and its risk."""
    return TRIAL_SECONDS + seconds * 0.5 + SAFETY_SECONDS[safety]


def confidence_word(confidence: float, lang: str) -> str:
    """A probability in words."""
    for least, english, chinese in (
        (0.9, "almost certain", "几乎可以确定"),
        (0.7, "likely", "很可能"),
        (0.5, "probable", "较可能"),
        (0.2, "possible", "有可能"),
        (0.0, "unlikely", "不太可能"),
    ):
        if confidence >= least:
            return chinese if lang == "zh" else english
    return ""
