"""The reference is current and complete: whatever is in a table is on its page."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tests.docs.conftest import DOCS, PAGES, Block, blocks, name
from tools import docs
from tools.reference import home, settings
from tools.reference.commands import commands
from tools.reference.errors import tree_of
from tools.reference.structs import keys

from forebay import config, errors
from forebay.cli.parser import parse
from forebay.emulator.home_file import load_home
from forebay.emulator.scenario_file import load_scenario
from forebay.records.alerts import MEANINGS
from forebay.records.parts import PART_SIGNALS
from forebay.records.reasons import EXPLANATIONS
from forebay.records.signals import SIGNALS
from forebay.records.spans import SPAN_KINDS
from forebay.wire import catalogue
from forebay.wire.faults import FAULTS


def page(file: str) -> str:
    return (DOCS / "reference" / file).read_text("utf-8")


@pytest.mark.parametrize("file", docs.PAGES)
def test_a_printed_page_is_current(file: str) -> None:
    assert page(file) == docs.text_of(file), "stale; run `python -m tools.docs --write`"


def test_every_command_and_option_is_documented() -> None:
    text = page("commands.md")
    for command, (parser, _) in commands().items():
        section = text.partition(f"\n## forebay {command}\n")[2].partition("\n## ")[0]
        assert section, command
        for action in parser._actions:
            for option in action.option_strings:
                assert option in {"-h", "--help"} or option in text, f"{command} {option}"
            assert action.help, f"{command}: {action.dest} has no help"


def test_every_endpoint_is_documented() -> None:
    text = page("endpoints.md")
    for row in catalogue.ALL:
        assert f"\n## {row.method} {row.path}\n" in text
        assert all(number in text for number in (row.spec, *row.seed)), row


def test_every_fault_signal_and_reason_is_documented() -> None:
    assert [f.key for f in FAULTS if f"`{f.key}`" not in page("faults.md")] == []
    assert [s.name for s in SIGNALS if f"| `{s.name}` |" not in page("signals.md")] == []
    assert [r.reason for r in EXPLANATIONS if f"| `{r.reason}` |" not in page("signals.md")] == []


def test_every_signal_of_a_part_span_and_alert_is_documented() -> None:
    text = page("signals.md")

    assert [s.name for s in PART_SIGNALS if f"| `{s.name}` |" not in text] == []
    assert [s.kind for s in SPAN_KINDS if f"| `{s.kind}` |" not in text] == []
    assert [a.name for a in MEANINGS if f"| `{a.name}` | {a.severity.name.lower()} | {a.words} |" not in text] == []


def test_every_error_is_documented() -> None:
    kinds = tree_of(errors.ForebayError)

    assert len(kinds) == len({kind for kind in vars(errors).values() if isinstance(kind, type)}) - 2  # Advice, StrEnum
    assert [kind for kind in kinds if f"\n## {kind.__name__}\n" not in page("errors.md")] == []


def test_every_setting_is_documented() -> None:
    text = page("settings.md")
    tables = {name.partition(".")[0] for name in settings.TABLES}
    assert tables | {key.name for key in settings.top_keys()} == set(config.Settings.__struct_fields__)
    for table, struct in settings.TABLES.items():
        heading = f"[[{table}]]" if table in settings.LISTS else f"[{table}]"
        section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
        assert [key.name for key in keys(struct, settings.WORDS[table]) if f"| `{key.name}` |" not in section] == []


def test_every_key_of_a_home_is_documented() -> None:
    text = page("home.md")
    for table, struct in home.TABLES.items():
        section = text.partition(f"\n## {table}\n")[2].partition("\n## ")[0]
        assert [key.name for key in keys(struct, home.WORDS[table]) if f"| `{key.name}` |" not in section] == []


def test_a_key_that_nothing_explains_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing explains"):
        keys(config.PageSettings, {})
    with pytest.raises(ValueError, match="words for keys that need none: nonsense"):
        keys(config.PageSettings, {**settings.WORDS["page"], "nonsense": "x"})


TYPED = [
    (page_, block, line)
    for page_ in PAGES
    for block in blocks(page_)
    if block.language in {"sh", "console"}
    for line in block.text.splitlines()
    if re.match(r"(\$ )?forebay ", line)
]


@pytest.mark.parametrize(("page_", "block", "line"), TYPED, ids=[f"{name(p)}:{t}" for p, _, t in TYPED])
def test_every_printed_command_is_understood(page_: Path, block: Block, line: str) -> None:
    words = shlex.split(line.removeprefix("$ "), comments=True)
    stop = next((at for at, word in enumerate(words) if word in {">", "|"} or word.startswith("2>")), len(words))

    parse(words[1:stop])  # wrong usage would end the process


def test_every_toml_example_is_accepted(tmp_path: Path) -> None:
    checked = 0
    for page_ in PAGES:
        for block in blocks(page_):
            if block.language == "toml":
                file = tmp_path / "example.toml"
                file.write_text(block.text, encoding="utf-8")
                if "[[events]]" in block.text:
                    load_scenario(file)
                elif "host" in block.text:
                    config.load(file)
                else:
                    load_home(file)
                checked += 1

    assert checked >= 2


def test_the_long_example_of_a_home_shows_every_table() -> None:
    text = (DOCS / "how-to" / "emulate-a-home.md").read_text("utf-8")

    assert [table for table in home.TABLES if f"\n{table}\n" not in text] == []
