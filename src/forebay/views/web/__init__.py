"""The dashboard: its API, its live events and its static files, as one ASGI application."""

from forebay.views.web.app import build, stop_streams

__all__ = ["build", "stop_streams"]
