-- One row per gateway; every other table is keyed by its id.
CREATE TABLE gateways (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    din_hash TEXT,
    site_name TEXT,
    timezone TEXT,
    connection TEXT,
    tempo TEXT
) STRICT;

-- Raw readings, at_ms in milliseconds since 1970 UTC of the recording's time. NULL is "not known", never 0.
CREATE TABLE samples (
    gateway_id INTEGER NOT NULL REFERENCES gateways (id),
    at_ms INTEGER NOT NULL,
    site_power_w REAL,
    battery_power_w REAL,
    load_power_w REAL,
    solar_power_w REAL,
    site_import_wh REAL,
    site_export_wh REAL,
    solar_export_wh REAL,
    solar_import_wh REAL,
    battery_discharge_wh REAL,
    battery_charge_wh REAL,
    load_wh REAL,
    charge_wire_pct REAL,
    grid_state TEXT,
    grid_services_active INTEGER,
    site_voltage_v REAL,
    site_frequency_hz REAL,
    battery_frequency_hz REAL,
    PRIMARY KEY (gateway_id, at_ms)
) STRICT, WITHOUT ROWID;

CREATE TABLE slow_samples (
    gateway_id INTEGER NOT NULL REFERENCES gateways (id),
    at_ms INTEGER NOT NULL,
    pack_full_wh REAL,
    pack_remaining_wh REAL,
    pack_count INTEGER,
    operation_mode TEXT,
    reserve_wire_pct REAL,
    firmware TEXT,
    uptime_s REAL,
    sitemaster_running INTEGER,
    vendor_connected INTEGER,
    update_state TEXT,
    grid_alerts TEXT,
    PRIMARY KEY (gateway_id, at_ms)
) STRICT, WITHOUT ROWID;

-- Time without readings, half-open; end_ms is NULL while it lasts.
CREATE TABLE gaps (
    gateway_id INTEGER NOT NULL REFERENCES gateways (id),
    start_ms INTEGER NOT NULL,
    end_ms INTEGER,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (gateway_id, start_ms)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX open_gaps ON gaps (gateway_id) WHERE end_ms IS NULL;

-- Since when a counter is known at all.
CREATE TABLE counters (
    gateway_id INTEGER NOT NULL REFERENCES gateways (id),
    signal TEXT NOT NULL,
    first_ms INTEGER NOT NULL,
    PRIMARY KEY (gateway_id, signal)
) STRICT, WITHOUT ROWID;

-- Steps of a counter that no house can make: kept out of every sum.
-- fill_wh is what the recorded power says instead, NULL where it cannot tell.
CREATE TABLE refused_steps (
    gateway_id INTEGER NOT NULL REFERENCES gateways (id),
    signal TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    since_ms INTEGER NOT NULL,
    step_wh REAL NOT NULL,
    fill_wh REAL,
    PRIMARY KEY (gateway_id, signal, at_ms)
) STRICT, WITHOUT ROWID;

-- What happened to the recording, in words.
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    gateway_id INTEGER NOT NULL REFERENCES gateways (id),
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;

CREATE INDEX events_by_time ON events (gateway_id, at_ms);
