"""Scenarios as a page: when, what, and those that come with the package."""

from __future__ import annotations

import json

from forebay.emulator.library import SCENARIOS
from forebay.emulator.scenario_file import TOP_KEYS, WHEN_KEYS
from forebay.emulator.verbs import VERBS, Verb
from tools.reference.markdown import code, table

_HEAD = """# Scenarios

A scenario is a TOML file that says what happens to a home and when: `forebay emulate HOME.toml --scenario FILE`, or
`--scenario scenario:NAME` for one of those below; the option may be given again. How to use them:
[script a home](../how-to/script-a-home.md).

Every event happens at its instant of the home's own time, in order, whoever asks and however far time jumps. The same
home, scenario, seed (`--seed`) and start (`--start`) with the same requests give the same bytes. What had ended before
the start is left out, what would last still begins at once. A wrong key or value is an error that names file, line and
key. An event that cannot be done when its time comes, such as moving to a taken port, is logged with file and line,
and the rest goes on. In a fleet each home plays it by itself, on its way through time: a home that nobody asks changes
its certificate or address when somebody does.

## At the top

"""

_EVENTS = """
## [[events]]

Exactly one verb, and when it happens.

"""

_VERBS = """
## Verbs

The same that the [control port](control-port.md) has, with the same members. `"none"` stands for null. With `for`, a
verb ends as the last column says; one that says nothing there does not last, and takes no `for`.

"""


def page() -> str:
    """Return the page of scenarios."""
    parts = [_HEAD, _keys(TOP_KEYS), _EVENTS, _keys(WHEN_KEYS)]
    parts += [_VERBS, table(("Verb", "Does", "Members", "At the end of `for`"), [_verb(verb) for verb in VERBS])]
    parts.append("\n## With the package\n")
    parts += [f"\n### scenario:{name}\n\n```toml\n{_text(name)}```\n" for name in SCENARIOS.names()]
    return "".join(parts)


def _keys(words: dict[str, str]) -> str:
    return table(("Key", "Meaning"), [(code(key), meaning) for key, meaning in words.items()])


def _verb(verb: Verb) -> tuple[str, ...]:
    body = ", ".join(f"{key} = {json.dumps(value)}" for key, value in verb.example.items())
    members = "; ".join(f"`{key}`: {kind.words}" for key, kind in verb.members.items())
    return code(f"{verb.name} = {{ {body} }}" if body else f"{verb.name} = {{}}"), verb.summary, members, verb.undone


def _text(name: str) -> str:
    return SCENARIOS.raw(name).decode()
