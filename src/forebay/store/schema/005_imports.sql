-- What came from elsewhere (another program's history, a utility's bill), apart from what was recorded here.
CREATE TABLE imports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    gateway_id INTEGER NOT NULL REFERENCES gateways (id),
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    is_metered INTEGER NOT NULL,
    step_ms INTEGER NOT NULL,
    start_ms INTEGER NOT NULL,
    end_ms INTEGER NOT NULL,
    n INTEGER NOT NULL,
    decisions TEXT NOT NULL
) STRICT;

-- The intervals of an import, by the day (UTC) they begin in, packed as store/packed.py says.
CREATE TABLE imported_days (
    import_id INTEGER NOT NULL REFERENCES imports (id),
    day_ms INTEGER NOT NULL,
    n INTEGER NOT NULL,
    packed BLOB NOT NULL,
    PRIMARY KEY (import_id, day_ms)
) STRICT, WITHOUT ROWID;

-- All imports of a gateway put together, as counters that stand still where nothing is known: the energy [Wh] and the
-- known time [ms] of each flow, what fed what [Wh], and the charge summed up over time [% h] with its known time [ms],
-- from the first import until at_ms. Made from imported_days (store/merged.py); rows lie on quarters of an hour.
CREATE TABLE imported_sums (
    gateway_id INTEGER NOT NULL REFERENCES gateways (id),
    at_ms INTEGER NOT NULL,
    solar_wh REAL NOT NULL,
    home_wh REAL NOT NULL,
    grid_in_wh REAL NOT NULL,
    grid_out_wh REAL NOT NULL,
    battery_in_wh REAL NOT NULL,
    battery_out_wh REAL NOT NULL,
    solar_ms INTEGER NOT NULL,
    home_ms INTEGER NOT NULL,
    grid_in_ms INTEGER NOT NULL,
    grid_out_ms INTEGER NOT NULL,
    battery_in_ms INTEGER NOT NULL,
    battery_out_ms INTEGER NOT NULL,
    solar_to_home_wh REAL NOT NULL,
    solar_to_battery_wh REAL NOT NULL,
    solar_to_grid_wh REAL NOT NULL,
    battery_to_home_wh REAL NOT NULL,
    battery_to_grid_wh REAL NOT NULL,
    grid_to_home_wh REAL NOT NULL,
    grid_to_battery_wh REAL NOT NULL,
    charge_pct_h REAL NOT NULL,
    charge_ms INTEGER NOT NULL,
    PRIMARY KEY (gateway_id, at_ms)
) STRICT, WITHOUT ROWID;
