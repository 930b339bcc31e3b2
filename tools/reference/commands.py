"""The commands and their options as a page, printed from the parser itself.

Not from its help text, whose form differs between releases of Python.
"""

from __future__ import annotations

import argparse
from unittest import mock

from forebay.cli.parser import parse
from tools.reference.markdown import code, sentence, table

SHARED = ("settings", "gateway")
"""Groups of options that many commands share."""

_HEAD = """# Commands

`forebay COMMAND --help` says the same. A command prints what was asked on stdout and everything else on stderr. It ends
with 0 on success, 1 on an error, 2 on wrong usage, 130 on an interrupt; `--json` prints its errors as JSON too. Nothing
that changes the house is sent unless somebody agreed, at the keyboard or with `--yes`; where nobody can be asked, that
is an error: 1. [What is printed as JSON](json.md).

"""


class _Captured(Exception):
    """Carries the parser out of the function that builds it."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        super().__init__()
        self.parser = parser


def whole_parser() -> argparse.ArgumentParser:
    """Return the parser of the command, with every subcommand."""

    def capture(parser: argparse.ArgumentParser, *_: object) -> None:
        raise _Captured(parser)

    with mock.patch.object(argparse.ArgumentParser, "parse_args", capture):
        try:
            parse([])
        except _Captured as caught:
            return caught.parser
    raise AssertionError("the parser parsed nothing")


def commands() -> dict[str, tuple[argparse.ArgumentParser, str]]:
    """Return every command's parser and its summary, by name."""
    for action in whole_parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            summaries = {choice.dest: choice.help or "" for choice in action._choices_actions}
            return {name: (parser, summaries.get(name, "")) for name, parser in action.choices.items()}
    raise AssertionError("the parser has no commands")


def page() -> str:
    """Return the page of all commands."""
    known = commands()
    overview = table(("Command", "What"), [(f"[{n}](#forebay-{n})", sentence(s)) for n, (_, s) in known.items()])
    parser, _ = known["status"]
    shared = "".join(_group(group) for group in parser._action_groups if group.title in SHARED)
    sections = "".join(_section(name, *entry) for name, entry in known.items())
    about = "`forebay --version` prints the version; `forebay` alone prints the help and ends with 2.\n\n"
    return _HEAD + overview + "\n" + about + shared + sections


def _group(group: argparse._ArgumentGroup) -> str:
    words = f"{group.description}\n\n" if group.description else ""
    return f"## Options of the {group.title}\n\n{words}{_options(group._group_actions)}\n"


def _section(name: str, parser: argparse.ArgumentParser, summary: str) -> str:
    groups = [group.title for group in parser._action_groups if group.title in SHARED]
    shared = {id(action) for g in parser._action_groups if g.title in SHARED for action in g._group_actions}
    own = [a for a in parser._actions if id(a) not in shared and not isinstance(a, argparse._HelpAction)]
    places = " ".join(_place(action) for action in own if not action.option_strings)
    usage = " ".join(part for part in ("forebay", name, "[options]", places) if part)
    lines = [f"## forebay {name}\n\n{sentence(summary)}\n\n```text\n{usage}\n```\n\n"]
    if own:
        lines.append(_options(own) + "\n")
    if groups:
        links = " and ".join(f"the [{title}](#options-of-the-{title})" for title in groups)
        lines.append(f"{'Also takes' if own else 'Takes'} the options of {links}.\n\n")
    return "".join(lines)


def _place(action: argparse.Action) -> str:
    name = str(action.metavar or action.dest)
    return f"[{name}]" if action.nargs == "?" else name


def _options(actions: list[argparse.Action]) -> str:
    return table(("Option", "Meaning"), [(_name(action), _meaning(action)) for action in actions])


def _name(action: argparse.Action) -> str:
    if not action.option_strings:
        return code(_place(action))
    value = ""
    if action.choices is not None:
        value = " " + "|".join(map(str, action.choices))
    elif action.nargs != 0:
        value = f" {action.metavar or action.dest.upper()}"
    return ", ".join(code(f"{option}{value}") for option in action.option_strings)


def _meaning(action: argparse.Action) -> str:
    return sentence((action.help or "").replace("%%", "%").partition(" (default: ")[0])
