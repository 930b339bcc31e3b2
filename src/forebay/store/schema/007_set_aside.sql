-- Readings that a clock which was ahead has dated: kept as they were told, no part of the record (decision 0097).
-- kind: the table, of parts with their number. cut_ms: the time at which the clock was set right.
CREATE TABLE set_aside (
    gateway_id INTEGER NOT NULL REFERENCES gateways (id),
    kind TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    cut_ms INTEGER NOT NULL,
    told TEXT NOT NULL,
    PRIMARY KEY (gateway_id, kind, at_ms, cut_ms)
) STRICT, WITHOUT ROWID;
