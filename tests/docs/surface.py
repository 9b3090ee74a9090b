"""Whether a command exists as it is written, without running it."""

from __future__ import annotations

import contextlib
import io
import itertools
import logging
import re
from functools import cache
from typing import Any

import typer.main
import yaml
from conftest import ROOT

from locomo.cli.main import app


def trouble(words: list[str]) -> str | None:
    """Return what is wrong with a command of `locomo` or `dvc`, None if it can be meant. Others are not looked at."""
    program, *arguments = words
    if program == "locomo":
        return _unknown_parameter(arguments) or _of_locomo(arguments)
    if program == "dvc":
        return _unknown_parameter(arguments) or _of_dvc(arguments)
    return None


def trouble_of_mention(words: list[str]) -> str | None:
    """The same for a command within a sentence, which may leave arguments out."""
    program, *arguments = words
    if program != "locomo":
        return _unknown_parameter(arguments)
    command, rest = _command(arguments)
    known = {"--help", "--version"} | {
        option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
    }
    given = [word.partition("=")[0] for word in rest if re.match(r"^--?[a-zA-Z]", word)]
    wrong = [word for word in given if word not in known]
    return _unknown_parameter(arguments) or (f"no option {wrong[0]}" if wrong else None)


def _unknown_parameter(arguments: list[str]) -> str | None:
    for flag, value in itertools.pairwise(arguments):
        name = value.partition("=")[0]
        if flag not in ("-S", "--set-param"):
            continue
        known = _parameters()
        if name.startswith("+"):  # a new key of a parameter that is an empty mapping: the settings of one system
            name = f"{name[1:].rpartition('.')[0]}.*"
        if name not in known:
            return f"params.yaml has no {name}"
    return None


@cache
def _parameters() -> frozenset[str]:
    def names(value: Any, before: str) -> set[str]:
        if not isinstance(value, dict):
            return {before}
        if not value:
            return {before, f"{before}.*"}
        return {name for key, inner in value.items() for name in names(inner, f"{before}.{key}" if before else key)}

    return frozenset(names(yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8")), ""))


def _command(arguments: list[str]) -> tuple[Any, list[str]]:
    command: Any = typer.main.get_command(app)
    while arguments and arguments[0] in getattr(command, "commands", {}):
        command, arguments = command.commands[arguments[0]], arguments[1:]
    return command, arguments


def _of_locomo(arguments: list[str]) -> str | None:
    command, rest = _command(arguments)
    if hasattr(command, "commands"):
        alone = not rest and command.invoke_without_command
        return None if alone or rest in (["--help"], ["--version"]) else f"no command '{' '.join(arguments)}'"
    try:
        command.make_context("locomo", [*rest])
    except Exception as error:  # Typer's own copy of click has other classes than click
        return f"{type(error).__name__}: {getattr(error, 'message', error)}"
    return None


def _of_dvc(arguments: list[str]) -> str | None:
    from dvc.cli import DvcParserError
    from dvc.cli.parser import get_main_parser

    said = _Said()
    logger = logging.getLogger("dvc")  # its own handlers keep the stderr of whichever test imported DVC first
    handlers, logger.handlers = logger.handlers, [said]
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            get_main_parser().parse_args(arguments)
    except DvcParserError:
        return said.text
    except SystemExit as end:
        return f"exit {end.code}" if end.code else None
    finally:
        logger.handlers = handlers
    return None


class _Said(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text += record.getMessage()
