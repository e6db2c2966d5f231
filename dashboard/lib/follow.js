// Follows a job's record: the API holds each request until the job changes.
import { useCallback, useEffect, useState } from "preact/hooks";
import { jobPath, query } from "./api.js";

const HOLD_SECONDS = 25;
const MAX_PAUSE_MS = 10_000;

/** Returns `{ record, text, error, again }`; `text` is the record as it was written. */
export function useFollowed(api, id) {
  const [state, setState] = useState({ record: null, text: "", error: null });
  const [turn, setTurn] = useState(0);
  const again = useCallback(() => setTurn((now) => now + 1), []);
  useEffect(() => {
    const abort = new AbortController();
    follow(api, id, abort.signal, (next) => abort.signal.aborted || setState((now) => ({ ...now, ...next })));
    return () => abort.abort();
  }, [api, id, turn]);
  return { ...state, again };
}

async function follow(api, id, signal, tell) {
  let version;
  for (let failures = 0; !signal.aborted;) {
    try {
      const wait = version === undefined ? 0 : HOLD_SECONDS;
      const text = await api.text(jobPath(id, query({ wait, version })), { signal });
      const record = JSON.parse(text);
      failures = 0;
      if (record.version !== version || version === undefined) tell({ record, text, error: null });
      version = record.version;
    } catch (error) {
      if (error.name === "AbortError") return;
      tell({ error });
      // The job does not exist, or this user may not see it: asking again would not change that.
      if (!error.isPassing) return;
      failures += 1;
      await new Promise((resolve) => setTimeout(resolve, Math.min(500 * 2 ** failures, MAX_PAUSE_MS)));
      // After a break the record may have any version, and the error must disappear in any case.
      version = undefined;
    }
  }
}
