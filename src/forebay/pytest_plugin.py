"""The pytest plugin: fixtures that give a running gateway; costs nothing in tests that use none.

Installing forebay is enough: pytest finds it by its entry point.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from forebay.testing import EmulatedGateway

MARK = "powerwall"
_STARTED = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        f"{MARK}(home, firmware, scenario, seed, start, speed, password, host, port, server): "
        "how powerwall_gateway starts; see forebay.testing.gateway",
    )


@pytest.fixture
def powerwall_gateway(request: pytest.FixtureRequest) -> Iterator[EmulatedGateway]:
    """Give a running gateway with a home of its own, as the marker `powerwall` of the test says."""
    from forebay.testing import gateway

    _open_sockets(request)
    with gateway(**_settings(request, {})) as running:
        yield running


@pytest.fixture
def powerwall_gateways(request: pytest.FixtureRequest) -> Iterator[Callable[..., EmulatedGateway]]:
    """Give a function that starts one gateway more; it takes what the marker takes, on top of what that says.

    Each is another house with serial numbers of its own: where nobody gives a seed, it counts on.
    """
    from forebay.testing import gateway

    _open_sockets(request)
    with contextlib.ExitStack() as running:

        def start(**settings: Any) -> EmulatedGateway:
            return running.enter_context(gateway(**_settings(request, settings)))

        yield start


def _open_sockets(request: pytest.FixtureRequest) -> None:
    """Ask pytest-socket, where a suite forbids sockets by it, for those of a test that has a gateway."""
    with contextlib.suppress(pytest.FixtureLookupError):
        request.getfixturevalue("socket_enabled")


def _settings(request: pytest.FixtureRequest, called: dict[str, Any]) -> dict[str, Any]:
    """Return how the test's next gateway starts: as the markers say, the nearest first, and before them the call."""
    import inspect

    from forebay.testing import gateway

    settings: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers(MARK))):
        if marker.args:
            raise pytest.UsageError(f"@pytest.mark.{MARK} takes keywords only, such as firmware='21.44'")
        settings |= marker.kwargs
    known = inspect.signature(gateway).parameters
    if unknown := [key for key in settings if key not in known]:
        raise pytest.UsageError(f"@pytest.mark.{MARK} does not know {', '.join(unknown)}; it knows {', '.join(known)}")
    number = request.node.stash.get(_STARTED, 0)
    request.node.stash[_STARTED] = number + 1
    return {"seed": known["seed"].default + number, **settings, **called}
