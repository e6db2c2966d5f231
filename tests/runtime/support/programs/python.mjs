// Runs Python scripts with the packages of tests/clients/requirements.txt.
import { pythonClients } from "../../../../tools/setup/python.mjs";
import { run } from "./program.mjs";

/**
 * @param {string} script the text
 * @param {{ env?: Record<string, string>, input?: string, limitMs?: number }} [options] as `run` takes them; `env` adds
 *   to this process's variables
 */
export async function python(script, { env = {}, ...more } = {}) {
  await pythonClients.ensure();
  const ours = { ...process.env, PYTHONDONTWRITEBYTECODE: "1", ...env };
  return run(pythonClients.program("python"), ["-c", script], { env: ours, ...more });
}
