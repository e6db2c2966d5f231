// A vault, and a server of files that it may copy from.
import { freePort } from "../process.mjs";
import { startOrigin } from "../servers/origin.mjs";
import { startSource } from "../servers/source.mjs";
import { startVault } from "../vault.mjs";

/**
 * Starts `{ origin, vault }`.
 *
 * @param {Parameters<typeof startVault>[0]} [options] the vault's; its `sources` are added to the origin
 */
export async function startServed(options) {
  const origin = await startOrigin();
  return { origin, vault: await copying(origin, options) };
}

/** Starts `{ source, vault }`: like `startServed`, with URLs that look presigned. */
export async function startSourced(options) {
  const source = await startSource();
  return { source, vault: await copying(source, options) };
}

const copying = ({ url }, { sources, ...options } = {}) =>
  startVault({ sources: [url, sources].filter(Boolean).join(), ...options });

/** Keeps the Worker at the same address when it restarts, as a deployment does: pass the result as `change`. */
export async function steady() {
  const port = await freePort();
  return (options) => ({ ...options, port });
}
