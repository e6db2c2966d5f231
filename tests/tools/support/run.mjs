// Runs one of the project's commands as a user does, without a terminal.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { ROOT } from "../../../tools/workerd/vault.mjs";

/** Variables that no command of a test may find in its environment. */
const UNSET = ["API_TOKEN", "READ_TOKEN", "HOOK_TOKEN", "CI", "NO_COLOR", "NODE_EXTRA_CA_CERTS"];

/** Returns `{ code, text }`: the exit code, and all output. */
export async function run(script, args, env = {}) {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !UNSET.includes(name)));
  const child = spawn(process.execPath, [join(ROOT, script), ...args],
    { env: { ...clean, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (text += data));
  const [code] = await once(child, "close");
  return { code, text };
}
