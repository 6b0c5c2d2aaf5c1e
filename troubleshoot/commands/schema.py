"""Print the JSON Schema of the answer (``--format json``)."""

from __future__ import annotations

import json

from troubleshoot import cli

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``whyfail schema``."""
    cli.add_common(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the schema."""
    from troubleshoot.answer_model import Answer

    print(json.dumps(Answer.model_json_schema(by_alias=True), indent=1))
    return 0
