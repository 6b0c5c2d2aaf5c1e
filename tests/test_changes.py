"""What the table of library changes says about a missing name."""

from __future__ import annotations

import pytest

from troubleshoot import changes, failures, packdata
from troubleshoot.document import Document


def first(text: str):
    """The first failure of a text."""
    return failures.find(Document.from_text(text))[0]


@pytest.mark.parametrize(
    ("message", "asked"),
    [
        ("ImportError: cannot import name 'X' from 'a.b' (/v/a/b.py)", ("import", "a.b", "X")),
        ("AttributeError: module 'a.b' has no attribute 'x'", ("import", "a.b", "x")),
        ("AttributeError: type object 'C' has no attribute 'x'", ("member", "C", "x")),
        ("AttributeError: 'C' object has no attribute 'x'", ("member", "C", "x")),
        ("AttributeError: Qwen2Tokenizer has no attribute x", ("member", "Qwen2Tokenizer", "x")),
        (
            "TypeError: C.run() got an unexpected keyword argument 'x'",
            ("argument", "C.run", "x"),
        ),
        ("ModuleNotFoundError: No module named 'a.b'", ("module", "a.b", "")),
        ("ImportError: cannot import name 'X' from 'a' (unknown location)", None),
        ("ValueError: math domain error", None),
    ],
)
def test_missing_name_is_read_from_the_message(message, asked):
    assert changes.missing(first(message)) == asked


def test_name_without_module_is_taken_from_the_import_line():
    text = (
        "Traceback (most recent call last):\n"
        '  File "/home/ada/run.py", line 2, in <module>\n'
        "    from trl import GRPOTrainer\n"
        "ImportError: cannot import name 'GRPOTrainer'\n"
    )
    assert changes.missing(first(text)) == ("import", "trl", "GRPOTrainer")


def test_removed_name_tells_release_and_requirement():
    failure = first("AttributeError: type object 'Trainer' has no attribute 'from_argparse_args'")
    known = changes.look_up(failure, changes.REMOVED)
    assert known is not None
    assert (known["library"], known["since"]) == ("pytorch-lightning", "2.0")
    assert known["pin"] == "pytorch-lightning<2.0"
    assert changes.look_up(failure, changes.ADDED) is None


def test_installed_package_that_asks_is_named_and_wrappers_are_not():
    packages = "/v/lib/python3.9/site-packages"
    text = (
        "Traceback (most recent call last):\n"
        '  File "/home/ada/run.py", line 2, in <module>\n'
        "    trainer = SFTTrainer(model=model, tokenizer=tokenizer)\n"
        f'  File "{packages}/trl/trainer/sft_trainer.py", line 401, in __init__\n'
        "    super().__init__(\n"
        "TypeError: Trainer.__init__() got an unexpected keyword argument 'tokenizer'\n"
    )
    known = changes.look_up(first(text), changes.REMOVED)
    assert known is not None and known["user"] == "trl"
    text = text.replace("trl/trainer/sft_trainer.py", "transformers/utils/deprecation.py")
    known = changes.look_up(first(text), changes.REMOVED)
    assert known is not None and "user" not in known


def test_bare_init_needs_the_class_or_its_library_in_the_frames():
    line = "TypeError: __init__() got an unexpected keyword argument 'gpus'\n"
    ours = (
        "Traceback (most recent call last):\n"
        '  File "/home/ada/run.py", line 2, in <module>\n'
        "    model = Cluster(gpus=2)\n"
    )
    assert changes.look_up(first(ours + line), changes.REMOVED) is None
    known = changes.look_up(first(ours.replace("Cluster", "Trainer") + line), changes.REMOVED)
    assert known is not None and known["library"] == "pytorch-lightning"


def test_name_that_came_and_went_is_both():
    failure = first(
        "TypeError: Accelerator.__init__() got an unexpected keyword argument "
        "'use_seedable_sampler'"
    )
    removed = changes.look_up(failure, changes.REMOVED)
    added = changes.look_up(failure, changes.ADDED)
    assert removed is not None
    assert added is not None
    assert (removed["since"], added["since"]) == ("1.0", "0.26")


def test_library_that_misses_its_own_name_is_not_a_change():
    path = "/v/lib/python3.12/site-packages/"
    text = (
        "Traceback (most recent call last):\n"
        '  File "{}", line 27, in <module>\n'
        "    from trl import GRPOTrainer\n"
        "ImportError: cannot import name 'GRPOTrainer' from 'trl' (/v/trl/__init__.py)\n"
    )
    other = changes.look_up(first(text.format(path + "unsloth/trainer.py")), changes.ADDED)
    assert other is not None
    assert changes.look_up(first(text.format(path + "trl/scripts/sft.py")), changes.ADDED) is None


def test_table_is_well_formed():
    for library, row in packdata.load("api_changes")["libraries"].items():
        assert set(row) <= {"imports", changes.REMOVED, changes.ADDED}, library
        for kind in (changes.REMOVED, changes.ADDED):
            for since, names in row.get(kind, {}).items():
                assert since[:1].isdigit() and names, (library, since)
                for name in names:
                    key = name.partition(" -> ")[0]
                    assert key and " " not in key, (library, name)


def test_package_of_a_failure_passes_over_attribute_look_ups():
    packages = "/v/lib/python3.9/site-packages"
    text = (
        "Traceback (most recent call last):\n"
        f'  File "{packages}/fancy/loop.py", line 2, in fit\n'
        "    batch.to_legacy()\n"
        f'  File "{packages}/pandas/core/generic.py", line 5902, in __getattr__\n'
        "    return object.__getattribute__(self, name)\n"
        "AttributeError: 'DataFrame' object has no attribute 'to_legacy'\n"
    )
    assert first(text).package == "fancy"
