"""Spans of one text: which wins where two overlap, and where a known value counts."""

from __future__ import annotations

from bisect import bisect_right

from troubleshoot.redaction import LITERAL, WORD, Span

_STRENGTH = {
    "private-key": 0, "key-block": 0, "webhook": 1, "password": 2, "basic-auth": 2, "cookie": 3,
    "hf-token": 4, "github-token": 4, "aws-key": 4, "google-key": 4, "slack-token": 4, "jwt": 4,
    "wandb-key": 5, "host": 7, "email": 8, "ip": 9, "private-ip": 9, "mac": 9, "serial": 9,
    "uuid": 9, "user": 10,
}  # fmt: skip
"""Kinds by strength, the strongest first; the others stand in between."""


def merged(spans: list[Span]) -> list[Span]:
    """Spans in order without overlaps; of a weaker one what the stronger leaves open stays."""
    pairs = {(span.start, span.end) for span in spans if span.kind in ("user", "host")}
    starts = {start for start, _ in pairs}
    ends = {end for _, end in pairs}
    by_strength = sorted(
        (
            span
            for span in spans
            # ssh user@host is no mail address
            if span.kind != "email" or span.start not in starts or span.end not in ends
        ),
        key=lambda span: (_STRENGTH.get(span.kind, 6), span.start - span.end, span.start),
    )
    kept: list[Span] = []
    places: list[int] = []
    for span in by_strength:
        for start, end in _open_parts(span, kept, places):
            if span.kind == "email" and start != span.start:
                continue  # user:password@host is no mail address
            at = bisect_right(places, start)
            places.insert(at, start)
            kept.insert(at, Span(start, end, span.kind, span.spread))
    return kept


def merged_with(spans: list[Span], known: list[Span]) -> list[Span]:
    """Found spans, and between them the known values that lie open."""
    places = [span.start for span in spans]
    extra = [
        Span(start, end, span.kind, span.spread)
        for span in known
        for start, end in _open_parts(span, spans, places)
    ]
    return sorted([*spans, *extra], key=lambda span: span.start)


def _open_parts(span: Span, kept: list[Span], places: list[int]) -> list[tuple[int, int]]:
    """The parts of a span that no kept span covers."""
    start, end = span.start, span.end
    at = max(bisect_right(places, start) - 1, 0)
    parts = []
    while at < len(kept) and kept[at].start < end:
        other = kept[at]
        if other.end > start:
            if other.start > start:
                parts.append((start, other.start))
            start = max(start, other.end)
        at += 1
    if start < end:
        parts.append((start, end))
    return parts


def touches(span: Span, taken: list[tuple[int, int]]) -> bool:
    return any(start < span.end and span.start < end for start, end in taken)


def is_whole(text: str, start: int, end: int, spread: str) -> bool:
    """Whether a value stands as a word of its own, as far as its kind asks for that."""
    if spread == LITERAL:
        return True
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    if before.isalnum() or after.isalnum():
        return False
    if spread == WORD:
        return before not in (".", "_") or text[max(0, start - 2) : start - 1].isdigit()
    in_path = before in ("/", "\\", "~") or after in ("/", "\\", "@")
    # a user name as a plain word, but not a part of text-embedding-ada-002
    alone = before not in ("-", "_", ".") and after not in ("-", "_", "=", "(")
    return in_path or (alone and end - start >= 3)
