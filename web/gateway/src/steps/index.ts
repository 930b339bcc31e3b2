/** Every step of the wizard, in the order of an installation. */

import type { Gateway } from "../api";
import type { Panel, Step } from "../model";
import { CLAMPS, METERS } from "./meters";
import { CONNECTIVITY, NETWORKS } from "./networks";
import { PASSWORDS, POWERWALLS, TESTS } from "./powerwalls";
import { GRID, INSTALLER, OWNER, SITE, SOLAR } from "./site";
import { FINISH, OPERATION, POWER, UPDATE, WELCOME } from "./system";

export const STEPS: readonly Step[] = [
  WELCOME,
  NETWORKS,
  CONNECTIVITY,
  UPDATE,
  POWER,
  INSTALLER,
  SITE,
  GRID,
  POWERWALLS,
  METERS,
  CLAMPS,
  SOLAR,
  TESTS,
  OPERATION,
  OWNER,
  PASSWORDS,
  FINISH,
];

/** The steps that this release can take, each with what it offers. */
export function stepsOf(gateway: Gateway): Step[] {
  return STEPS.map((step) => ({ ...step, panels: step.panels.flatMap((panel) => offered(gateway, panel)) })).filter(
    (step) => step.panels.length > 0,
  );
}

function offered(gateway: Gateway, panel: Panel): Panel[] {
  // What is read again and again must do nothing: on this device some GETs act.
  const keep = (rows: readonly string[] | undefined) =>
    (rows ?? []).filter((row) => gateway.facts.rows[row]?.effect === "reads");
  const actions = (panel.actions ?? []).filter((action) => gateway.offers(action.row));
  const shows = keep(panel.shows);
  return shows.length || actions.length ? [{ ...panel, shows, needs: keep(panel.needs), actions }] : [];
}
