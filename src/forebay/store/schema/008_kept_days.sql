-- Local days that are over and sealed, put together once (store/kept.py): what is told of them as floats, little-endian.
-- They are made of what is sealed, by the upkeep, and go when that does. what: of whom, such as part/3.
CREATE TABLE kept_days (
    gateway_id INTEGER NOT NULL REFERENCES gateways (id),
    what TEXT NOT NULL,
    start_ms INTEGER NOT NULL,
    end_ms INTEGER NOT NULL,
    told BLOB NOT NULL,
    PRIMARY KEY (gateway_id, what, start_ms)
) STRICT, WITHOUT ROWID;

-- Until when each is put together, and in which time zone.
CREATE TABLE kept_until (
    gateway_id INTEGER NOT NULL REFERENCES gateways (id),
    what TEXT NOT NULL,
    timezone TEXT NOT NULL,
    until_ms INTEGER NOT NULL,
    PRIMARY KEY (gateway_id, what)
) STRICT, WITHOUT ROWID;
