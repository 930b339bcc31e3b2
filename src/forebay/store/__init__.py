"""The embedded time series: what was read, kept in one file. May import: errors, clock, records."""

from forebay.store.store import Store

__all__ = ["Store"]
