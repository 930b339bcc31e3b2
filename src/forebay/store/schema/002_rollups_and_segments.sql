-- Readings put together by minute and by quarter of an hour (UTC): how many knew the signal, their sum and extremes.
-- A row is final once a later reading has come. Days and months are made of quarters: every time zone keeps to them.
CREATE TABLE minutes (
    gateway_id INTEGER NOT NULL REFERENCES gateways (id),
    start_ms INTEGER NOT NULL,
    n INTEGER NOT NULL,
    site_power_w_n INTEGER NOT NULL,
    site_power_w_sum REAL,
    site_power_w_min REAL,
    site_power_w_max REAL,
    battery_power_w_n INTEGER NOT NULL,
    battery_power_w_sum REAL,
    battery_power_w_min REAL,
    battery_power_w_max REAL,
    load_power_w_n INTEGER NOT NULL,
    load_power_w_sum REAL,
    load_power_w_min REAL,
    load_power_w_max REAL,
    solar_power_w_n INTEGER NOT NULL,
    solar_power_w_sum REAL,
    solar_power_w_min REAL,
    solar_power_w_max REAL,
    charge_wire_pct_n INTEGER NOT NULL,
    charge_wire_pct_sum REAL,
    charge_wire_pct_min REAL,
    charge_wire_pct_max REAL,
    site_voltage_v_n INTEGER NOT NULL,
    site_voltage_v_sum REAL,
    site_voltage_v_min REAL,
    site_voltage_v_max REAL,
    site_frequency_hz_n INTEGER NOT NULL,
    site_frequency_hz_sum REAL,
    site_frequency_hz_min REAL,
    site_frequency_hz_max REAL,
    battery_frequency_hz_n INTEGER NOT NULL,
    battery_frequency_hz_sum REAL,
    battery_frequency_hz_min REAL,
    battery_frequency_hz_max REAL,
    PRIMARY KEY (gateway_id, start_ms)
) STRICT, WITHOUT ROWID;

INSERT INTO minutes
SELECT
    gateway_id, at_ms - at_ms % 60000, count(*),
    count(site_power_w), sum(site_power_w), min(site_power_w), max(site_power_w),
    count(battery_power_w), sum(battery_power_w), min(battery_power_w), max(battery_power_w),
    count(load_power_w), sum(load_power_w), min(load_power_w), max(load_power_w),
    count(solar_power_w), sum(solar_power_w), min(solar_power_w), max(solar_power_w),
    count(charge_wire_pct), sum(charge_wire_pct), min(charge_wire_pct), max(charge_wire_pct),
    count(site_voltage_v), sum(site_voltage_v), min(site_voltage_v), max(site_voltage_v),
    count(site_frequency_hz), sum(site_frequency_hz), min(site_frequency_hz), max(site_frequency_hz),
    count(battery_frequency_hz), sum(battery_frequency_hz), min(battery_frequency_hz), max(battery_frequency_hz)
FROM samples
GROUP BY 1, 2;

CREATE TABLE quarters (
    gateway_id INTEGER NOT NULL REFERENCES gateways (id),
    start_ms INTEGER NOT NULL,
    n INTEGER NOT NULL,
    site_power_w_n INTEGER NOT NULL,
    site_power_w_sum REAL,
    site_power_w_min REAL,
    site_power_w_max REAL,
    battery_power_w_n INTEGER NOT NULL,
    battery_power_w_sum REAL,
    battery_power_w_min REAL,
    battery_power_w_max REAL,
    load_power_w_n INTEGER NOT NULL,
    load_power_w_sum REAL,
    load_power_w_min REAL,
    load_power_w_max REAL,
    solar_power_w_n INTEGER NOT NULL,
    solar_power_w_sum REAL,
    solar_power_w_min REAL,
    solar_power_w_max REAL,
    charge_wire_pct_n INTEGER NOT NULL,
    charge_wire_pct_sum REAL,
    charge_wire_pct_min REAL,
    charge_wire_pct_max REAL,
    site_voltage_v_n INTEGER NOT NULL,
    site_voltage_v_sum REAL,
    site_voltage_v_min REAL,
    site_voltage_v_max REAL,
    site_frequency_hz_n INTEGER NOT NULL,
    site_frequency_hz_sum REAL,
    site_frequency_hz_min REAL,
    site_frequency_hz_max REAL,
    battery_frequency_hz_n INTEGER NOT NULL,
    battery_frequency_hz_sum REAL,
    battery_frequency_hz_min REAL,
    battery_frequency_hz_max REAL,
    PRIMARY KEY (gateway_id, start_ms)
) STRICT, WITHOUT ROWID;

INSERT INTO quarters
SELECT
    gateway_id, at_ms - at_ms % 900000, count(*),
    count(site_power_w), sum(site_power_w), min(site_power_w), max(site_power_w),
    count(battery_power_w), sum(battery_power_w), min(battery_power_w), max(battery_power_w),
    count(load_power_w), sum(load_power_w), min(load_power_w), max(load_power_w),
    count(solar_power_w), sum(solar_power_w), min(solar_power_w), max(solar_power_w),
    count(charge_wire_pct), sum(charge_wire_pct), min(charge_wire_pct), max(charge_wire_pct),
    count(site_voltage_v), sum(site_voltage_v), min(site_voltage_v), max(site_voltage_v),
    count(site_frequency_hz), sum(site_frequency_hz), min(site_frequency_hz), max(site_frequency_hz),
    count(battery_frequency_hz), sum(battery_frequency_hz), min(battery_frequency_hz), max(battery_frequency_hz)
FROM samples
GROUP BY 1, 2;

-- Spans whose raw readings are in a Parquet file beside this one, half-open; of `samples` the readings next to each
-- quarter of an hour stay here too, so that the counters at every edge are at hand.
CREATE TABLE segments (
    gateway_id INTEGER NOT NULL REFERENCES gateways (id),
    kind TEXT NOT NULL,
    start_ms INTEGER NOT NULL,
    end_ms INTEGER NOT NULL,
    file TEXT NOT NULL,
    n INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (gateway_id, kind, start_ms)
) STRICT, WITHOUT ROWID;

-- What fed what, by quarter of an hour: how many readings knew it, and the sum of each part's power (records/flows.py).
CREATE TABLE fed (
    gateway_id INTEGER NOT NULL REFERENCES gateways (id),
    start_ms INTEGER NOT NULL,
    n INTEGER NOT NULL,
    solar_to_home_sum REAL NOT NULL,
    solar_to_battery_sum REAL NOT NULL,
    solar_to_grid_sum REAL NOT NULL,
    battery_to_home_sum REAL NOT NULL,
    battery_to_grid_sum REAL NOT NULL,
    grid_to_home_sum REAL NOT NULL,
    grid_to_battery_sum REAL NOT NULL,
    PRIMARY KEY (gateway_id, start_ms)
) STRICT, WITHOUT ROWID;

INSERT INTO fed
SELECT
    gateway_id, at_ms - at_ms % 900000, count(*),
    sum(sh), sum(sb), sum(s - sh - sb), sum(min(d, h - sh)), sum(d - min(d, h - sh)), sum(h - sh - min(d, h - sh)), sum(c - sb)
FROM (
    SELECT *, min(s - sh, c) AS sb
    FROM (
        SELECT *, min(s, h) AS sh
        FROM (
            SELECT
                gateway_id,
                at_ms,
                max(0.0, coalesce(solar_power_w, 0.0)) AS s,
                max(0.0, battery_power_w) AS d,
                max(0.0, -battery_power_w) AS c,
                max(0.0, coalesce(solar_power_w, 0.0) + battery_power_w + site_power_w) AS h
            FROM samples
            WHERE battery_power_w IS NOT NULL AND site_power_w IS NOT NULL
        )
    )
)
GROUP BY 1, 2;
