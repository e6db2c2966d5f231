// A vault, and a server of files that it may copy from.
import { freePort } from "../process.mjs";
import { startOrigin } from "../servers/origin.mjs";
import { startSource } from "../servers/source.mjs";
import { startVault } from "../vault.mjs";

/** `{ origin, vault }`. @param {Parameters<typeof startVault>[0]} [options] the vault's, with `sources` beside the origin */
export async function startServed(options) {
  const origin = await startOrigin();
  return { origin, vault: await copying(origin, options) };
}

/** `{ source, vault }`: as `startServed`, with URLs that look presigned. */
export async function startSourced(options) {
  const source = await startSource();
  return { source, vault: await copying(source, options) };
}

const copying = ({ url }, { sources, ...options } = {}) =>
  startVault({ sources: [url, sources].filter(Boolean).join(), ...options });

/** For `change`: a Worker that comes back at the same address when it is started again, as a deployment does. */
export async function steady() {
  const port = await freePort();
  return (options) => ({ ...options, port });
}
