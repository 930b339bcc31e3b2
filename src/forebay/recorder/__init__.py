"""Polls a gateway and appends to the store. May import: errors, clock, wire, records, client, store."""

from forebay.recorder.asking import Caller
from forebay.recorder.recorder import ClockSource, Recorder

__all__ = ["Caller", "ClockSource", "Recorder"]
