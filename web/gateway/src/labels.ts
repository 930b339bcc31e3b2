/** Words for the gateway's own names of things; what has none is made readable. */

const LABELS: Record<string, string> = {
  backup_reserve_percent: "Reserve for Power Outages",
  can_reboot: "May be stopped",
  commission_count: "Commissionings so far",
  connected_to_tesla: "Connected to the maker",
  cts: "Clamps",
  ct: "Clamp",
  customer_id: "Company's number",
  f_Hz: "Frequency [Hz]",
  freq_shift_load_shed_delta_f: "Loads are shed at a shift of [Hz]",
  freq_shift_load_shed_soe: "Loads are shed at a charge of [%]",
  git_hash: "Build",
  gateway_din: "Gateway",
  grid_freq_setting: "Frequency [Hz]",
  grid_phase_setting: "Phases",
  grid_voltage_setting: "Voltage [V]",
  has_sync: "In step with each other",
  ip_address: "IP address",
  is_dhcp: "Address by itself (DHCP)",
  dhcp: "Address by itself (DHCP)",
  max_pv_export_power_kW: "Most solar power sent to the grid [kW]",
  mode: "Mode",
  real_mode: "Mode",
  PackagePartNumber: "Part number",
  PackageSerialNumber: "Serial number",
  percentage: "Charge on the gateway's scale [%]",
  power_rating_watts: "Greatest power [W]",
  site_name: "Site name",
  ssid: "Network",
  start_time: "Started",
  timezone: "Time zone",
  up_time_seconds: "Up for",
  vin: "Part and serial number",
  zip: "ZIP code",
  p_W: "Power [W]",
  v_V: "Voltage [V]",
  q_VAR: "Reactive power [VAR]",
  eExp_Ws: "Exported [Ws]",
  eImp_Ws: "Imported [Ws]",
  fcc_id: "FCC ID",
  ic_id: "IC ID",
};

const ROWS: Record<string, string> = {
  ACCESS_POINTS: "Wi-Fi networks in reach",
  AUTOCONFIG: "Setting up by itself",
  CLAMP_PHASES: "Phases of the clamps",
  CLIENT_PROTOCOLS: "Protocols",
  CONFIG: "Number",
  CONN_TESTS: "Connectivity test",
  CUSTOMER: "Customer",
  DISCONNECT_TYPES: "Ways to cut a generator off",
  EXTRA_PROGRAMS: "Programs",
  GENERATORS: "Generator",
  GRID_CODES: "Grid codes",
  GRID_FAULTS: "Recent grid alerts",
  GRID_STATUS: "Grid",
  INSTALLER: "Installer",
  INVERTER_METER: "The inverter's own meter",
  METER_READINGS: "Readings",
  METER_SETUP: "Setting up of a meter",
  METERS: "Meters",
  METERS_SITE: "Site meter",
  METERS_SOLAR: "Solar meter",
  NETWORKS: "Networks",
  OPERATION: "Operation",
  PACK_STATUS: "State of the examination",
  PACKAGE_NUMBERS: "Package numbers of the inverters",
  PHASE_USAGES: "Phases",
  POWERWALLS: "Powerwalls",
  PROBLEMS: "Problems",
  RADIOS: "Radios",
  REGISTRATION: "Registration",
  SITEMASTER: "System",
  SITE_INFO: "Site and grid code",
  SITE_NAME: "Site",
  SOLARS: "Inverters",
  STATE_OF_ENERGY: "Charge",
  STATUS: "Gateway",
  SYSTEM_NETWORKS: "Saved networks",
  SYSTEM_STATUS: "System in detail",
  TESTING: "Test",
  UPDATE_STATUS: "Update",
  UPDATE_URGENCY: "Urgency of an update",
};

const VALUES: Record<string, string> = {
  self_consumption: "Self-powered",
  backup: "Backup-only",
  autonomous: "Time-Based Control",
  scheduler: "Aggregation",
  StatusUp: "Running",
  StatusDown: "Stopped",
  SystemGridConnected: "Connected",
  SystemIslandedActive: "Down, the Powerwall carries the home",
  "/clear_update_status": "Checking for an update",
  "/update_succeeded": "The last update succeeded",
  "/update_failed": "No update was made",
  "/update_staged": "Being installed",
  "/download": "Being downloaded",
  "/update_downloaded": "Downloaded, ready to be installed",
  "/update_unknown": "Unknown",
  nonactionable: "everything is in order",
  ignoring: "busy with something that must not be interrupted",
  error: "an error",
  EthType: "Ethernet",
  GsmType: "Cellular",
  WifiType: "Wi-Fi",
  FIRMWARE_UPDATE_URGENCY_NONE: "None",
  FIRMWARE_UPDATE_URGENCY_OPTIONAL: "Optional",
  FIRMWARE_UPDATE_URGENCY_REQUIRED: "Required",
  FIRMWARE_UPDATE_URGENCY_INVALID: "Unknown",
  TestNotRun: "Not run",
  TestInitializing: "Beginning",
  TestStartingSM: "Starting the system",
  TestRunning: "Running",
  TestPassed: "Passed",
  TestFailed: "Failed",
  TestCanceled: "Cancelled",
};

const UNIT = /_(kWh?|W|V|A|Hz|VAR|Ws|s)$/;

/** A name such as "lastTeslaConnected" or "nominal_system_power_kW" as words, with its unit. */
export function label(name: string): string {
  const known = LABELS[name];
  if (known) return known;
  if (/\d{4}/.test(name)) return name; // a number that somebody gave it
  const unit = UNIT.exec(name)?.[1];
  if (unit) return `${label(name.replace(UNIT, ""))} [${unit}]`;
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll("_", " ")
    .trim()
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export const rowLabel = (row: string): string => ROWS[row] ?? label(row.toLowerCase());

/** A value of the gateway's as words; what nobody knows is shown as it is. */
export const valueWords = (value: string): string =>
  VALUES[value] ?? (/^[a-z]+(_[a-z]+)+$/.test(value) ? value.replaceAll("_", " ") : value);
