// Runs the project's own wrangler, which bundles but uploads nothing. It can reach no server.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { stripVTControlCharacters } from "node:util";
import { wranglerScript } from "../../../tools/deploy/wrangler.mjs";
import { NODE } from "../../../tools/setup/project.mjs";

/** A proxy where nobody listens, so that a request ends at once. */
const NOWHERE = "http://127.0.0.1:9";
export const OFFLINE = { HTTP_PROXY: NOWHERE, HTTPS_PROXY: NOWHERE, http_proxy: NOWHERE, https_proxy: NOWHERE,
  npm_config_registry: NOWHERE, WRANGLER_SEND_METRICS: "false" };
/** What wrangler says about that proxy. */
const OURS = /^.*Proxy environment variables detected.*\n/m;

/**
 * Runs `wrangler deploy --dry-run` in this folder.
 *
 * @param {string} folder
 * @param {{ args?: string[], env?: Record<string, string> }} [options] `env` adds to this process's variables
 * @returns {Promise<{ code: number, text: string }>} `text` has all output, without colours
 */
export const dryRun = (folder, { args = [], env = {} } = {}) => wrangler(["deploy", "--dry-run", ...args], { folder, env });

/** Runs wrangler with these arguments. */
export async function wrangler(args, { folder, env = {} }) {
  const child = spawn(NODE, [wranglerScript(), ...args],
    { cwd: folder, env: { ...process.env, ...OFFLINE, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (text += data));
  const [code] = await once(child, "close");
  return { code, text: stripVTControlCharacters(text).replace(OURS, "") };
}
