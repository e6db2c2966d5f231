// A vault that tells of each question to a job's object, and of what the objects are busy with.
import { join } from "node:path";
import { startVault } from "./vault.mjs";

const ENTRY = "tests/runtime/support/entries/asking.mjs";

/** As `startVault`, with counts of what its log told so far. */
export async function startWatchedVault(options = {}) {
  const change = (given) => ({ ...given,
    modules: [{ type: "ESModule", path: join(given.rootPath, ENTRY) }, ...given.modules] });
  const vault = await startVault({ ...options, change });
  const count = (begin) => vault.logs.filter(({ message }) => message.startsWith(begin)).length;
  return Object.assign(vault, {
    /** Questions of the Worker to jobs' objects. */
    asked: () => count("asked a job"),
    /** Requests that jobs' objects have begun, and those that are not answered yet. */
    begun: () => count("a job began"),
    busy: () => count("a job began") - count("a job ended"),
  });
}
