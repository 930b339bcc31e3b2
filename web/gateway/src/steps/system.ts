/** Steps of the system as a whole: welcome, running and stopping, operation, update, finishing. */

import { appPercent, wirePercent } from "../flow";
import { at, choice, from, number, option, type Action, type Reads, type Step, type Values } from "../model";

const RUN: Action = {
  row: "SITEMASTER_RUN",
  title: "Run the system",
  about: "Starts the Powerwall and the measuring of solar, grid, Powerwall and home.",
};

const APPLY: Action = {
  row: "CONFIG_COMPLETED",
  title: "Apply the changes",
  about: "What was changed before takes effect now, and this set-up counts as one more commissioning.",
};

export const WELCOME: Step = {
  id: "welcome",
  title: "Welcome",
  lead: "This wizard sets the gateway up: the Linux server that switches your power between grid, Powerwall and home.",
  warning:
    "Be careful with changes. Note what stood there before, change one thing at a time, and leave what you do not know. " +
    "Do not unscrew any panel of the gateway or the Powerwall: high voltage and high current are behind them.",
  panels: [
    { title: "This gateway", shows: ["STATUS", "CONFIG", "SITEMASTER"] },
    { title: "Radios and their approvals", shows: ["RADIOS"] },
  ],
};

const STOPS = "The Powerwall will neither charge nor discharge, and solar, grid, Powerwall and home will not be measured, until the system is run again. ";

export const POWER: Step = {
  id: "system",
  title: "Run and stop",
  lead: "The system runs or is stopped. Some tests of the installer's need it stopped; a home needs it running.",
  moves: true,
  panels: [
    {
      title: "The system",
      shows: ["SITEMASTER", "SYSTEM_STATUS", "STATE_OF_ENERGY"],
      actions: [
        RUN,
        {
          row: "RUN_FOR_COMMISSIONING",
          title: "Run for commissioning",
          about: "Runs the system so that its installation can be examined.",
          warn: "The Powerwall starts to charge or discharge as the tests ask for.",
        },
        {
          row: "SITEMASTER_STOP",
          title: "Stop the system",
          warn: `${STOPS}If the system is busy, the gateway refuses.`,
        },
        {
          row: "SITEMASTER_STOP_POST",
          title: "Stop the system",
          fields: [{ name: "force", label: "Stop even if the system is busy", kind: "check" }],
          warn: STOPS,
        },
      ],
    },
    {
      title: "The grid",
      shows: ["GRID_STATUS", "GRID_FAULTS", "METERS_SITE", "METERS_SOLAR"],
      actions: [
        {
          row: "ISLANDING",
          title: "Leave or join the grid",
          about: "Off-grid, the home lives on solar and the Powerwall alone, until you join the grid again.",
          fields: [
            choice("island_mode", "The home is to be", [
              option("backup", "On the grid"),
              option("intentional_reconnect_failsafe", "Off-grid, on purpose"),
            ]),
          ],
          warn: "Off-grid, the home goes dark when the Powerwall is empty. Joining takes up to half a minute.",
        },
      ],
    },
    {
      title: "Setting up by itself",
      shows: ["AUTOCONFIG"],
      actions: [
        { row: "AUTOCONFIG_RUN", title: "Let it begin", warn: "The gateway finds and sets its parts anew." },
        { row: "AUTOCONFIG_RETRY", title: "Let it try again", warn: "The gateway finds and sets its parts anew." },
        { row: "AUTOCONFIG_CANCEL", title: "Cancel it" },
      ],
    },
  ],
};

const MODES = [
  option("self_consumption", "Self-powered"),
  option("backup", "Backup-only"),
  option("autonomous", "Time-Based Control"),
  option("scheduler", "Aggregation (not supported by gateways now)"),
];

const modeOf = (reads: Reads): string | undefined => {
  const mode = at(reads, "OPERATION", "real_mode") ?? at(reads, "OPERATION", "mode");
  return typeof mode === "string" ? mode : undefined;
};

/** The body of POST /api/operation: the mode under the name that this release uses, the reserve on its own scale. */
export function operationBody(values: Values, reads: Reads): unknown {
  const isOld = at(reads, "OPERATION", "mode") !== undefined;
  const limit = String(values["max_pv_export_power_kW"] ?? "");
  return {
    [isOld ? "mode" : "real_mode"]: values["mode"],
    backup_reserve_percent: wirePercent(Number(values["reserve"])),
    max_pv_export_power_kW: limit === "" ? null : Number(limit),
  };
}

export const OPERATION: Step = {
  id: "operation",
  title: "Operation",
  lead: "What the Powerwall is for, and how much of its charge is kept for an outage.",
  warning: "A change is only staged at first. Apply it to put it into force, then see to it that the system runs.",
  panels: [
    {
      title: "Operation",
      about: "The app hides the lowest 5 % of the charge: the gateway's own number is 0.95 times the app's, plus 5.",
      shows: ["OPERATION"],
      actions: [
        {
          row: "SET_OPERATION",
          title: "Stage this operation",
          fields: [
            choice("mode", "Mode", MODES, { initial: modeOf }),
            number("reserve", "Reserve for Power Outages", {
              unit: "%",
              least: 0,
              most: 100,
              hint: "As in the app, 0 to 100.",
              initial: (reads) => {
                const wire = at(reads, "OPERATION", "backup_reserve_percent");
                return typeof wire === "number" ? String(Math.round(appPercent(wire) * 10) / 10) : undefined;
              },
            }),
            number("max_pv_export_power_kW", "Most solar power sent to the grid", {
              unit: "kW",
              least: 0,
              optional: true,
              hint: "Left empty there is no limit.",
              initial: from("OPERATION", "max_pv_export_power_kW"),
            }),
          ],
          body: operationBody,
        },
        APPLY,
        RUN,
      ],
    },
  ],
};

export const UPDATE: Step = {
  id: "update",
  title: "Firmware",
  lead: "Which firmware runs, and whether there is a newer one.",
  moves: true,
  panels: [
    {
      title: "Firmware update",
      shows: ["STATUS", "UPDATE_STATUS", "UPDATE_URGENCY"],
      actions: [
        { row: "CHECK_UPDATE", title: "Check for an update", query: "?force=true" },
        {
          row: "INSTALL_UPDATE",
          title: "Install the update",
          warn:
            "The Powerwall stops for about 15 minutes while the update is installed, and during an outage in that time " +
            "the home is dark. Choose an hour at which that costs little.",
        },
      ],
    },
  ],
};

export const FINISH: Step = {
  id: "finish",
  title: "Finish",
  lead: "Put what was changed into force, leave the system running, and log out.",
  panels: [{ title: "Into force", shows: ["STATUS", "SITEMASTER"], actions: [APPLY, RUN] }],
};
