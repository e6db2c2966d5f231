// A vault that tells of each question to a job's object, and of what the objects are busy with.
import { startVault } from "../vault.mjs";
import { withEntry } from "./entry.mjs";


/** As `startVault`, with counts of what its log told so far. */
export async function startWatchedVault(options = {}) {
  const change = withEntry("asking");
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
