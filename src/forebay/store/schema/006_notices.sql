-- What people are told of. Times are of the recording's own time.
-- How each subject of each rule stands: since when it holds, when it was told last, whether what holds now was told, and
-- since when the opposite is seen.
CREATE TABLE notify_states (
    gateway_id INTEGER NOT NULL REFERENCES gateways (id),
    rule TEXT NOT NULL,
    subject TEXT NOT NULL,
    begun_ms INTEGER,
    told_ms INTEGER,
    is_told INTEGER NOT NULL,
    turn_ms INTEGER,
    PRIMARY KEY (gateway_id, rule, subject)
) STRICT, WITHOUT ROWID;

-- The news, each once by its id, as the document that is sent.
CREATE TABLE notices (
    id TEXT PRIMARY KEY,
    gateway_id INTEGER NOT NULL REFERENCES gateways (id),
    at_ms INTEGER NOT NULL,
    rule TEXT NOT NULL,
    subject TEXT NOT NULL,
    edge TEXT NOT NULL,
    message TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX notices_by_time ON notices (gateway_id, at_ms);

-- To whom each goes, not before due_ms. state: waiting, sent or dropped. at_ms: when it was, or was last tried.
CREATE TABLE notice_deliveries (
    notice_id TEXT NOT NULL REFERENCES notices (id),
    channel TEXT NOT NULL,
    due_ms INTEGER NOT NULL,
    state TEXT NOT NULL,
    at_ms INTEGER,
    problem TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (notice_id, channel)
) STRICT, WITHOUT ROWID;

CREATE INDEX notices_waiting ON notice_deliveries (channel, due_ms) WHERE state = 'waiting';
