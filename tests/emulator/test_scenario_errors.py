"""A scenario that is wrong is told so: file, line, key, and what to write instead."""
# ruff: noqa: E501 - a table of texts and answers reads best as a table

from __future__ import annotations

from pathlib import Path

import pytest

from forebay.emulator.build import build_device
from forebay.emulator.home import Home
from forebay.emulator.scenario_file import NOTHING, WHEN_KEYS, load_scenario
from forebay.emulator.verbs import BY_NAME, VERBS, Verb
from forebay.errors import EmulatorError


def told(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "play.toml"
    file.write_text(text)
    with pytest.raises(EmulatorError) as caught:
        load_scenario(file)
    return [line.removeprefix(f"{tmp_path}/play.toml:") for line in str(caught.value).splitlines()]


def toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case None:
            return f'"{NOTHING}"'
        case dict():
            return "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + " }"
    return str(value)


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_verb_is_taken_with_its_example_and_no_other_member(tmp_path: Path, verb: Verb) -> None:
    file = tmp_path / "play.toml"
    file.write_text(f'[[events]]\nat = "+1h"\n{verb.name} = {toml(dict(verb.example))}\n')
    event = load_scenario(file).events[0]
    assert (event.verb, event.body) == (verb, verb.example)

    said = told(tmp_path, f'[[events]]\nat = "+1h"\n\n{verb.name} = {toml({**verb.example, "nonsense": 1})}\n')
    assert any(line.startswith(f"4: events[0].{verb.name}.nonsense: is unknown; ") for line in said)


@pytest.mark.parametrize("name", [*BY_NAME, *WHEN_KEYS])
def test_every_misspelt_key_is_found_with_the_right_one(tmp_path: Path, name: str) -> None:
    wrong = name[:-1] + "x" + name[-1:]
    said = told(tmp_path, f'[[events]]\nat = "+1h"\n{wrong} = 1\n')
    assert any(line.startswith(f"3: events[0].{wrong}: no such key; did you mean {name}?") for line in said), said


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb.undo is None], ids=lambda verb: verb.name)
def test_what_does_not_last_takes_no_for(tmp_path: Path, verb: Verb) -> None:
    text = f'[[events]]\nat = "+1h"\nfor = "1h"\n{verb.name} = {toml(dict(verb.example))}\n'
    assert told(tmp_path, text) == [f"3: events[0].for: {verb.name} does not last; leave `for` out"]
    assert not verb.undone


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb.undo], ids=lambda verb: verb.name)
def test_what_lasts_says_how_it_ends(verb: Verb) -> None:
    assert verb.undone


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ('grid = { up = false }', "1: events[0]: says no time; give at or between"),
        ('at = "18:00"', "1: events[0]: needs one verb; none of grid, "),
        ('at = "18:00"\nbetween = ["1:00", "2:00"]\ngrid = { up = false }', "1: events[0]: has both at and between"),
        ('at = "18:00"\ngrid = { up = false }\nclouds = { cover = 1 }', "needs one verb; grid and clouds are two events"),
        ('at = "25:00"\ngrid = { up = false }', '2: events[0].at: must be a local time such as "18:00"'),
        ('at = "soon"\ngrid = { up = false }', "2: events[0].at: must be a local time"),
        ('at = 18\ngrid = { up = false }', "2: events[0].at: must be a local time"),
        ('at = ["18:00"]\ngrid = { up = false }', "2: events[0].at: must be a local time"),
        ('at = 1900-01-01T00:00:00\ngrid = { up = false }', "2: events[0].at: a home lives from"),
        ('between = "18:00"\ngrid = { up = false }', "2: events[0].between: needs two of them in a list"),
        ('between = ["18:00", "x"]\ngrid = { up = false }', "2: events[0].between: must be a local time"),
        ('between = ["+2h", "+1h"]\ngrid = { up = false }', "2: events[0].between: ends before it begins; turn the two"),
        ('between = ["+1d 09:00", "+1d 08:00"]\ngrid = {}', "2: events[0].between: ends before it begins; turn the two"),
        ('at = "18:00"\nfor = 2\ngrid = { up = false }', "3: events[0].for: must be a span"),
        ('at = "18:00"\nfor = "-2h"\ngrid = { up = false }', '3: events[0].for: must be a span such as "45s"'),
        ('at = "18:00"\nfor = ["1h"]\ngrid = { up = false }', "3: events[0].for: needs two of them in a list"),
        ('at = "18:00"\nevery = "0s"\ngrid = { up = false }', "3: events[0].every: must be at least 1s"),
        ('at = "18:00"\ntimes = 3\ngrid = { up = false }', "3: events[0].times: goes with every"),
        ('at = "18:00"\nevery = "1d"\ntimes = 0\ngrid = { up = false }', "4: events[0].times: must be a whole number from 1"),
        ('at = "18:00"\nchance = 30\ngrid = { up = false }', "3: events[0].chance: must be a number from 0 to 1; 30 % is 0.3"),
        ('at = "18:00"\ngrid = "down"', "3: events[0].grid: is a table; write grid = { up = … }"),
        ('at = "18:00"\ngrid = { up = 1 }', "3: events[0].grid.up: must be true or false"),
        ('at = "18:00"\ngrid = { }', "3: events[0].grid.up: is missing; it must be true or false"),
        ('at = "18:00"\nload = { watts = -1 }', "3: events[0].load.watts: must be a number from 0 to 1,000,000 W or null"),
        ('at = "18:00"\nappliance = { name = "car", kw = 7 }', '3: events[0].appliance.kw: is unknown; did you mean watts?'),
        ('at = "18:00"\nfaults = { path = "*", times = 3 }', '3: events[0].faults: say more: at least one of "status"'),
        ('at = "18:00"\ntime = { speed = 2, advance_s = 3 }', "3: events[0].time: give exactly one of"),
    ],
)  # fmt: skip
def test_an_event_that_cannot_be_is_told_why(tmp_path: Path, event: str, words: str) -> None:
    said = told(tmp_path, f"[[events]]\n{event}\n")
    assert any(words in line for line in said), said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "1: events: is missing; a scenario needs at least one [[events]]"),
        ("[events]\nat = '+1h'", "1: events: is a list of tables; write [[events]]"),
        ("events = [1]", "1: events: is a list of tables; write [[events]]"),
        ("abuot = 'x'", "1: abuot: no such key; did you mean about?"),
        ("about = 5", "1: about: must be a text"),
        ("[[events]\n", "1: not TOML: "),
    ],
)
def test_a_file_that_is_no_scenario_is_told_why(tmp_path: Path, text: str, words: str) -> None:
    assert any(line.startswith(words) for line in told(tmp_path, text))


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    text = '[[events]]\nat = "x"\ngrid = { up = 3 }\n\n[[events]]\nfor = "y"\nclouds = {}\n'
    assert [line.partition(":")[0] for line in told(tmp_path, text)] == ["2", "3", "5", "6", "7"]


def test_what_the_home_has_not_is_told_before_it_begins(tmp_path: Path) -> None:
    file = tmp_path / "play.toml"
    file.write_text(
        '[[events]]\nat = "+1h"\npack = { number = 9, enabled = false }\n\n'
        '[[events]]\nat = "+2h"\nstring = { number = 7, up = false }\n\n'
        '[[events]]\nat = "+3h"\npack = { number = 2, enabled = false }\n'
    )
    with pytest.raises(EmulatorError) as caught:
        build_device(Home(), scenarios=[load_scenario(file)])

    assert str(caught.value).splitlines() == [
        f"{file}:1: pack.number: the home has {len(Home().packs)} [[packs]], got 9",
        f"{file}:5: string.number: the home has {len(Home().solar)} [[solar]], got 7",
    ]


@pytest.mark.parametrize("version", ["banana", "1.14", "22.36.9 abc"])
def test_an_update_to_what_is_no_firmware_is_told_before_it_begins(tmp_path: Path, version: str) -> None:
    text = f'[[events]]\nat = "+1h"\nupdate = {{ available = "{version}" }}\n'

    assert told(tmp_path, text) == ['3: events[0].update.available: must be a firmware from 1.15 on, such as "22.1.1"']
