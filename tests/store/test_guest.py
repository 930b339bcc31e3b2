"""A guest beside the writer: it gets its turn, and what the writer has to say waits and is not lost."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from forebay.errors import StoreError
from forebay.store import Store

NAME = "UPDATE gateways SET site_name = ? WHERE id = 1"
ZONE = "UPDATE gateways SET timezone = ? WHERE id = 1"


def test_a_guest_gets_its_turn_when_the_writer_commits_and_the_writer_waits_in_memory(path: Path) -> None:
    with Store.open(path, flush_s=1e9) as store, Store.beside(path) as guest:
        store.gateway_id("house")
        store.database.write([(NAME, ("first",))])
        done = threading.Thread(target=guest.database.write_at_once, args=([(ZONE, ("UTC",))],))
        done.start()
        while not store.database._turn.is_wanted():
            assert done.is_alive()
        store.database.flush()
        store.database.write([(NAME, ("second",))])  # whether or not the guest is done
        done.join(60)
        store.database.flush(60.0)

        assert not done.is_alive()
        assert guest.database.rows("SELECT site_name, timezone FROM gateways") == [("second", "UTC")]


def test_what_is_written_while_another_holds_the_file_waits_in_order(path: Path) -> None:
    with Store.open(path, flush_s=0.0) as store:
        store.gateway_id("house")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            store.database.write([])
            for word in ("one", "two", "three"):
                store.database.write([(NAME, (word,))])
            store.flush()
            unseen = store.database.rows("SELECT site_name FROM gateways")
            other.execute("ROLLBACK")
        store.database.write_at_once([(ZONE, ("UTC",))])

        assert unseen == [(None,)]
        assert store.database.rows("SELECT site_name, timezone FROM gateways") == [("three", "UTC")]


def test_nothing_at_all_that_waited_holds_up_nobody(path: Path) -> None:
    with Store.open(path) as store:
        store.gateway_id("house")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            store.database.write([])
            other.execute("ROLLBACK")
        store.database.write_at_once([(ZONE, ("UTC",))])

        assert store.database.rows("SELECT timezone FROM gateways") == [("UTC",)]


def test_a_guest_may_do_nothing_else_and_there_is_one_at_a_time(path: Path) -> None:
    with Store.beside(path) as guest:
        with pytest.raises(StoreError, match="open for reading only"):
            guest.database.write([(ZONE, ("UTC",))])
        with pytest.raises(StoreError, match=r"another import .* is at work here; wait until it is done"):
            Store.beside(path)
    Store.beside(path).close()
