/** Steps of the place and its people: owner, installer, site, rules of the grid, solar and generators. */

import {
  at,
  check,
  choice,
  from,
  listed,
  number,
  option,
  optionsOf,
  text,
  type Option,
  type Reads,
  type Step,
  type Values,
} from "../model";

const COUNTRY = text("country", "Country");

export const OWNER: Step = {
  id: "customer",
  title: "Customer",
  lead: "Whose system this is, and what the customer has agreed to.",
  panels: [
    {
      title: "Registration",
      shows: ["CUSTOMER", "REGISTRATION"],
      actions: [
        {
          row: "SET_CUSTOMER",
          title: "Register the customer",
          fields: [
            text("given_name", "Given name"),
            text("family_name", "Family name"),
            { name: "email", label: "E-mail", kind: "email" },
            text("phone", "Telephone"),
            text("street", "Street and number"),
            text("city", "City"),
            text("state", "State"),
            text("zip", "ZIP code"),
            COUNTRY,
          ],
        },
        {
          row: "EMAILED_REGISTRATION",
          title: "Send the registration by e-mail",
          about: "The customer agrees from the e-mail instead of here.",
        },
        {
          row: "SKIP_REGISTRATION",
          title: "Skip the registration",
          warn: "The system works, but the limited warranty and the app may ask for the registration later.",
        },
      ],
    },
    {
      title: "Agreements",
      actions: [
        {
          row: "SET_LEGAL",
          title: "Save the agreements",
          fields: [
            check("privacy_notice", "The privacy notice was read", { initial: from("REGISTRATION", "privacy_notice") }),
            check("limited_warranty", "The limited warranty is accepted", {
              initial: from("REGISTRATION", "limited_warranty"),
            }),
            check("grid_services", "Grid services are welcome", { initial: from("REGISTRATION", "grid_services") }),
            check("marketing", "News by e-mail is welcome", { initial: from("REGISTRATION", "marketing") }),
          ],
        },
      ],
    },
  ],
};

const initial = (name: string) => ({ initial: from("INSTALLER", name), optional: true });

export const INSTALLER: Step = {
  id: "installer",
  title: "Installer",
  lead: "Who installed the system, and how it was built in.",
  panels: [
    {
      title: "Installer",
      shows: ["INSTALLER"],
      needs: ["INSTALLER_COMPANIES"],
      actions: [
        {
          row: "SET_INSTALLER",
          title: "Save the installer",
          fields: [
            choice("company", "Company", optionsOf("INSTALLER_COMPANIES", "company"), initial("company")),
            text("phone", "Telephone", initial("phone")),
            { name: "email", label: "E-mail", kind: "email", ...initial("email") },
            text("location", "Where it stands", initial("location")),
            text("mounting", "How it is mounted", initial("mounting")),
            text("wiring", "Where the wires enter", initial("wiring")),
            text("backup_configuration", "What is backed up", initial("backup_configuration")),
            text("solar_installation", "Solar system", initial("solar_installation")),
          ],
        },
      ],
    },
  ],
};

/** What the browser knows; one that knows none offers the present zone alone. */
const ZONES = ("supportedValuesOf" in Intl ? Intl.supportedValuesOf("timeZone") : []).map((zone) => option(zone));

export const SITE: Step = {
  id: "site",
  title: "Site",
  lead: "The name of the site, its time zone, and what may flow into the grid.",
  panels: [
    {
      title: "Name and time zone",
      shows: ["SITE_NAME"],
      actions: [
        {
          row: "SET_SITE_NAME",
          title: "Rename the site",
          fields: [text("site_name", "Site name", { initial: from("SITE_NAME", "site_name") })],
        },
        {
          row: "SET_TIMEZONE",
          title: "Change the time zone",
          fields: [choice("timezone", "Time zone", ZONES, { initial: from("SITE_NAME", "timezone") })],
        },
      ],
    },
    {
      title: "Into the grid",
      actions: [
        {
          row: "SET_EXPORT_MODE",
          title: "Choose what may be sent to the grid",
          fields: [
            choice("net_meter_mode", "To the grid may flow", [
              option("battery_ok", "Solar and the Powerwall's energy"),
              option("pv_only", "Solar alone"),
              option("never", "Nothing"),
            ]),
          ],
          warn: "Your utility's contract says what may be sent to the grid. The choice acts at once.",
        },
        {
          row: "SET_OFF_GRID",
          title: "Say whether there is a utility",
          fields: [check("offgrid", "This site has no utility at all")],
          warn: "A site that is said to have no utility does not join the grid.",
        },
      ],
    },
    {
      title: "Programs of the utility",
      shows: ["EXTRA_PROGRAMS"],
      actions: [
        {
          row: "SET_EXTRA_PROGRAMS",
          title: "Take part in a program",
          fields: [text("name", "Name of the program")],
          body: (values: Values) => ({ [String(values["name"])]: {} }),
        },
      ],
    },
  ],
};

interface GridLine {
  grid_code: string;
  country: string;
  state: string;
  region: string;
  distributor: string;
  utility: string;
  retailer: string;
}

/** The lines of grid_regions: a CSV with a header; a quoted cell may hold commas. */
export function gridLines(csv: string): GridLine[] {
  const cells = (line: string): string[] =>
    [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map((match) => (match[1]?.replaceAll('""', '"') ?? match[2] ?? "").trim());
  const [head = "", ...lines] = csv.split("\n").filter((line) => line.trim());
  const names = cells(head).map((name) => name.toLowerCase());
  return lines.map((line) => {
    const values = cells(line);
    const cell = (name: string): string => values[names.indexOf(name)] || "*";
    return {
      grid_code: cell("grid_code"),
      country: cell("country"),
      state: cell("state"),
      region: cell("standard"),
      distributor: cell("distributor"),
      utility: cell("utility"),
      retailer: cell("retailer"),
    };
  });
}

function gridOptions(reads: Reads): Option[] {
  const csv = at(reads, "GRID_REGIONS", "regions");
  if (typeof csv !== "string") return [];
  return gridLines(csv).map((line) => {
    const place = [line.country, line.state, line.utility, line.region].filter((word) => word !== "*");
    return option(JSON.stringify(line), `${line.grid_code} (${place.join(", ")})`);
  });
}

export const GRID: Step = {
  id: "grid",
  title: "Grid code",
  lead: "The rules by which the system joins the grid: voltage, frequency, phases, and the standard in force.",
  warning: "Only the utility's rules may be set here. A wrong grid code can be dangerous and may not be lawful.",
  panels: [
    {
      title: "Grid code",
      shows: ["SITE_INFO"],
      needs: ["GRID_REGIONS"],
      actions: [
        {
          row: "SET_GRID_CODE",
          title: "Change the grid code",
          fields: [
            choice("line", "Grid code", gridOptions, {
              initial: (reads) => {
                const code = at(reads, "SITE_INFO", "grid_code", "grid_code");
                return gridOptions(reads).find((line) => line.value.includes(JSON.stringify(code)))?.value;
              },
            }),
          ],
          body: (values: Values) => JSON.parse(String(values["line"])) as unknown,
          warn: "The system will follow other limits of voltage and frequency from now on.",
        },
      ],
    },
    { title: "Grid codes to choose from", shows: ["GRID_CODES"] },
  ],
};

/** The Powerwalls by the number that the gateway knows them by: part, two dashes, serial. */
const packs = (reads: Reads): Option[] =>
  listed(at(reads, "POWERWALLS", "powerwalls")).map((pack) => {
    const part = (name: string): string => String(at({ pack }, "pack", name) ?? "");
    return option(`${part("PackagePartNumber")}--${part("PackageSerialNumber")}`);
  });
const PACK = choice("battery_din", "Powerwall", packs);
const RESTARTS = "The inverter restarts and produces nothing for some minutes.";

const brands = optionsOf("SOLAR_BRANDS");

export const SOLAR: Step = {
  id: "solar",
  title: "Solar and generator",
  lead: "The inverters of the solar system, and a generator if there is one.",
  panels: [
    {
      title: "Solar inverters",
      shows: ["SOLARS"],
      needs: ["SOLAR_BRANDS"],
      actions: [
        {
          row: "SOLAR_MODELS",
          title: "Show the models of a brand",
          fields: [choice("brand", "Brand", brands, { initial: (reads) => from("SOLARS", 0, "brand")(reads) ?? brands(reads)[0]?.value })],
          parts: ["brand"],
          showsReply: true,
        },
      ],
    },
    {
      title: "The inverter's own meter",
      shows: ["INVERTER_METER"],
      actions: [
        {
          row: "SET_INVERTER_METER",
          title: "Choose the meter",
          fields: [check("enabled", "Take the inverter's own meter for solar", { initial: from("INVERTER_METER", "enabled") })],
        },
        { row: "USE_INVERTER_METER", title: "Take the inverter's own meter" },
      ],
    },
    {
      title: "Solar inverter in the Powerwall",
      shows: ["SOLAR_POWERWALL", "PV_POWER"],
      needs: ["POWERWALLS"],
      actions: [
        {
          row: "PV_POWER_OF",
          title: "Show whether one inverter is on",
          fields: [number("n", "Number of the inverter", { least: 0, initial: () => "0" })],
          parts: ["n"],
          showsReply: true,
        },
        {
          row: "SET_PV_POWER",
          title: "Switch an inverter on or off",
          fields: [PACK, choice("pvi_power_status", "It is to be", [option("on", "On"), option("off", "Off")])],
          body: (values: Values) => ({ ...values, follower_din: "" }),
          warn: "An inverter that is off produces nothing.",
        },
        {
          row: "RESET_PV",
          title: "Reset an inverter",
          fields: [PACK],
          body: (values: Values) => ({ ...values, follower_din: "" }),
          warn: RESTARTS,
        },
        { row: "RESET_PV_OF", title: "Reset an inverter by its number", fields: [text("t", "Number (DIN)", { initial: (reads) => packs(reads)[0]?.value })], parts: ["t"], warn: RESTARTS },
        { row: "RESET_PV_READ", title: "Reset the inverter (by GET)", warn: RESTARTS },
      ],
    },
    { title: "Generator", shows: ["GENERATORS", "DISCONNECT_TYPES"] },
  ],
};

