"""A chart is looked into by wheel, mouse, finger and keys, tells its values, and can be taken along."""

from __future__ import annotations

import base64
import csv
import io
import re
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.web.waiting import until

if TYPE_CHECKING:
    from tests.web.conftest import Opener, Stub

pytestmark = pytest.mark.browser
SPAN = re.compile(r"^Power[^,]*, (.*)\. Arrow keys")
GROUND = """(text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return createImageBitmap(new Blob([bytes], { type: "image/png" })).then((picture) => {
    const canvas = new OffscreenCanvas(picture.width, picture.height).getContext("2d", { willReadFrequently: true });
    canvas.drawImage(picture, 0, 0);
    const pixels = new Uint32Array(canvas.getImageData(0, 0, picture.width, picture.height).data.buffer);
    return { corner: [...canvas.getImageData(1, 1, 1, 1).data], colours: new Set(pixels).size };
  });
}"""
"""What a picture has in its corner, and how many colours."""
FITTED = "Sun 21 Jun 2026"


def span(page: Any) -> str:
    """Return what the chart says it spans."""
    found = SPAN.match(page.get_attribute(".chart", "aria-label"))
    assert found
    return found.group(1)


def wait_for_span(page: Any, unlike: str) -> str:
    until(
        page, "old => !document.querySelector('.chart').getAttribute('aria-label').includes(`, ${old}. Arrow`)", unlike
    )
    return span(page)


def place(page: Any, share: float) -> tuple[float, float]:
    """Return a place in the plot, so far from its left to its right."""
    page.locator(".chart").scroll_into_view_if_needed()
    box = page.locator(".chart .u-over").first.bounding_box()
    return box["x"] + box["width"] * share, box["y"] + box["height"] / 2


def test_the_wheel_looks_nearer_around_the_pointer_and_back(open_page: Opener) -> None:
    page = open_page()
    x, y = place(page, 0.5)
    page.wait_for_timeout(400)  # a page that is still being scrolled is scrolled on

    page.mouse.move(x, y)
    page.mouse.wheel(0, -700)
    near = wait_for_span(page, FITTED)
    page.dblclick(".chart .u-over >> nth=0")
    back = wait_for_span(page, near)

    hours = [int(part) for part in re.findall(r"(\d\d):\d\d", near)]
    assert hours[0] < 12 <= hours[1]
    assert hours[1] - hours[0] < 8
    assert back == FITTED


def test_a_wheel_that_scrolls_the_page_is_not_caught_by_the_chart(open_page: Opener) -> None:
    page = open_page(viewport={"width": 1280, "height": 400})
    x, y = place(page, 0.5)

    page.mouse.move(x, y)
    page.mouse.wheel(0, 300)  # all is in sight already: there is nothing farther

    until(page, "scrollY > 0")
    assert span(page) == FITTED


def test_what_is_drawn_over_is_what_is_looked_at(open_page: Opener) -> None:
    page = open_page()
    (left, y), (right, _) = place(page, 0.25), place(page, 0.5)

    page.mouse.move(left, y)
    page.mouse.down()
    page.mouse.move(right, y, steps=4)
    assert page.locator(".selection").count() == 1
    page.mouse.up()

    near = wait_for_span(page, FITTED)
    assert re.search(r"0[56]:\d\d to 1[12]:\d\d", near)
    assert page.locator(".selection").count() == 0


def test_two_fingers_pinch_and_one_reads(open_page: Opener) -> None:
    page = open_page(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    (x, y), (other, _) = place(page, 0.4), place(page, 0.6)
    touch = page.context.new_cdp_session(page)

    def send(kind: str, *points: float) -> None:
        places = [{"x": at, "y": y, "id": n} for n, at in enumerate(points)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    send("touchStart", x)
    until(page, "document.querySelector('.legend-label').textContent === 'At'")
    send("touchEnd")
    send("touchStart", x, other)
    for spread in (10, 30, 60):
        send("touchMove", x - spread, other + spread)
    send("touchEnd")

    assert wait_for_span(page, FITTED) != FITTED


def test_keys_look_nearer_move_and_come_back(open_page: Opener) -> None:
    page = open_page()
    page.focus(".chart")

    page.keyboard.press("Home")
    for _ in range(6):
        page.keyboard.press("PageUp")
    page.keyboard.press("+")
    near = wait_for_span(page, FITTED)
    page.keyboard.press("+")
    nearer = wait_for_span(page, near)
    page.keyboard.press("Shift+ArrowRight")
    later = wait_for_span(page, nearer)
    page.keyboard.press("-")
    wait_for_span(page, later)
    page.keyboard.press("0")
    until(page, f"document.querySelector('.chart').getAttribute('aria-label').includes('{FITTED}. ')")

    assert near == f"{FITTED}, 03:00 to 15:00"
    assert nearer == f"{FITTED}, 04:30 to 10:30"
    assert later == f"{FITTED}, 07:30 to 13:30"


def test_five_seconds_can_be_looked_at_and_read(open_page: Opener, stub: Stub) -> None:
    page = open_page()
    page.focus(".chart")
    page.keyboard.press("Home")

    for _ in range(20):
        page.keyboard.press("+")
    until(page, "/:\\d\\d:\\d\\d to /.test(document.querySelector('.chart').getAttribute('aria-label'))")
    for _ in range(500):  # the answers come when they come
        spans = [float(params["end"]) - float(params["start"]) for name, params in stub.asked if name == "series"]
        if min(spans, default=99) <= 20:
            break
        page.wait_for_timeout(40)

    assert min(spans) <= 20
    until(page, "/^\\d\\d:\\d\\d:\\d\\d: /.test(document.querySelector('.chart').getAttribute('aria-valuetext'))")
    assert "Home using" in page.get_attribute(".chart", "aria-valuetext")


def test_years_can_be_looked_at(open_page: Opener, stub: Stub) -> None:
    page = open_page()
    until(page, "performance.getEntriesByName(new URL('./api/extent', location.href).href).length > 0")

    for _ in range(12):
        page.click("[aria-label='Longer span']")

    until(page, "document.querySelector('.chart').getAttribute('aria-label').includes('2024')")
    assert span(page) == "Fri 1 Mar 2024 to Sun 21 Jun 2026"


def test_the_pointer_tells_the_values(open_page: Opener) -> None:
    page = open_page()
    x, y = place(page, 8.6 / 24)

    page.mouse.move(x, y)

    until(page, "document.querySelector('.legend-time').innerText.includes('08:3')")
    assert "using" in page.inner_text(".legend")
    page.mouse.move(5, 5)
    until(page, "document.querySelector('.legend-label').textContent === 'Latest'")


def test_what_is_seen_can_be_saved_as_csv(open_page: Opener) -> None:
    page = open_page()

    with page.expect_download() as download:
        page.click("button:text-is('CSV')")

    rows = list(csv.reader(io.StringIO(Path(download.value.path()).read_text("utf-8"))))
    assert download.value.suggested_filename == "forebay-power-of-the-day-2026-06-21T00-00-00.csv"
    assert rows[0][:3] == ["from (America/Los_Angeles)", "to", "Solar [kW]"]
    assert rows[0][-1] == "Charge [%]"
    assert rows[1][0] == "2026-06-21T00:00:00-07:00"
    assert len(rows) > 700


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_seen_can_be_saved_as_a_picture_in_either_colour(open_page: Opener, scheme: str) -> None:
    page = open_page(color_scheme=scheme)

    with page.expect_download() as download:
        page.click("button:text-is('PNG')")

    content = Path(download.value.path()).read_bytes()
    assert content.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", content[16:24])
    assert width > 600
    assert height > 400
    assert download.value.suggested_filename.endswith(".png")
    seen = page.evaluate(GROUND, base64.b64encode(content).decode())
    assert (sum(seen["corner"][:3]) > 600) is (scheme == "light")
    assert seen["colours"] > 20


def test_a_put_away_curve_is_neither_drawn_nor_forgotten(open_page: Opener) -> None:
    page = open_page()

    page.click(".curve-key >> text=Solar")

    assert page.get_attribute(".curve-key >> nth=0", "aria-pressed") == "false"
    page.focus(".chart")
    page.keyboard.press("+")
    wait_for_span(page, FITTED)
    assert page.get_attribute(".curve-key >> nth=0", "aria-pressed") == "false"


def test_a_server_that_refuses_is_told_below_the_chart(open_page: Opener, stub: Stub) -> None:
    stub.answers["series"] = (503, {"error": "The disk is away.", "advice": "Put it back."})
    page = open_page()
    page.focus(".chart")

    page.keyboard.press("+")

    page.wait_for_selector("text=The disk is away. Put it back.")
