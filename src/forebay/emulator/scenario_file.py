"""A scenario read from disk: a list of events, each when it happens and which verb it does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forebay.emulator.home import LIVABLE, is_livable
from forebay.emulator.scenario_time import Moment, read_moment, read_span_s
from forebay.emulator.tables import Document, Problem, nearest, read_document, read_file
from forebay.emulator.toml_lines import line_at
from forebay.emulator.verb_kinds import problems as body_problems
from forebay.emulator.verbs import BY_NAME, Verb

NOTHING = "none"
"""What stands for null in a scenario, as TOML has none: watts = "none" is the house's own use."""

TOP_KEYS = {
    "about": "What the scenario shows, in a sentence.",
    "events": "A list of tables, below.",
}
"""Keys at the top of a scenario, in words."""

WHEN_KEYS = {
    "at": 'When it happens: "18:00" is the next time it is that late at the site, "+2h" so long after the start, '
    '"+1d 18:00" that time on a later day, 2026-01-10T18:00:00 a date; with an offset, an exact instant.',
    "between": "Instead of `at`: two of these; the seed draws an instant between them.",
    "for": 'How long it lasts, such as "2h"; or two spans between which the seed draws. Without it, for good.',
    "chance": "From 0 to 1: how likely it is; the seed decides. Always when left out.",
    "every": 'How long until it happens again, such as "1d"; whole days keep the local time. Once when left out.',
    "times": "How often it happens with `every`; for ever when left out.",
}
"""Keys of an event beside its verb, in words."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens, once or again and again.

    begins: one moment, or two to draw between. lasts_s: one span, two to draw between, or none for good [s].
    where: file and line, for messages.
    """

    verb: Verb
    body: dict[str, Any]
    begins: tuple[Moment, ...]
    lasts_s: tuple[float, ...]
    chance: float
    every_s: float | None
    times: int | None
    where: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens to a home."""

    name: str
    about: str
    events: tuple[Event, ...]


def load_scenario(path: Path) -> Scenario:
    """Read a scenario; raises EmulatorError with every problem: file, line, key, and what to do."""
    return scenario_of(read_file(path))


def read_scenario(raw: bytes, name: str) -> Scenario:
    """Read a scenario from the text of a file; raises EmulatorError as `load_scenario` does."""
    return scenario_of(read_document(raw, name))


def scenario_of(document: Document) -> Scenario:
    """Return the scenario that a document describes; raises EmulatorError as `load_scenario` does."""
    problems = list(_top_problems(document.raw))
    events = document.raw.get("events")
    for number, raw in enumerate(events if isinstance(events, list) else ()):
        problems += _event_problems(raw, ("events", number))
    if problems:
        raise document.error(problems)
    made = [
        _event(raw, f"{document.name}:{line_at(document.lines, ('events', number))}")
        for number, raw in enumerate(document.raw.get("events", ()))
    ]
    return Scenario(document.name, document.raw.get("about", ""), tuple(made))


def _top_problems(raw: dict[str, Any]) -> Iterator[Problem]:
    for key, value in raw.items():
        if key not in TOP_KEYS:
            like = nearest(key, TOP_KEYS)
            hint = f"did you mean {like}?" if like else f"the keys here are {', '.join(TOP_KEYS)}"
            yield Problem((key,), f"no such key; {hint}")
        elif key == "about" and not isinstance(value, str):
            yield Problem((key,), "must be a text")
        elif key == "events" and not (isinstance(value, list) and all(isinstance(item, dict) for item in value)):
            yield Problem((key,), "is a list of tables; write [[events]]")
    if not raw.get("events"):
        yield Problem(("events",), "is missing; a scenario needs at least one [[events]]")


def _event_problems(raw: object, path: tuple[str | int, ...]) -> Iterator[Problem]:
    if not isinstance(raw, dict):
        return  # said at the top
    for key in raw:
        if key not in WHEN_KEYS and key not in BY_NAME:
            like = nearest(key, [*WHEN_KEYS, *BY_NAME])
            hint = f"did you mean {like}?" if like else f"a verb is one of {', '.join(BY_NAME)}"
            yield Problem((*path, key), f"no such key; {hint}")
    verbs = [key for key in raw if key in BY_NAME]
    if len(verbs) != 1 and {*raw} <= {*WHEN_KEYS, *BY_NAME}:
        said = f"{' and '.join(verbs)} are two events" if verbs else f"none of {', '.join(BY_NAME)} is here"
        yield Problem(path, f"needs one verb; {said}")
    for key in verbs:
        yield from _verb_problems(BY_NAME[key], raw, (*path, key))
    yield from _when_problems(raw, path)


def _verb_problems(verb: Verb, raw: dict[str, Any], path: tuple[str | int, ...]) -> Iterator[Problem]:
    body = raw[verb.name]
    if not isinstance(body, dict):
        example = ", ".join(f"{key} = …" for key in verb.example)
        yield Problem(path, f"is a table; write {verb.name} = {{ {example} }}")
        return
    found = body_problems(_body(verb, body), verb.members, verb.needed, exactly_one=verb.exactly_one, some=verb.some)
    for key, words in found:
        yield Problem((*path, key) if key else path, words)
    if "for" in raw and verb.undo is None:
        yield Problem((*path[:-1], "for"), f"{verb.name} does not last; leave `for` out")


def _when_problems(raw: dict[str, Any], path: tuple[str | int, ...]) -> Iterator[Problem]:
    if ("at" in raw) == ("between" in raw):
        both = "at" in raw
        yield Problem(path, "has both at and between; leave one out" if both else "says no time; give at or between")
    for key, read, pair in (("at", read_moment, None), ("between", read_moment, 2), ("for", read_span_s, 1)):
        if key not in raw:
            continue
        value = raw[key]
        values = value if pair and isinstance(value, list) else [value]
        if pair and (pair == 2 or isinstance(value, list)) and len(values) != 2:
            yield Problem((*path, key), "needs two of them in a list")
            continue
        wrong = [problem for one in values for problem in _read_problems(read, one, (*path, key))]
        yield from wrong
        if key == "between" and not wrong and read_moment(values[0]).is_surely_after(read_moment(values[1])):
            yield Problem((*path, key), "ends before it begins; turn the two round")
    every = raw.get("every")
    if every is not None:
        yield from _read_problems(_read_every_s, every, (*path, "every"))
    chance, times = raw.get("chance", 1), raw.get("times", 1)
    if isinstance(chance, bool) or not isinstance(chance, int | float) or not 0 <= chance <= 1:
        hint = f"; {chance} % is {chance / 100:g}" if isinstance(chance, int | float) and 1 < chance <= 100 else ""
        yield Problem((*path, "chance"), f"must be a number from 0 to 1{hint}")
    if isinstance(times, bool) or not isinstance(times, int) or times < 1:
        yield Problem((*path, "times"), "must be a whole number from 1")
    elif "times" in raw and every is None:
        yield Problem((*path, "times"), "goes with every; give that too, or leave it out")


def _read_problems(read: Any, value: object, path: tuple[str | int, ...]) -> Iterator[Problem]:
    try:
        found = read(value)
    except ValueError as exc:
        yield Problem(path, str(exc))
        return
    if isinstance(found, Moment) and found.when is not None and not is_livable(found.when):
        yield Problem(path, LIVABLE)


def _read_every_s(value: object) -> float:
    every_s = read_span_s(value)
    if every_s < 1:
        raise ValueError("must be at least 1s")
    return every_s


def _body(verb: Verb, raw: dict[str, Any]) -> dict[str, Any]:
    """Return a body with null where the scenario says "none"."""
    return {
        key: None if value == NOTHING and key in verb.members and verb.members[key].allows(None) else value
        for key, value in raw.items()
    }


def _event(raw: dict[str, Any], where: str) -> Event:
    verb = BY_NAME[next(key for key in raw if key in BY_NAME)]
    begins = raw["between"] if "between" in raw else [raw["at"]]
    lasts = raw.get("for", [])
    return Event(
        verb=verb,
        body=_body(verb, raw[verb.name]),
        begins=tuple(read_moment(one) for one in begins),
        lasts_s=tuple(read_span_s(one) for one in (lasts if isinstance(lasts, list) else [lasts])),
        chance=raw.get("chance", 1),
        every_s=read_span_s(raw["every"]) if "every" in raw else None,
        times=raw.get("times"),
        where=where,
    )
