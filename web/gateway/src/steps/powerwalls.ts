/** Steps of the Powerwalls, of the test of the whole system, and of the passwords. */

import { choice, from, option, secret, type Field, type Step } from "../model";

const USES = [option("Backup", "Backed up"), option("NonBackup", "Not backed up"), option("NotConfigured", "Not set")];
const phase = (number: string): Field =>
  choice(`phase${number}`, `Phase ${number}`, USES, { initial: from("PHASE_USAGES", `phase${number}`) });

const RESTS = "Each Powerwall rests while it gets the gateway's firmware.";
const IN_TURN = "Each Powerwall is asked for power in turn.";

export const POWERWALLS: Step = {
  id: "powerwalls",
  title: "Powerwalls",
  lead: "The Powerwalls that the gateway found, and the phases of the home that they carry.",
  moves: true,
  panels: [
    {
      title: "Powerwalls",
      shows: ["POWERWALLS", "PACK_STATUS", "PACKAGE_NUMBERS"],
      actions: [
        {
          row: "SCAN_PACKS",
          title: "Look for Powerwalls",
          warn: "The gateway counts its Powerwalls anew; one whose switch is off is not found.",
        },
        {
          row: "UPDATE_PACKS",
          title: "Update the Powerwalls",
          warn: RESTS,
        },
        { row: "UPDATE_PACKS_READ", title: "Update the Powerwalls (by GET)", warn: RESTS },
        {
          row: "VITALS",
          title: "Save the vitals",
          about: "Every measurement of every part, in the gateway's binary form (protobuf).",
          file: "vitals.bin",
        },
      ],
    },
    {
      title: "Phases",
      shows: ["PHASE_USAGES"],
      actions: [
        {
          row: "DETECT_PHASES",
          title: "Find the phase of each Powerwall",
          warn: IN_TURN,
        },
        { row: "PHASE_DETECTION_READ", title: "Find the phase of each Powerwall (by GET)", warn: IN_TURN },
        {
          row: "SET_PHASE_USAGES",
          title: "Set how the phases are used",
          fields: [phase("1"), phase("2"), phase("3")],
          warn: "A phase that is not backed up goes dark with the grid.",
        },
      ],
    },
  ],
};

export const TESTS: Step = {
  id: "tests",
  title: "System test",
  lead: "The Powerwall charges at several powers while the meters are compared with what they should read.",
  moves: true,
  panels: [
    {
      title: "Test of inverters and meters",
      shows: ["TESTING"],
      actions: [
        {
          row: "START_TESTING",
          title: "Start the test",
          about: "For the test the system must be stopped; it runs it by itself.",
          warn: "The Powerwall charges at up to 2 kW from the grid for some minutes.",
        },
        { row: "CANCEL_TESTING", title: "Cancel the test" },
      ],
    },
  ],
};

const old = secret("old_password", "Present password");
const fresh = secret("new_password", "New password");

/** Ways to a new password without logging in; the login page offers them too. */
export const PASSWORD_PANEL = {
  title: "The customer's password",
  actions: [
    {
      row: "CHANGE_PASSWORD",
      title: "Change the password",
      fields: [old, fresh],
    },
    {
      row: "RESET_PASSWORD",
      title: "Set a new password by the serial number",
      about: "The serial number stands inside the gateway's door; write an S before it.",
      fields: [secret("old_password", "S and the gateway's serial number"), fresh],
    },
  ],
} as const;

export const PASSWORDS: Step = {
  id: "passwords",
  title: "Passwords",
  lead: "The password by which the customer logs in.",
  panels: [
    PASSWORD_PANEL,
    {
      title: "A password made by the gateway",
      actions: [
        {
          row: "GENERATE_PASSWORD",
          title: "Make a password",
          warn: "The present password stops working. The new one is shown once: write it down.",
          showsReply: true,
        },
        {
          row: "CHANGE_DEFAULT_PASSWORD",
          title: "Replace the default password",
          warn: "The default password stops working. The new one is shown once: write it down.",
          showsReply: true,
        },
      ],
    },
  ],
};
