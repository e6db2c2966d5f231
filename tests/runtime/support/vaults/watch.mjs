// A vault that logs each command to a job's object, and which requests the objects have begun and ended.
import { startVault } from "../vault.mjs";
import { withEntry } from "./entry.mjs";


/** Works like `startVault`, and adds counts from the log so far. */
export async function startWatchedVault(options = {}) {
  const change = withEntry("asking");
  const vault = await startVault({ ...options, change });
  const count = (begin) => vault.logs.filter(({ message }) => message.startsWith(begin)).length;
  return Object.assign(vault, {
    /** Returns the number of the Worker's commands to jobs' objects. */
    asked: () => count("asked a job"),
    /** Returns the number of requests that jobs' objects have begun; `busy`, of those that are not answered yet. */
    begun: () => count("a job began"),
    busy: () => count("a job began") - count("a job ended"),
  });
}
