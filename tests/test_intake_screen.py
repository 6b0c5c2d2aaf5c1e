"""Terminal output and web text: colours, progress bars, Markdown, HTML, rich's boxes."""

from __future__ import annotations

import pytest

from troubleshoot import intake


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("\x1b[31mError\x1b[0m: x", "Error: x"),
        ("\x1b[1;38;5;196mError\x1b[22;39m: x\x1b[K", "Error: x"),
        ("\x1b]8;;https://example.org/a\x1b\\docs\x1b]8;;\x1b\\ end", "docs end"),
        ("\x1b]0;title\x07Error: x", "Error: x"),
        ("\x1b(BError: x\x1b[?25h", "Error: x"),
        ("[31mError: x[0m", "Error: x"),
        ("^[[31mError: x^[[0m", "Error: x"),
        (r"\x1b[31mError: x\x1b[0m", "Error: x"),
        (r"\u001b[0;31mError: x\u001b[0m", "Error: x"),
        ("E\x08Er\x08rror: x", "Error: x"),
        ("Error: x\x1b", "Error: x"),
        ("\x1b]0;never ended", ""),
    ],
)
def test_escapes(raw: str, cleaned: str) -> None:
    assert intake.from_bytes(f"before\n{raw}\nafter".encode()).lines == ("before", cleaned, "after")


def test_windows_line_ends() -> None:
    document = intake.from_bytes(b"one\r\ntwo\r\r\nthree\r\n")
    assert document.lines == ("one", "two", "three")
    assert document.numbers == (1, 2, 3)
    assert document.raw_lines == 3


def test_line_ends_of_an_old_macintosh() -> None:
    assert intake.from_bytes(b"one\rError: two\rthree").lines == ("one", "Error: two", "three")


def test_a_progress_bar_leaves_its_last_state() -> None:
    bars = "\r".join(f"Epoch 1: {n:3}%|{'█' * n}| {n}/100 [00:0{n % 10}<00:01]" for n in range(100))
    document = intake.from_bytes(f"start\n{bars}\nend\n".encode())
    assert len(document.lines) == 3
    assert document.lines[1].startswith("Epoch 1:  99%")
    assert document.numbers == (1, 2, 3)


def test_text_between_progress_states_stays() -> None:
    raw = (
        b"start\n  0%|   | 0/9\r 10%|#  | 1/9\rRuntimeError: CUDA out of memory\r 20%|## | 2/9\n"
        b'\r 30%\r 40%Traceback (most recent call last):\n  File "a.py", line 1, in f\n'
    )
    document = intake.from_bytes(raw)
    assert document.lines == (
        "start",
        " 10%|#  | 1/9",
        "RuntimeError: CUDA out of memory",
        " 20%|## | 2/9",
        " 30%",
        " 40%",
        "Traceback (most recent call last):",
        '  File "a.py", line 1, in f',
    )
    assert document.numbers == (1, 2, 2, 2, 3, 3, 3, 4)


def test_metrics_in_progress_states_stay_in_bounds() -> None:
    states = [f"{n}%|█| {n}/999 [00:01<00:02, loss={9 / (n + 1):.3f}]" for n in range(500)]
    states[333] = "333%|█| 333/999 [00:01<00:02, loss=nan]"
    document = intake.from_bytes("\r".join(states).encode())
    assert 20 < len(document.lines) < 120
    assert states[333] in document.lines
    assert document.lines[-1] == states[-1]
    assert set(document.numbers) == {1}


def test_what_is_glued_to_a_bar_gets_its_own_line() -> None:
    raw = (
        "Loading: 57% 4/7 [00:40<00:29,  9.96s/it]ERROR:torch.distributed:failed (exitcode: -9)\n"
        "   ━━━━╺━━ 70.3/173.2 MB 11.8 MB/s eta 0:00:09ERROR: No space left on device\n"
        " 10%|█ | 1/10 [00:02<00:23,  2.60s/it]Traceback (most recent call last):\n"
        '  File "a.py", line 1, in f'
    )
    document = intake.clean_text(raw)
    assert document.lines[1] == "ERROR:torch.distributed:failed (exitcode: -9)"
    assert document.lines[3] == "ERROR: No space left on device"
    assert document.lines[5] == "Traceback (most recent call last):"
    assert document.numbers == (1, 1, 2, 2, 3, 3, 4)


def test_a_shells_word_behind_an_unfinished_line_gets_its_own() -> None:
    raw = (
        "Work: 27%|██| 359/1306 [02:04<05:59, 2.63frame/s, memory=4]zsh: killed     python a\n"
        "12/30 [00:40<00:29, 1.2frame/s, lr=0.1]Killed\n"
        "loss 0.3zsh: segmentation fault  python b.py\n"
        "see zsh: killed by whom\nzsh: abort      python c.py"
    )
    document = intake.clean_text(raw)
    assert "zsh: killed     python a" in document.lines
    assert "Killed" in document.lines
    assert "zsh: segmentation fault  python b.py" in document.lines
    assert document.lines[-1] == "zsh: abort      python c.py"


def test_markdown() -> None:
    text = """Describe the bug
<details><summary>log</summary>

```python
Traceback (most recent call last):
  File "/home/ada/venv/torch/**init**.py", line 3, in **init**
    return f(*args, **kwargs)
  File "/home/ada/a.py", line 9, in &lt;module&gt;
**RuntimeError: Missing key(s): &quot;a.weight&quot;**
```
</details>
"""
    document = intake.clean_text(text)
    assert document.lines[4:9] == (
        "Traceback (most recent call last):",
        '  File "/home/ada/venv/torch/__init__.py", line 3, in __init__',
        "    return f(*args, **kwargs)",
        '  File "/home/ada/a.py", line 9, in <module>',
        'RuntimeError: Missing key(s): "a.weight"',
    )
    assert document.numbers[4:9] == (5, 6, 7, 8, 9)
    assert not any("```" in line or "details" in line for line in document.lines)


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("`ImportError: libGL.so.1: cannot open`", "ImportError: libGL.so.1: cannot open"),
        ("<pre><code>KeyError: 'a'</code></pre>", "KeyError: 'a'"),
        ("KeyError: 'a'<br/>", "KeyError: 'a'"),
        ("No module named ‘torch’", "No module named ‘torch’"),
        (
            "ModuleNotFoundError: No module named ‘torch’",
            "ModuleNotFoundError: No module named 'torch'",
        ),
        ("it couldn’t start, couldn‘t stop: ‘go’", "it couldn't start, couldn't stop: ‘go’"),
        ("  File “/home/ada/a.py”, line 3, in f", '  File "/home/ada/a.py", line 3, in f'),
        ("a\xa0=\xa01\u200b", "a = 1"),
        (
            r'File "a/\_\_init\_\_.py", line 1, in \<module\>',
            'File "a/__init__.py", line 1, in <module>',
        ),
        ("**Killed**", "Killed"),
        ("2**3**2 and f(**a, **b) **", "2**3**2 and f(**a, **b) **"),
        ("***************", "***************"),
        (
            "[/usr/lib/python3.10/dist-packages/torch/nn.py](https://localhost:8080/#) in f(x)",
            "/usr/lib/python3.10/dist-packages/torch/nn.py in f(x)",
        ),
        (
            "[<ipython-input-3-0c54302c25ea>](https://localhost:8080/#) in <cell line: 0>()",
            "<ipython-input-3-0c54302c25ea> in <cell line: 0>()",
        ),
        ("[Cell In[4], line 1](vscode-notebook-cell:/c%3A/a.ipynb#W0)", "Cell In[4], line 1"),
        (
            "File <a href='file:///c%3A/a/b.py?line=147'>c:\\a\\b.py:148</a>",
            "File c:\\a\\b.py:148",
        ),
        ("<frozen importlib._bootstrap> <module> <lambda> <NO_OTHER_FAILURES>", None),
        ("git clone a && b &amp; c", None),
    ],
)
def test_web_text(raw: str, cleaned: str | None) -> None:
    assert intake.clean_text(raw).lines == (raw if cleaned is None else cleaned,)


IPYTHON = """---------------------------------------------------------------------------
ModuleNotFoundError                       Traceback (most recent call last)
Cell In[4], line 1
----> 1 import torch

File ~/x.py:12, in f(a)
     11 def f(a):
---> 12     g(a)

1 frames
/usr/local/lib/python3.10/dist-packages/torch/nn.py in forward(self)

ModuleNotFoundError: No module named 'torch'"""


def test_notebook_tracebacks_stay() -> None:
    assert "\n".join(intake.clean_text(IPYTHON).lines) == IPYTHON


RICH = """╭───────────────────── Traceback (most recent call last) ──────────────────────╮
│ /home/ada/some_rather_long_folder_name/and_another_one/experiments/training/ │
│ launch.py:12 in <module>                                                     │
│                                                                              │
│    9 if __name__ == "__main__":                                              │
│   10 │   setup()                                                             │
│ ❱ 12 │   main()                                                              │
│   13                                                                         │
│                                                                              │
│ /home/ada/train.py:180 in main                                               │
│                                                                              │
│   179 │   loss = model(batch)                                                │
│ ❱ 180 │   loss.backward()                                                    │
│                                                                              │
│ ╭─ locals ─────╮                                                             │
│ │ batch = None │                                                             │
│ ╰──────────────╯                                                             │
╰──────────────────────────────────────────────────────────────────────────────╯
RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 23.69 GiB{blank}
total capacity; 21.00 GiB already allocated; 1.2 GiB free; 22.00 GiB reserved in
total by PyTorch)

The above exception was the direct cause of the following exception:
""".replace("{blank}", " ")

RICH_PLAIN = [
    "Traceback (most recent call last):",
    '  File "/home/ada/some_rather_long_folder_name/and_another_one/experiments/training/'
    'launch.py", line 12, in <module>',
    "    main()",
    '  File "/home/ada/train.py", line 180, in main',
    "    loss.backward()",
    "RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 23.69 GiB total "
    "capacity; 21.00 GiB already allocated; 1.2 GiB free; 22.00 GiB reserved in total by PyTorch)",
    "",
    "The above exception was the direct cause of the following exception:",
]


def test_a_boxed_traceback_becomes_a_plain_one() -> None:
    document = intake.clean_text("start\n" + RICH)
    assert list(document.lines) == ["start", *RICH_PLAIN]
    assert document.numbers == (1, 2, 3, 8, 11, 14, 20, 23, 24)


def test_blanks_at_the_ends_of_wrapped_lines_may_be_lost() -> None:
    text = "\n".join(line.rstrip() for line in RICH.split("\n"))
    assert list(intake.clean_text(text).lines[:6]) == RICH_PLAIN[:6]


def test_a_box_in_a_logs_column() -> None:
    indented = "\n".join(" " * 20 + line if line else line for line in RICH.split("\n"))
    document = intake.clean_text("[11/20/24 12:00:01] ERROR    lost    a.py:10\n" + indented)
    assert list(document.lines[1:7]) == RICH_PLAIN[:6]


def test_a_box_behind_a_ranks_label() -> None:
    text = "\n".join("[rank1]: " + line for line in RICH.split("\n"))
    document = intake.clean_text(text)
    assert list(document.lines[:6]) == RICH_PLAIN[:6]
    assert set(document.ranks[:6]) == {"rank1"}


def test_a_box_of_plain_characters() -> None:
    text = RICH.translate(str.maketrans("╭╮╰╯─│", "++++-|"))
    document = intake.clean_text(text)
    assert list(document.lines[:6]) == RICH_PLAIN[:6]


def test_a_box_without_its_top() -> None:
    document = intake.clean_text("\n".join(RICH.split("\n")[9:]))
    assert list(document.lines[:3]) == RICH_PLAIN[3:6]


def test_a_box_without_its_end() -> None:
    document = intake.clean_text("\n".join(RICH.split("\n")[:8]))
    assert list(document.lines) == RICH_PLAIN[:3]


def test_an_error_box_of_a_command_line_tool() -> None:
    text = """Usage: train [OPTIONS]
╭─ Error ──────────────────────────────────────╮
│ Invalid value for '--lr': 'fast' is not a    │
│ valid float.                                 │
╰──────────────────────────────────────────────╯"""
    document = intake.clean_text(text)
    assert document.lines == (
        "Usage: train [OPTIONS]",
        "Error",
        "Invalid value for '--lr': 'fast' is not a valid float.",
    )
    assert document.numbers == (1, 2, 3)


def test_a_table_is_no_box() -> None:
    text = "╭──────┬─────╮\n│ step │ 1   │\n╰──────┴─────╯"
    assert "\n".join(intake.clean_text(text).lines) == text


def test_indentation_of_a_quoted_block_goes() -> None:
    text = (
        '    Traceback (most recent call last):\n      File "a.py", line 1, in f\n    KeyError: 1'
    )
    assert intake.clean_text(text).lines == (
        "Traceback (most recent call last):",
        '  File "a.py", line 1, in f',
        "KeyError: 1",
    )


def test_lost_indentation_stays_lost() -> None:
    text = 'Traceback (most recent call last):\nFile "a.py", line 1, in f\nmain()\nKeyError: 1'
    assert "\n".join(intake.clean_text(text).lines) == text
