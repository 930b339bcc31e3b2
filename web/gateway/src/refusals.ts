/** Refusals as sentences: what happened, and what to do. One row per status. */

/** Stands for an answer that is no JSON. */
export const NO_SENSE = -1;

const WORDS: Record<number, string> = {
  [NO_SENSE]: "The gateway's answer makes no sense. Try again; if it stays so, run the system anew.",
  0: "The gateway does not answer. See whether it has power and this device is on its network, then try again.",
  400: "The gateway could not use what it was sent. Nothing was changed.",
  401: "The gateway does not accept this user with this password.",
  403: "This login may not do that. Nothing was changed.",
  404: "This release of the gateway does not offer that, or not for what was named.",
  405: "This release of the gateway does not offer that in this way.",
  409: "Not while the system runs. Stop the system first, then try again.",
  413: "That is more than the gateway takes at once. Nothing was changed.",
  417: "The switch has not been toggled yet.",
  429: "The gateway was asked too often and wants to be left alone for a few minutes. Wait, then try again.",
  500: "The gateway could not do that now.",
  502: "The system is stopped, so there is nothing to measure. Run it, then try again.",
  503: "The gateway is busy with something else. Try again in a moment.",
};

/** A refusal in words, with the gateway's own appended where it gave any. */
export function refusalWords(status: number, said: string): string {
  const words = WORDS[status] ?? `The gateway refused with status ${status}.`;
  return said ? `${words} It said: “${said}”.` : words;
}
