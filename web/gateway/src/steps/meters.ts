/** Steps of the meters and their clamps. */

import { at, choice, from, listed, number, option, text, type Action, type Field, type Reads, type Step, type Values } from "../model";

const KINDS = ["site", "solar", "load", "battery", "solarRGM", "generator", "conductor"].map((kind) => option(kind));
const CLAMP_NAMES = ["1", "2", "3", "4"];

const serials = (reads: Reads) =>
  listed(reads["METERS"]).flatMap((meter) => {
    const serial = at({ meter }, "meter", "serial");
    const kind = at({ meter }, "meter", "type");
    return typeof serial === "string" ? [option(serial, typeof kind === "string" ? `${serial} (${kind})` : serial)] : [];
  });

/** The meter that an action is about; which one stands first by itself. */
const METER: Field = choice("serial", "Meter", serials, { initial: (reads) => serials(reads)[0]?.value });

const named: readonly Field[] = [
  choice("location", "What it measures", KINDS),
  choice("type", "Kind", { of: "MeterType" }),
  text("ip_address", "IP address", { optional: true }),
];

/** Name, kind and address of a meter; what was left empty is sent empty. */
const namedBody = (values: Values): unknown => ({ ip_address: "", ...values });

const identified: readonly Field[] = [
  METER,
  text("short_id", "Short number", { initial: from("METERS", 0, "short_id"), hint: "The last five characters on its label." }),
];

const identityBody = (values: Values): unknown => ({
  serial: values["serial"],
  short_id: values["short_id"] ?? "",
});

const verify: Action = {
  row: "VERIFY_THIS_METER",
  title: "Verify a meter",
  about: "The gateway asks the meter whether it is the one named. Blanks around the number do not matter.",
  fields: identified,
  parts: ["serial"],
  body: identityBody,
};

export const METERS: Step = {
  id: "meters",
  title: "Meters",
  lead: "The meters that the gateway knows, and what they read.",
  moves: true,
  panels: [
    {
      title: "Meters",
      shows: ["METERS", "METER_SETUP"],
      actions: [
        { row: "DETECT_METERS", title: "Look for wired meters" },
        verify,
        {
          row: "COMMISSION_METER",
          title: "Connect a meter",
          about: "The meter gets the gateway's keys and is read from then on.",
          fields: identified,
          parts: ["serial"],
          body: identityBody,
        },
        {
          row: "ADD_METER",
          title: "Add a meter",
          fields: [
            text("serial", "Serial number"),
            text("short_id", "Short number"),
            ...named,
            text("mac", "MAC address", { optional: true }),
          ],
          body: (values) => ({ ip_address: "", mac: "", ...values }),
        },
        {
          row: "VERIFY_METER",
          title: "Verify a meter by its kind",
          fields: [METER, ...named],
          body: namedBody,
        },
        {
          row: "REMOVE_METER",
          title: "Remove a meter by its kind",
          fields: [METER, ...named],
          body: namedBody,
          warn: "What the meter measures is unknown from then on; a system without its site meter does not work.",
        },
        {
          row: "REMOVE_THIS_METER",
          title: "Remove a meter",
          fields: [METER],
          parts: ["serial"],
          warn: "What the meter measures is unknown from then on; a system without its site meter does not work.",
        },
      ],
    },
    {
      title: "Readings of each clamp",
      about: "The gateway's own clamps can be read one by one only while the system is stopped.",
      shows: ["METER_READINGS"],
    },
  ],
};

const CLAMP_PHASES = ["Phase1", "Phase2", "Phase3", "PhaseNone"].map((phase) => option(phase));
const phaseOf = (clamp: string): Field =>
  choice(
    clamp,
    `Clamp ${clamp.slice(2)}`,
    (reads) => {
      const allowed = listed(at(reads, "CLAMP_PHASE_OPTIONS", clamp)).filter((word) => typeof word === "string");
      return allowed.length ? [...new Set([...allowed, "PhaseNone"])].map((word) => option(word)) : CLAMP_PHASES;
    },
    { initial: from("CLAMP_PHASES", clamp) },
  );

const FOUR = (name: string, label: string): Field => ({ name, label, kind: "flags", flags: CLAMP_NAMES });

export const CLAMPS: Step = {
  id: "clamps",
  title: "Clamps",
  lead: "Which clamp of a meter measures what, its direction, its size and its phase.",
  warning: "Clamps that are set wrongly make every reading wrong, and the Powerwall acts on the readings.",
  panels: [
    {
      title: "Clamps of a meter",
      needs: ["METERS"],
      actions: [
        { row: "CLAMPS", title: "Show the clamps", fields: [METER], parts: ["serial"], showsReply: true },
        {
          row: "SET_CLAMPS",
          title: "Set what clamps measure",
          fields: [
            METER,
            choice("type", "They measure", KINDS),
            FOUR("valid", "Clamps"),
            number("real_power_scale_factor", "Scale", { least: 1, most: 4, initial: () => "1", hint: "2 for one clamp on a circuit of two legs." }),
          ],
          parts: ["serial"],
        },
        {
          row: "INVERT_CLAMPS",
          title: "Turn clamps round",
          fields: [METER, FOUR("inverted", "Counted the other way round")],
          parts: ["serial"],
          body: (values) => values["inverted"],
        },
        {
          row: "REMOVE_CLAMPS",
          title: "Forget the clamps",
          fields: [METER],
          parts: ["serial"],
          warn: "The meter measures nothing until its clamps are set again.",
        },
      ],
    },
    {
      title: "Size of the clamps",
      about: "Of a meter of its own (Neurio) only; the gateway's own clamps have one size.",
      actions: [
        { row: "CLAMP_RATING", title: "Show the sizes", fields: [METER], parts: ["serial"], showsReply: true },
        {
          row: "SET_CLAMP_RATING",
          title: "Set the sizes",
          fields: [
            METER,
            ...CLAMP_NAMES.map((name) =>
              choice(`ct${name}`, `Clamp ${name}`, ["200A", "800A", "Smart", "Missing"].map((size) => option(size)), {
                initial: () => "200A",
              }),
            ),
          ],
          parts: ["serial"],
          body: (values) => ({ amp_ct_type: CLAMP_NAMES.map((name) => values[`ct${name}`]) }),
        },
      ],
    },
    {
      title: "Phases of the gateway's clamps",
      about: "Which phases a clamp may refer to is told only while the system is stopped.",
      shows: ["CLAMP_PHASES"],
      needs: ["CLAMP_PHASE_OPTIONS"],
      actions: [
        {
          row: "SET_CLAMP_PHASES",
          title: "Set the phases",
          fields: ["ct1", "ct2", "ct3"].map(phaseOf),
        },
      ],
    },
  ],
};

