// Vaults that lack a binding for a while.
import { deliverAll, isCaughtUp } from "./catchup.mjs";
import { startOutbound } from "../servers/outbound.mjs";
import { freePort } from "../process.mjs";
import { stopAll } from "../stop.mjs";
import { startVault } from "../vault.mjs";
import { eventually } from "../wait.mjs";

/** The bindings that ingest does not need, by the option of miniflare that holds them. */
export const BINDINGS = { RECORDS: "kvNamespaces", FILES: "r2Buckets", CATALOG: "durableObjects" };

/** Removes this binding from the options. */
export const without = (name) => (options) => {
  const { [name]: _, ...others } = options[BINDINGS[name]];
  return { ...options, [BINDINGS[name]]: others };
};

/** Replaces this binding with a variable. */
export const misbound = (name) => (options) =>
  withVariables({ [name]: "x" })(without(name)(options));

export const withVariables = (vars) => (options) =>
  ({ ...options, bindings: { ...options.bindings, ...vars } });

/**
 * Starts a vault with options that `spoil` has changed; `mend()` restarts it with the right ones.
 *
 * @param {{ after: Function }} context of the test, which ends the vault
 */
export async function startSpoilt(context, spoil) {
  const outbound = await startOutbound();
  const port = await freePort();
  let change = spoil;
  const vault = await startVault({ change: (o) => outbound.change({ ...change(o), port }) });
  context.after(() => stopAll(vault, outbound));
  const mend = () => {
    change = (options) => options;
    return vault.restart();
  };
  return { vault, mend };
}

/** Delivers to a spoilt vault, mends it, and checks that everything catches up. */
export async function endure(context, spoil, names) {
  const { vault, mend } = await startSpoilt(context, spoil);
  vault.expectErrors(new RegExp(names.join("|")));
  await deliverAll(vault, "spoilt");
  const isMissed = (name) => vault.logs.some(({ message }) => message.includes(name));
  await eventually("all are missed", () => names.every(isMissed) || undefined);
  await mend();
  await isCaughtUp(vault, "spoilt");
}
