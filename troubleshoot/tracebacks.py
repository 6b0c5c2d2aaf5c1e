"""Python tracebacks: whole, truncated, chained, without indentation, with remote parts inside."""

from __future__ import annotations

from troubleshoot.failure import ADVICE, EXCEPTION, SYNTAX, TEARDOWN, WRAPPER, Frame
from troubleshoot.frames import frame_of, with_code
from troubleshoot.messages import Message, context_of, message_above, read_message
from troubleshoot.shapes import (
    CAUSE,
    CONDA,
    CONTEXT,
    HEADER,
    LONGEST,
    compiled,
    exception_head,
    is_marker,
    looks_raised,
    name_within,
    starts_anew,
    surely_raised,
)
from troubleshoot.stream import Found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.stream import Stream

DEEPEST = 12  # tracebacks quoted inside each other
_NOISE = 4  # foreign lines that may stand between two frames
_REMOTE = ("RemoteTraceback", "_RemoteTraceback", "_ExceptionWithTraceback")
_SYNTAX = ("SyntaxError", "IndentationError", "TabError")
_WORDS = ("rror", "xcept", "Interrupt", "Iteration", ".timeout", "SystemExit")
_FILLERS = ("[Previous line repeated", "[... skipping", "...<", "... ")


def find(stream: Stream, depth: int = 0) -> list[Found]:
    """All exceptions of a stream, with links between those of one chain.

    Args:
        stream: one worker's lines.
        depth: how many tracebacks this one is quoted in.
    """
    return _Reader(stream, depth).read()


class _Reader:
    """Reads one stream from top to bottom; ``self.at`` is the line to look at next."""

    def __init__(self, stream: Stream, depth: int) -> None:
        self.stream = stream
        self.depth = depth
        self.texts = stream.texts
        self.indices = stream.indices
        self.found: list[Found] = []
        self.last: Found | None = None  # newest failure, for chains
        self.link = ""  # link that the last chain sentence announced
        self.at = 0

    def read(self) -> list[Found]:
        texts = self.texts
        count = len(texts)
        while self.at < count:
            text = texts[self.at]
            if len(text) < 3 or self.stream.claimed[self.at]:
                self.at += 1
                continue
            if HEADER in text:
                self._header(text)
            elif 'File "' in text and frame_of(text, 0) is not None:
                self._block(self.at, self.at, "")
            elif CAUSE in text:
                self._announce("cause")
            elif CONTEXT in text:
                self._announce("context")
            elif "Exception has occurred: " in text:
                self._paused()
            elif text.startswith("ray::"):
                self._block(self.at, self.at + 1, "remote")
            else:
                self._bare(text)
        return self.found

    def _announce(self, link: str) -> None:
        self.link = link
        self.at += 1

    # headers ------------------------------------------------------------------------------

    def _header(self, text: str) -> None:
        place = text.find(HEADER)
        before = text[:place]
        bare = before.strip()
        if "Exception Group" in bare and before.lstrip().startswith("+"):
            from troubleshoot.groups import read_group

            self._adopt(*read_group(self.stream, self.at))
            return
        if bare and " " not in bare and exception_head(bare) and before.endswith("  "):
            from troubleshoot.notebooks import read_cell

            self._adopt(*read_cell(self.stream, self.at, bare))
            return
        if bare and not self._is_remark(bare) and self._prefixed(before):
            return
        if "\\n  File" in text[place:] and self.depth < DEEPEST:
            self._escaped(text[place:])
            return
        after = text[place + len(HEADER) :].lstrip(": ")
        start = self.at
        if after.startswith('File "') and frame_of(after, 0) is not None:
            self._block(start, start, "", first=after)
        else:
            self._block(start, start + 1, "")

    def _is_remark(self, before: str) -> bool:
        return before.endswith(("Original", "ERROR:", "task:")) or len(before) > 200

    def _prefixed(self, prefix: str) -> bool:
        """Reads a traceback whose every line carries the same unknown prefix."""
        from troubleshoot.stream import Stream

        bare = prefix.rstrip()
        start = self.at
        following = self.texts[start + 1] if start + 1 < len(self.texts) else ""
        if self.depth >= DEEPEST or not following.startswith(bare):
            return False
        if frame_of(following[len(bare) :], 0) is None:
            return False
        texts: list[str] = []
        indices: list[int] = []
        missed = last = 0
        for at in range(start, min(len(self.texts), start + 2000)):
            line = self.texts[at]
            if line.startswith(prefix):
                texts.append(line[len(prefix) :])
            elif line.startswith(bare):
                texts.append(line[len(bare) :].lstrip() if len(line) > len(bare) else "")
            else:
                missed += 1
                if missed > 20:
                    break
                continue
            indices.append(self.indices[at])
            last = at
        inner = Stream(texts, indices, self.stream.rank)
        self._adopt(find(inner, self.depth + 1), last + 1)
        return True

    def _escaped(self, text: str) -> None:
        """A whole traceback on one line, its line ends written as ``\\n``."""
        from troubleshoot.stream import Stream

        parts = text[:200_000].replace('\\"', '"').split("\\n")
        index = self.indices[self.at]
        inner = Stream(parts, [index] * len(parts), self.stream.rank)
        self._adopt(find(inner, self.depth + 1), self.at + 1)

    def _paused(self) -> None:
        """What a debugger shows where it stopped."""
        from troubleshoot.debuggers import read_paused

        made, following = read_paused(self.stream, self.at)
        if made is None:
            self.at = following
        else:
            self._adopt([made], following)

    def _adopt(self, found: list[Found], following: int) -> None:
        if found and self.link and self.last is not None and found[0].parent is None:
            self._chain(found[0])
        self.link = ""
        self.found.extend(found)
        if found:
            self.last = found[-1]
        self.stream.claim(self.at, following - 1)
        self.at = max(following, self.at + 1)

    # bodies -------------------------------------------------------------------------------

    def _block(self, start: int, at: int, context: str, first: str = "") -> None:
        """Reads frames from line ``at`` on, the last line and the message."""
        texts, indices = self.texts, self.indices
        count = len(texts)
        head = texts[start]
        base = len(head) - len(head.lstrip()) if HEADER in head else -1
        if base > 0 and head.lstrip()[: len(HEADER)] != HEADER:
            base = 0
        frames: list[Frame] = []
        column = 0
        if first:
            made = frame_of(first, indices[start])
            if made is not None:
                frames.append(made)
                column, at = 2, start + 1
        code = True  # whether the newest frame has its source line
        final = -1
        name = rest = ""
        noise = 0
        while at < count:
            text = texts[at]
            bare = text.lstrip()
            if not bare:
                if not self._goes_on(at + 1):
                    break
                at += 1
                continue
            made = frame_of(text, indices[at])
            if bare.startswith('File "') and (made is None or not made.function):
                unwrapped = self._unwrapped(at)
                if unwrapped is not None:
                    made = unwrapped
                    at += 1
            if made is not None:
                column = len(text) - len(bare)
                if base < 0:
                    base = max(0, column - 2)
                frames.append(made)
                code = False
                noise = 0
                at += 1
                continue
            if is_marker(bare) or bare.startswith(_FILLERS):
                at += 1
                continue
            if HEADER in text or CAUSE in text or CONTEXT in text:
                break
            indent = len(text) - len(bare)
            if indent > column and frames:
                if not code:
                    frames[-1] = with_code(frames[-1], bare)
                    code = True
                at += 1
                continue
            head_ = exception_head(bare)
            flat = column == 0 or indent == column  # the indentation was lost
            if (
                head_ is not None
                and looks_raised(head_[0])
                and (code or not flat or surely_raised(head_[0]))
            ):
                name, rest = head_
                final = at
                break
            if frames and flat and not code:
                frames[-1] = with_code(frames[-1], bare)
                code = True
                at += 1
                continue
            noise += 1
            if noise > _NOISE or not self._goes_on(at + 1, 8 if flat else _NOISE):
                break
            at += 1
        self._end(start, at, frames, name, rest, final, base, context)

    def _unwrapped(self, at: int) -> Frame | None:
        """A frame that a narrow terminal broke into two lines."""
        if at + 1 >= len(self.texts):
            return None
        text, following = self.texts[at], self.texts[at + 1]
        if following[:1].isspace() or not 0 < len(following) < 300 or len(text) < 60:
            return None
        made = frame_of(text + following, self.indices[at])
        return made if made is not None and made.function else None

    def _goes_on(self, at: int, reach: int = 3) -> bool:
        """Whether a frame or an exception's last line follows within ``reach`` lines."""
        for text in self.texts[at : at + reach]:
            bare = text.lstrip()
            if not bare:
                continue
            if frame_of(text, 0) is not None:
                return True
            if HEADER in bare or CAUSE in bare or CONTEXT in bare:
                return False
            head = exception_head(bare)
            if head is not None and surely_raised(head[0]):
                return True
        return False

    def _end(
        self,
        start: int,
        at: int,
        frames: list[Frame],
        name: str,
        rest: str,
        final: int,
        base: int,
        context: str,
    ) -> None:
        """Makes the failure of a block whose frames are read."""
        indices = self.indices
        if final < 0:
            self._truncated(start, at, frames, context)
            return
        if name.endswith(_REMOTE):
            self.at = final + 1
            return
        message = read_message(self.stream, final, rest, max(base, 0))
        kind = SYNTAX if name.rsplit(".", 1)[-1] in _SYNTAX else EXCEPTION
        made = Found(
            kind, name, message.text, indices[start], indices[message.end], indices[final],
            rank=self.stream.rank, frames=frames, context=context or context_of(self.stream, start),
        )  # fmt: skip
        self._add(made, start, message.end, message)
        self._remote(made, message.end)

    def _truncated(self, start: int, at: int, frames: list[Frame], context: str) -> None:
        """A traceback without its last line: the name is guessed from ``raise Name(``."""
        at = min(max(at, start + 1), len(self.texts))
        name, message, line = "", "", start
        if at < len(self.texts) and frames:
            text = self.texts[at].strip()
            if text and not starts_anew(text) and not self.texts[at].startswith((" ", "\t")):
                message, line = text[:LONGEST], at
                name = name_within(text)
                if name and ":" in text:
                    message = text.partition(name)[2].lstrip(".: ")[:LONGEST] or message
                at += 1
        code = frames[-1].code if frames else ""
        if not name and code.startswith("raise "):
            head = code[6:].partition("(")[0].strip()
            if head.replace(".", "").isidentifier() and surely_raised(head):
                name = head
        if not message and frames and HEADER not in self.texts[start]:
            message = message_above(self.stream, start)
        if frames or name:
            made = Found(
                EXCEPTION, name, message, self.indices[start], self.indices[at - 1],
                self.indices[line], rank=self.stream.rank, frames=frames,
                context=context or context_of(self.stream, start),
            )  # fmt: skip
            if message and not name and '"' not in message:
                parts = exception_head(message)
                if parts is not None and surely_raised(parts[0]):
                    made.name, made.message = parts
            self._add(made, start, at - 1)
        elif start + 1 <= at:
            self.stream.claim(start, at - 1)
            self.at = at

    def _read_alternatives(self, made: Found, tried: tuple[int, int]) -> None:
        """Exceptions of a list of ways that were tried: none of them led to another."""
        if self.depth >= DEEPEST:
            return
        from troubleshoot.stream import Stream

        start, end = tried
        inner = Stream(self.texts[start:end], self.indices[start:end], self.stream.rank)
        for one in find(inner, self.depth + 1)[:40]:
            one.role = ADVICE
            if one.parent is None:
                one.parent, one.link = made, "alternative"
            self.found.append(one)

    # what the lines around say ------------------------------------------------------------

    def _remote(self, made: Found, end: int) -> None:
        """Frames right after a message belong to the inner exception (ray, DataLoader)."""
        texts = self.texts
        at = end + 1
        while (
            at < len(texts)
            and at < end + 12
            and (is_marker(texts[at]) or texts[at].strip() in ("", '"""', "'''"))
        ):
            at += 1
        if at >= len(texts):
            return
        text = texts[at]
        wraps = (
            "RayTaskError" in made.name
            or "ray::" in made.message
            or "Caught " in made.message
            or "terminated with the following error" in made.message
            or "an error is thrown" in made.message
            or text.startswith("Original Traceback")
        )
        if (
            not wraps
            or self.depth >= DEEPEST
            or not (frame_of(text, 0) is not None or HEADER in text)
        ):
            return
        before = len(self.found)
        self.depth += 1
        self._block(at, at + 1 if HEADER in text else at, "remote")
        self.depth -= 1
        if len(self.found) > before:
            inner = self.found[before]
            made.role = WRAPPER
            made.parent, made.link = inner, "cause"
            inner.chain = True
            self.last = made

    def _add(self, made: Found, start: int, end: int, message: Message | None = None) -> None:
        if self.link and self.last is not None:
            self._chain(made)
        self.link = ""
        if made.context == "teardown":
            made.role = TEARDOWN
        self.found.append(made)
        self.last = made
        if message is not None and message.tried is not None:
            self._read_alternatives(made, message.tried)
        self.stream.claim(start, end)
        self.at = max(end, start) + 1

    def _chain(self, made: Found) -> None:
        assert self.last is not None
        made.parent, made.link = self.last, self.link
        self.last.chain = True

    # without frames -----------------------------------------------------------------------

    def _bare(self, text: str) -> None:
        """A last line without frames above it, such as a message that was pasted alone."""
        at = self.at
        self.at += 1
        bare = text.strip()
        if bare.startswith(("E ", "*** ", "> ", "! ", "• ")):
            bare = bare[2:].lstrip("* ")
        if "No module named" in bare:
            self._no_module(bare, at)
            return
        first = bare[:1]
        if not (first.isalpha() or first == "_"):
            return
        if not any(word in bare for word in _WORDS):
            return
        head = exception_head(bare)
        if head is None or not surely_raised(head[0]) or head[0].endswith("Warning"):
            return
        name, rest = head
        if not rest and "." not in name and len(text) - len(text.lstrip()) > 8:
            return
        if name.endswith(_REMOTE) or name.rpartition(".")[2] in CONDA:
            return
        message = read_message(self.stream, at, rest, 0)
        kind = SYNTAX if name in _SYNTAX else EXCEPTION
        made = Found(
            kind, name, message.text, self.indices[at], self.indices[message.end],
            rank=self.stream.rank, context=context_of(self.stream, at),
        )  # fmt: skip
        self._add(made, at, message.end, message)
        self._remote(made, message.end)

    def _no_module(self, bare: str, at: int) -> None:
        """``python: No module named x`` and ``Error while finding module specification``."""
        head = exception_head(bare)
        if head is not None and surely_raised(head[0]):
            name, rest = head
            said = read_message(self.stream, at, rest, 0)
            made = Found(EXCEPTION, name, said.text, self.indices[at], self.indices[said.end],
                         rank=self.stream.rank)  # fmt: skip
            self._add(made, at, said.end, said)
            return
        found = compiled(
            r"(?:\S*python[\w.]*(?:\.exe)?: )?(?:Error while finding module specification for "
            r".{1,300}? "
            r"\((?:\w+Error: )?)?(No module named .{1,300}?)\)?$"
        ).match(bare[:LONGEST])
        if found is None:
            return
        message = found.group(1)
        if found.start(1) == 0 and not compiled(r"No module named '[\w.]+'").fullmatch(message):
            return
        made = Found(
            EXCEPTION, "ModuleNotFoundError", message.strip(), self.indices[at],
            rank=self.stream.rank,
        )  # fmt: skip
        self._add(made, at, at)
