"""The four flow colours keep their contrast in light and dark, and apart for the colour-blind."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[2] / "web/src/styles/tokens.css"
FLOWS = ("solar", "home", "battery", "grid")
Colour = tuple[float, float, float]

# Machado, Oliveira and Fernandes 2009, severity 1, on linear sRGB.
SIGHTS: dict[str, tuple[Colour, Colour, Colour]] = {
    "full": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}


def themes() -> list[dict[str, Colour]]:
    """Return the tokens of light, dark by system, dark by choice, in linear sRGB."""
    blocks = re.findall(r"\{([^{}]*--ground[^{}]*)\}", TOKENS.read_text("utf-8"))
    return [{name: linear(value) for name, value in re.findall(r"--(\w+): (#\w{6})", block)} for block in blocks]


def linear(value: str) -> Colour:
    channels = [int(value[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return red, green, blue


def contrast(a: Colour, b: Colour) -> float:
    low, high = sorted(0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2] for c in (a, b))
    return (high + 0.05) / (low + 0.05)


def seen(colour: Colour, sight: str) -> Colour:
    red, green, blue = (
        min(1.0, max(0.0, sum(m * c for m, c in zip(row, colour, strict=True)))) for row in SIGHTS[sight]
    )
    return red, green, blue


def oklab(colour: Colour) -> Colour:
    r, g, b = colour
    l_, m_, s_ = (
        math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b),
        math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b),
        math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b),
    )
    return (
        0.2104542553 * l_ + 0.7936177850 * m_ - 0.0040720468 * s_,
        1.9779984951 * l_ - 2.4285922050 * m_ + 0.4505937099 * s_,
        0.0259040371 * l_ + 0.7827717662 * m_ - 0.8086757660 * s_,
    )


def test_both_ways_to_dark_give_the_same_colours() -> None:
    light, by_system, by_choice = themes()

    assert by_system == by_choice
    assert light != by_system


@pytest.mark.parametrize("theme", [0, 1])
def test_text_and_flows_stand_out_from_the_ground(theme: int) -> None:
    colours = themes()[theme]

    assert contrast(colours["ink"], colours["ground"]) >= 12
    assert contrast(colours["muted"], colours["ground"]) >= 4.5
    for flow in FLOWS:
        assert contrast(colours[flow], colours["ground"]) >= 3.2


def test_each_flow_has_about_the_same_contrast_in_light_and_dark() -> None:
    light, dark, _ = themes()

    for flow in FLOWS:
        ratio = contrast(dark[flow], dark["ground"]) / contrast(light[flow], light["ground"])
        assert 0.65 < ratio < 1.6


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize("sight", SIGHTS)
def test_the_flows_stay_apart_for_every_sight(theme: int, sight: str) -> None:
    colours = themes()[theme]

    for a, b in itertools.combinations(FLOWS, 2):
        # 0.02 in OKLab is about the least difference one sees side by side.
        assert math.dist(oklab(seen(colours[a], sight)), oklab(seen(colours[b], sight))) > 0.08, (a, b)
