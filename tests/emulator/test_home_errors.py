"""A HOME.toml that is wrong is told so: file, line, key, and what to write instead."""
# ruff: noqa: E501 - a table of texts and answers reads best as a table

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect as look

from forebay.emulator.home import Home
from forebay.emulator.home_file import load_home
from forebay.emulator.toml_lines import lines_of
from forebay.errors import EmulatorError


def tables(struct: type[msgspec.Struct], path: str = "") -> list[tuple[str, type[msgspec.Struct], bool]]:
    """Every table of a home: its name, its struct, whether it is a list of tables."""
    found = []
    for field in msgspec.structs.fields(struct):
        name = f"{path}.{field.encode_name}".removeprefix(".")
        info = look.type_info(field.type)
        parts = info.types if isinstance(info, look.UnionType) else (info,)
        for part in parts:
            if isinstance(part, look.StructType):
                found += [(name, part.cls, False), *tables(part.cls, name)]
            elif isinstance(part, look.VarTupleType) and isinstance(part.item_type, look.StructType):
                found += [(name, part.item_type.cls, True), *tables(part.item_type.cls, name)]
    return found


TABLES = tables(Home)
KEYS = [
    (name, many, field.encode_name)
    for name, struct, many in TABLES
    for field in msgspec.structs.fields(struct)
    if not any(other == f"{name}.{field.encode_name}" for other, _, _ in TABLES)
]
TYPED = [(name, many, key) for name, many, key in KEYS if (name, key) != ("faults", "body")]  # a body may be anything


def problems(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "home.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(EmulatorError) as caught:
        load_home(file)
    lines = str(caught.value).splitlines()
    assert all(line.startswith(f"{file}:") for line in lines)
    return [line.removeprefix(str(tmp_path) + "/") for line in lines]


def header(name: str, many: bool) -> str:
    parts = name.split(".")
    outer = "".join(f"[[{part}]]\n" for part in parts[:-1] if (part, True) in {(n, m) for n, _, m in TABLES})
    return outer + (f"[[{name}]]" if many else f"[{name}]")


def places(name: str) -> str:
    """The name of a table in messages, each list at its first item."""
    lists = {n for n, _, many in TABLES if many}
    parts = name.split(".")
    return ".".join(part + ("[0]" if ".".join(parts[: i + 1]) in lists else "") for i, part in enumerate(parts))


def misspelt(key: str) -> list[str]:
    return [key[:1] + key[2:] if len(key) > 3 else key + "x", key + key[-1], key.replace("_", "-") + "s", key.title()]


@pytest.mark.parametrize(("name", "many", "key"), KEYS, ids=[f"{n}.{k}" for n, _, k in KEYS])
def test_every_misspelt_key_is_found_on_its_line_with_the_right_one(
    tmp_path: Path, name: str, many: bool, key: str
) -> None:
    above = header(name, many)
    for wrong in misspelt(key):
        text = f"# a home\n\n{above}\n  {wrong} = 1\n"
        line = text[: text.index(wrong + " =")].count("\n") + 1
        start = f"home.toml:{line}: {places(name)}.{wrong}: no such key; did you mean "

        assert any(said.startswith(f"{start}{key}") for said in problems(tmp_path, text)), (wrong, start)


@pytest.mark.parametrize(("name", "many", "key"), TYPED, ids=[f"{n}.{k}" for n, _, k in TYPED])
def test_every_key_refuses_a_value_of_another_kind_on_its_line(tmp_path: Path, name: str, many: bool, key: str) -> None:
    text = f"\n{header(name, many)}\n\n{key} = {{ deep = [1, {{}}] }}\n"
    line = text[: text.rindex(key + " =")].count("\n") + 1

    assert any(
        said.startswith(f"home.toml:{line}: {places(name)}.{key}: must be ") for said in problems(tmp_path, text)
    )


@pytest.mark.parametrize(("name", "many"), [(n, m) for n, _, m in TABLES])
def test_every_misspelt_table_is_found_with_the_right_one(tmp_path: Path, name: str, many: bool) -> None:
    if "." in name and name.rpartition(".")[0] in {n for n, _, m in TABLES if m}:
        return  # a table inside a list of tables needs one of the list first
    parent, _, last = name.rpartition(".")
    wrong = f"{parent}.{last}z".removeprefix(".")

    said = problems(tmp_path, f"\n[{wrong}]\n")
    assert said == [f"home.toml:2: {wrong}: no such key; did you mean {last}?"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[solar]]\npeak_kw = 6.6", "2: solar[0].peak_kw: no such key; did you mean peak_w = 6600?"),
        ("[[solar]]\npeak_w = 6.6", "2: solar[0].peak_w: must be a number from 50 to 50000 [W], got 6.6; 6.6 kW would be"),
        ("[[solar]]\npeak_w = 6600000", "2: solar[0].peak_w: must be a number from 50 to 50000 [W]"),
        ("[[solar]]\ntilt_deg = 3", "1: solar[0].peak_w: is missing; it must be a number"),
        ("[[packs]]\nfull_kwh = 13.5", "2: packs[0].full_kwh: no such key; did you mean full_wh = 13500?"),
        ("[[packs]]\nfull_wh = 13.5", "2: packs[0].full_wh: must be a number from 100 to 10000000 [Wh], got 13.5; 13.5 kWh"),
        ("[[packs]]\ncharge_pct = 0.45", "2: packs[0].charge_pct: must be 0 or from 1 %, got 0.45; 45 % is written 45"),
        ("[[packs]]\nround_trip = 90", "2: packs[0].round_trip: must be a number from 0.1 to 1, got 90; 90 % is 0.9"),
        ("[house]\ndaily_kwh = 18000", "2: house.daily_kwh: must be a number from 0 to 1000 [kWh], got 18000; 18000 Wh"),
        ("[grid]\nvoltage_v = 0.24", "2: grid.voltage_v: must be a number from 100 to 480 [V], got 0.24; 0.24 kV"),
        ("[[grid.outages]]\nstart = 2026-01-01T10:00:00\nhours = 2", "3: grid.outages[0].hours: no such key; did you mean minutes = 120?"),
        ("[gateway]\ntoken_life_min = 30", "2: gateway.token_life_min: no such key; did you mean token_life_h = 0.5?"),
        ("[operation]\nreserve_app_pct = 120", "2: operation.reserve_app_pct: must be a number from 0 to 100 [%], got 120"),
        ("[operation]\nmode = 'self-consumption'", '; did you mean "self_consumption"?'),
        ("[grid]\ncharging = 'true'", "2: grid.charging: must be true or false, got \"true\"; write it without quotes"),
        ("[house]\ndaily_kwh = '18'", "2: house.daily_kwh: must be a number from 0 to 1000 [kWh], got \"18\"; write the"),
        ("[operation]\npeak_hours = ['16:00-21:00', '25:00-26:00']", '2: operation.peak_hours[1]: must be a span of the day such as "16:00-21:00", got "25:00-26:00"'),
        ("[meters]\ninverted = ['sight']", '2: meters.inverted[0]: must be one of site, solar, got "sight"; did you mean "site"?'),
        ("[gateway]\nserial = 'abc'", "2: gateway.serial: must be 8 to 20 capital letters and digits"),
        ("[[packs]]\nfull_wh = '13.5 kWh'", '2: packs[0].full_wh: must be a number from 100 to 10000000 [Wh], got "13.5 kWh"; write 13500'),
        ("[[packs]]\ncharge_pct = '45%'", '[%], got "45%"; write 45'),
        ("[[grid.outages]]\nstart = 2026-01-01T10:00:00\nminutes = '2 h'", '3: grid.outages[0].minutes: must be a number above 0 to 525600 [min], got "2 h"; write 120'),
        ("[house]\ndaily_kwh = '18 apples'", '2: house.daily_kwh: must be a number from 0 to 1000 [kWh], got "18 apples"'),
        ("[site]\nlatitude_deg = nan", "2: site.latitude_deg: must be a number from -66 to 66 [°], got nan"),
        ("[[solar]]\npeak_w = inf", "2: solar[0].peak_w: must be a number from 50 to 50000 [W], got inf"),
        ("[owner]\nzip = 94000", "2: owner.zip: must be a text, got 94000; write it in quotes"),
        ("packs = 2", "1: packs: is a list of tables; write [[packs]]"),
        ("packs = []", "1: packs: needs 1 to 10 of these tables, got 0"),
        ("[packs]\nfull_wh = 13500", "1: packs: is a list of tables; write [[packs]]"),
        ("[[site]]\nname = 'x'", "1: site: is one table, not a list; write [site]"),
        ("site = 'Berlin'", '1: site: is a table, got "Berlin"; write [site]'),
        ("[gateway]\npassword = 12345", "2: gateway.password: must be a text that is not empty"),
    ],
)  # fmt: skip
def test_a_wrong_unit_or_form_is_told_with_what_was_meant(tmp_path: Path, text: str, words: str) -> None:
    said = problems(tmp_path, text)

    assert len(said) == 1
    assert any(words in line for line in said), said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[packs]]\nserial = 'TG0000000001'\n[[packs]]\n\nserial = 'TG0000000001'\n", "5: packs[1].serial: is that of packs[0]"),
        ("[[packs]]\nserial = 'TG0000000001'\n[gateway]\nserial = 'TG0000000001'\n", "2: packs[0].serial: is that of gateway"),
        ("[site]\ntimezone = 'Europe/Zürich'", "2: site.timezone: no such time zone: 'Europe/Zürich'; did you mean Europe/Zurich?"),
        ("[site]\ntimezone = 'Europe/Zurich'\nlatitude_deg = -46\nlongitude_deg = 8", "3: site.latitude_deg: -46, 8 is 10,3"),
        ("[site]\nlatitude_deg = 37\nlongitude_deg = 122", "2: site.latitude_deg: 37, 122 is"),
        ("[gateway]\nfirmware = 'banana'", "2: gateway.firmware: "),
        (
            "[grid]\npresent = false\n[[grid.outages]]\nstart = 2026-01-01T10:00:00\nminutes = 90",
            "4: grid.outages[0].start: there is no grid that could fail; leave out present or outages",
        ),
        (
            "[[grid.outages]]\nstart = 2026-01-01T10:00:00\nminutes = 90\n[[grid.outages]]\nstart = 2026-01-01T11:00:00\nminutes = 5",
            "5: grid.outages[1].start: begins before outages[0] ends (2026-01-01T11:30); make them one",
        ),
        ("[[users]]\nname = 'a'\npassword = 'x'\n[[users]]\nname = 'a'\npassword = 'y'", "5: users[1].name: is that of users[0] too"),
        ("[[users]]\nname = 'customer'\npassword = 'x'\nrole = 'kiosk'", "4: users[0].role: is always customer; take another name"),
        ("[gateway]\npassword = 'x'\n[[users]]\nname = 'customer'\npassword = 'y'", "5: users[0].password: gateway.password says"),
        ("[[faults]]\npath = '/api/status'\ntimes = 3", "1: faults[0]: says nothing that goes wrong; give one of status, delay_s"),
        ("[grid]\nphases = 'split'\nfrequency_hz = 50", "2: grid.phases: no grid of 50 Hz has split phases; take single or three"),
        ("[generator]\npower_w = 6.5", "2: generator.power_w: must be 0 or from 50 [W], got 6.5; 6.5 kW would be 6500"),
        ("[operation]\nreserve_charge_w = 1.7", "2: operation.reserve_charge_w: must be 0 or from 50 [W], got 1.7; 1.7 kW would be 1700"),
        ("[grid]\nfrequency_hz = 55", "2: grid.frequency_hz: no grid has 55 Hz; give 50 or 60"),
        ("[[packs]]\nfull_wh = 1000\npower_w = 5000", "3: packs[0].power_w: 5000 W empty 1000 Wh in minutes"),
        ("[meters]\nkind = 'pvac'", '2: meters.kind: "pvac" needs [[solar]] and a pack of the model "plus"'),
        ("solar = []\n[meters]\nkind = 'pvac'\n[[packs]]\nmodel = 'plus'", '3: meters.kind: "pvac" needs [[solar]] and a pack'),
        ("[[packs]]\nmodel = 'plus'\n" + 5 * "[[solar]]\npeak_w = 900\n", "11: solar[4]: the inverters of the Powerwalls take 4"),
        ("[[packs]]\nmodel = 'plus'\n[[solar]]\npeak_w = 9000\n[[solar]]\npeak_w = 9000\n", "4: solar[0].peak_w: solar[0] to solar[1] give 18000 W"),
        ("[generator]\nstarts_below_pct = 50\nstops_above_pct = 40", "3: generator.stops_above_pct: must not be less than starts"),
        ("[grid]\ncurtail_from_hz = 3\ncurtail_to_hz = 2", "3: grid.curtail_to_hz: must not be less than curtail_from_hz"),
        ("[[grid.outages]]\nstart = 1900-01-01T00:00:00\nminutes = 5", "2: grid.outages[0].start: a home lives from"),
    ],
)  # fmt: skip
def test_an_impossible_home_is_told_why(tmp_path: Path, text: str, words: str) -> None:
    said = problems(tmp_path, text)

    assert len(said) == 1
    assert f"home.toml:{words}" in said[0]


def test_the_mirrored_place_is_offered(tmp_path: Path) -> None:
    said = problems(tmp_path, "[site]\ntimezone = 'Europe/Zurich'\nlatitude_deg = -46\nlongitude_deg = 8\n")
    assert said[0].endswith("did you mean 46, 8?")


def test_all_problems_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = "[house]\ndaily_kwh = -1\n[[packs]]\nfull = 1\n[[packs]]\npower_w = 5\n[siet]\nname = 'x'\n"

    keys = [line.split(": ")[1] for line in problems(tmp_path, text)]
    assert keys == ["house.daily_kwh", "packs[0].full", "packs[1].power_w", "siet"]


@pytest.mark.parametrize(
    ("raw", "start"),
    [
        (b"[site]\nname = 'x\n", "home.toml:2: not TOML: "),
        (b"[site]\n\nname = \"a\"\nname = \"b\"\n", "home.toml:4: not TOML: Cannot overwrite a value"),
        (b"[site", "home.toml:1: not TOML: "),
        (b"[site]\nname = '''open\n\n", "home.toml:2: not TOML: "),
        (b"[site]\nname = '\xff'\n", "home.toml:2: not UTF-8"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_toml_is_told_with_its_line(tmp_path: Path, raw: bytes, start: str) -> None:
    file = tmp_path / "home.toml"
    file.write_bytes(raw)
    with pytest.raises(EmulatorError) as caught:
        load_home(file)

    assert str(caught.value).startswith(f"{tmp_path}/{start}")


def test_no_password_or_serial_is_repeated(tmp_path: Path) -> None:
    text = "[gateway]\nserial = 'hunter2'\npassword = ['hunter2']\n[[packs]]\nserial = 'hunter2'\n"
    assert "hunter2" not in "".join(problems(tmp_path, text))


def test_a_home_that_says_only_its_zone_stands_there(tmp_path: Path) -> None:
    file = tmp_path / "home.toml"
    file.write_text("[site]\ntimezone = 'Australia/Sydney'\n")

    site = load_home(file).site
    assert site.latitude_deg == pytest.approx(-33.87, abs=0.1)
    assert site.longitude_deg == pytest.approx(151.2, abs=0.1)


# -- line numbers ------------------------------------------------------------

BARE = st.text("abcXYZ019_-", min_size=1, max_size=6)
NAMES = st.one_of(BARE, st.text(min_size=0, max_size=5))
SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.integers(-10, 10), st.booleans(), st.text(max_size=8), st.floats(-1e3, 1e3), st.just(datetime(2026, 1, 2, 3, 4))  # noqa: DTZ001
)  # fmt: skip
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3))
DOCUMENTS = st.dictionaries(NAMES, st.one_of(VALUES, st.lists(st.dictionaries(NAMES, VALUES, max_size=3), min_size=1)))


def written(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return quoted(value)
        case datetime():
            return value.isoformat(" ")
        case list():
            return "[ # items, ] and }\n" + "".join(f"  {written(item)},\n" for item in value) + "]"
        case dict():
            return "{ " + ", ".join(f"{quoted(key)} = {written(item)}" for key, item in value.items()) + " }"
    return repr(value)


def quoted(text: str) -> str:
    if text and all(char in "abcXYZ019_-. '[]{}#,=" for char in text) and "'" not in text and len(text) > 2:
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deeper for key, item in items for deeper in paths(item, (*path, key)))]


@given(DOCUMENTS)
def test_every_key_of_any_document_has_its_line(document: dict[str, Any]) -> None:
    import tomllib

    text = ""
    expected: dict[tuple[str, ...], int] = {}
    for key, value in sorted(document.items(), key=lambda item: isinstance(item[1], dict)):
        text += f"# {key.encode('unicode_escape').decode()} = [\n\n"
        if isinstance(value, dict):
            expected[(key,)] = text.count("\n") + 1
            text += f"[{quoted(key)}]\n"
            for inner, item in value.items():
                expected[key, inner] = text.count("\n") + 1
                text += f"{quoted(inner)} = {written(item)}\n"
        else:
            expected[(key,)] = text.count("\n") + 1
            text += f"{quoted(key)} = {written(value)}\n"
    assert tomllib.loads(text) == document

    lines = lines_of(text)
    assert {path: lines[path] for path in expected} == expected
    assert sorted(lines, key=repr) == sorted(paths(document)[1:], key=repr)


def test_lines_of_nested_and_dotted_tables_are_found() -> None:
    text = (
        "a.b = 1 # one\n[[x]]\n[x.y]\nz = '''\n[not]\n'''\n[[x]]\n[[x.w]]\n[[x.w]]\n  v = [\n 1,\n # ]\n {k = 2}]\n"
        'q = """a\\"""b"""" # end\n[ "odd.name" . t ]\nu = 1979-05-27 07:32:00\n'
    )
    found = lines_of(text)

    assert found["a", "b"] == 1
    assert (found["x",], found["x", 0], found["x", 0, "y"], found["x", 0, "y", "z"]) == (2, 2, 3, 4)
    assert (found["x", 1], found["x", 1, "w", 0], found["x", 1, "w", 1]) == (7, 8, 9)
    assert (found["x", 1, "w", 1, "v"], found["x", 1, "w", 1, "v", 0], found["x", 1, "w", 1, "v", 1, "k"]) == (
        10,
        11,
        13,
    )
    assert (found["x", 1, "w", 1, "q"], found["odd.name", "t", "u"]) == (14, 16)
