"""The trimmed log: everything that tells, nothing that repeats, the same verdict."""

from troubleshoot import diagnose, failures, index, intake
from troubleshoot.trim import trim

RULES = index.load(())
ELSEWHERE = diagnose.Options(here=False)
BARS = "".join(f"Epoch 1:  {n % 100}%|███   | {n}/9000 [00:{n % 60:02}<01:00, 9.1it/s]\n"
               for n in range(600))  # fmt: skip
ERROR = (
    "Traceback (most recent call last):\n"
    '  File "/home/ada/train.py", line 8, in <module>\n'
    "    import torch_scatter\n"
    "ModuleNotFoundError: No module named 'torch_scatter'\n"
)
CHAIN = (
    "Traceback (most recent call last):\n"
    '  File "/home/ada/load.py", line 8, in load\n'
    "    d['config']\n"
    "KeyError: 'config'\n\n"
    "During handling of the above exception, another exception occurred:\n\n"
    "Traceback (most recent call last):\n"
    '  File "/home/ada/train.py", line 3, in <module>\n'
    "    load()\n"
    "ValueError: no configuration\n"
)


def cut(text: str, agrees=None, evidence=()):
    document = intake.from_bytes(text.encode())
    return trim(document, failures.find(document), evidence, agrees)


def test_progress_is_folded_and_the_failure_is_whole():
    trimmed = cut("$ python train.py\n" + BARS + ERROR)
    assert ERROR.strip() in trimmed.text
    assert "left out" in trimmed.text and trimmed.kept < 20 < trimmed.whole
    assert "%|" not in trimmed.text


def test_a_chain_is_kept_from_its_first_link():
    trimmed = cut("start\n" * 3 + "\n".join(f"line {n}" for n in range(300)) + "\n" + CHAIN)
    assert CHAIN.strip() in trimmed.text


def test_lines_that_the_diagnosis_rests_on_are_kept():
    lines = [f"step {n} fine" for n in range(400)]
    lines[100] = "WARNING: the loader was told 0 workers"
    text = "\n".join(lines) + "\n" + ERROR
    assert "0 workers" not in cut(text).text
    assert "0 workers" in cut(text, evidence=[101]).text


def test_more_is_kept_until_the_verdict_is_the_same():
    text = "the telling line\n" + "".join(f"step {n}\n" for n in range(50)) + ERROR
    tried = []

    def agrees(kept: str) -> bool:
        tried.append(kept)
        return "the telling line" in kept

    trimmed = cut(text, agrees)
    assert trimmed.same_verdict is True and "the telling line" in trimmed.text
    assert len(tried) > 1
    assert cut(text, lambda kept: False).same_verdict is False


def test_the_other_workers_echo_is_left_out():
    one = "".join(f"[rank{r}]: {line}\n" for r in range(4) for line in ERROR.splitlines())
    trimmed = cut("\n".join(f"step {n}" for n in range(50)) + "\n" + one)
    assert trimmed.text.count("ModuleNotFoundError") == 1
    assert "[rank0]: ModuleNotFoundError" in trimmed.text


def test_a_long_recursion_is_folded():
    frames = "".join(f'  File "/home/ada/x.py", line {n}, in f\n    f()\n' for n in range(900))
    text = f"Traceback (most recent call last):\n{frames}RecursionError: too deep\n"
    trimmed = cut(text)
    assert trimmed.kept < 250
    assert trimmed.text.startswith("Traceback") and trimmed.text.endswith(
        "RecursionError: too deep"
    )


def test_verdict_of_the_trimmed_log_is_that_of_the_whole():
    for error in (ERROR, CHAIN):
        text = "$ python train.py\n" + BARS + error + "\nwandb: run finished\n" * 20
        document = intake.from_bytes(text.encode())
        whole = diagnose.diagnose(document, ELSEWHERE, rules=RULES)
        trimmed = cut(text)
        again = diagnose.diagnose_bytes(trimmed.text.encode(), ELSEWHERE, rules=RULES)
        keys = [
            [(d["rule"], d["cause_id"]) for d in r.answer["diagnoses"]][:1] for r in (whole, again)
        ]
        assert keys[0] == keys[1] and whole.answer["outcome"] == again.answer["outcome"]


def test_odd_input_is_no_trouble():
    for text in ("", "\n\n", "x" * 100_000, "\x00 a", "[… 3 lines left out …]\n" * 30):
        assert cut(text).kept <= max(1, cut(text).whole)
