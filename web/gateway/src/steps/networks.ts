/** Steps of the networks: Wi-Fi, Ethernet, cellular, protocols, connectivity, the gateway's log. */

import { at, check, choice, from, listed, option, secret, text, type Option, type Reads, type Step, type Values } from "../model";

const KIND_WORDS: Record<string, string> = { EthType: "Ethernet", GsmType: "Cellular", WifiType: "Wi-Fi" };
const KINDS = Object.entries(KIND_WORDS).map(([value, words]) => option(value, words));

const word = (value: unknown): string[] => (typeof value === "string" && value ? [value] : []);

/** Networks in the air, from whichever scan this release has. */
const inTheAir = (reads: Reads): Option[] => {
  const found = listed(reads["ACCESS_POINTS"]).flatMap((point) => word(at({ point }, "point", "ssid")));
  return [...new Set(found)].map((ssid) => option(ssid));
};

const security = (reads: Reads): Option[] => listed(reads["WIFI_SECURITY_TYPES"]).flatMap(word).map((kind) => option(kind));

const saved = (reads: Reads): Option[] =>
  listed(reads["NETWORKS"]).flatMap((network) => {
    const name = word(at({ network }, "network", "network_name"))[0];
    const kind = word(at({ network }, "network", "interface"))[0];
    return name && kind ? [option(JSON.stringify([name, kind]), `${name} (${KIND_WORDS[kind] ?? kind})`)] : [];
  });

/** Adapters by the names that this release gives them. */
const adapters = (reads: Reads): Option[] => {
  const named = listed(reads["NETWORKS"]).flatMap((network) => word(at({ network }, "network", "name")));
  return named.length ? named.map((name) => option(name)) : KINDS;
};

const protocol = (name: string, label: string) => check(name, label, { initial: from("CLIENT_PROTOCOLS", name) });

const LOSES = "This device may lose its way to the gateway if it comes by that network.";

export const NETWORKS: Step = {
  id: "networks",
  title: "Networks",
  lead: "How the gateway reaches the internet, and how you reach the gateway.",
  warning: "Your own way to this page may be one of these networks. Keep a second way, such as the gateway's own Wi-Fi.",
  panels: [
    {
      title: "Networks",
      shows: ["NETWORKS", "SYSTEM_NETWORKS"],
      actions: [
        {
          row: "ENABLE_INTERFACE",
          title: "Switch an adapter on",
          fields: [choice("interface", "Adapter", adapters)],
          parts: ["interface"],
        },
        {
          row: "DISABLE_INTERFACE",
          title: "Switch an adapter off",
          fields: [choice("interface", "Adapter", adapters)],
          parts: ["interface"],
          warn: LOSES,
        },
        {
          row: "ENABLE_SERVICE",
          title: "Switch the networks of a kind on",
          fields: [choice("service", "Kind", [option("ethernet", "Ethernet"), option("wifi", "Wi-Fi"), option("gsm", "Cellular")])],
          parts: ["service"],
        },
        {
          row: "DISCONNECT_DEVICE",
          title: "Leave the network of an adapter",
          fields: [
            choice("device", "Adapter", [option("eth0", "eth0, Ethernet"), option("wifi0", "wifi0, Wi-Fi"), option("rpine0", "rpine0, cellular")]),
          ],
          parts: ["device"],
          warn: LOSES,
        },
        {
          row: "FORGET_NETWORK",
          title: "Forget a network",
          fields: [choice("network", "Network", saved)],
          body: (values: Values) => {
            const [network_name, kind] = JSON.parse(String(values["network"])) as [string, string];
            return { network_name, interface: kind };
          },
          warn: LOSES,
        },
      ],
    },
    {
      title: "Wi-Fi",
      shows: ["ACCESS_POINTS"],
      needs: ["WIFI_SECURITY_TYPES"],
      actions: [
        { row: "WIFI_SCAN", title: "Look for Wi-Fi networks", showsReply: true },
        { row: "REQUEST_SCAN", title: "Look for Wi-Fi networks" },
        {
          row: "CONNECT_NETWORK",
          title: "Join a network",
          fields: [
            choice("network_name", "Network", inTheAir),
            choice("security_type", "Security", { of: "SecurityType" }, { initial: () => "WPA2_Personal" }),
            secret("password", "Password of the network", { optional: true }),
          ],
          body: (values: Values) => ({
            interface: "WifiType",
            networkName: values["network_name"],
            network_name: values["network_name"],
            securityType: values["security_type"],
            security_type: values["security_type"],
            username: "",
            password: values["password"] ?? "",
            dns_servers: [],
          }),
        },
        {
          row: "SAVE_NETWORK",
          title: "Add a network by its name",
          fields: [
            choice("interface", "Kind", KINDS, { initial: () => "WifiType" }),
            text("network_name", "Name of the network"),
            choice("security_type", "Security", (reads) => (security(reads).length ? security(reads) : [option("NONE"), option("WPA2_Personal")]), {
              initial: () => "NONE",
            }),
            secret("password", "Password of the network", { optional: true }),
          ],
        },
      ],
    },
    {
      title: "Protocols for machines of the house",
      shows: ["CLIENT_PROTOCOLS"],
      actions: [
        {
          row: "SET_CLIENT_PROTOCOLS",
          title: "Choose the protocols",
          fields: [
            protocol("dnp3", "DNP3"),
            protocol("m2m", "Machine to machine"),
            protocol("mtls", "TLS with certificates on both sides"),
            protocol("modbus", "Modbus"),
            protocol("allow_public_ip", "From public addresses too"),
          ],
          warn: "Machines that speak these protocols may read the system and steer it.",
        },
      ],
    },
  ],
};

export const CONNECTIVITY: Step = {
  id: "connectivity",
  title: "Connectivity",
  lead: "Whether the gateway reaches the internet and its maker.",
  moves: true,
  panels: [
    {
      title: "Connectivity test",
      shows: ["CONN_TESTS"],
      actions: [{ row: "START_CONN_TESTS", title: "Start the test", about: "It takes about half a minute." }],
    },
    {
      title: "Ping",
      about: "An empty answer means that the internet was reached.",
      actions: [
        { row: "PING_TEST", title: "Show the last ping", showsReply: true },
        { row: "PING_TEST_POST", title: "Ping now", showsReply: true },
      ],
    },
    { title: "Problems", shows: ["PROBLEMS"] },
    {
      title: "The gateway's log",
      actions: [
        { row: "LOGS", title: "Save the logs", about: "The gateway's logs as one packed file.", file: "gateway-logs.tgz" },
        {
          row: "LOGGING",
          title: "Write to the log",
          fields: [choice("level", "How grave", { of: "LogLevel" }, { initial: () => "INFO" }), text("log", "What to write")],
        },
      ],
    },
  ],
};
