// The live feed: every change of every job, over a WebSocket that is opened again when it breaks.
import { isPassing } from "./http.js";
import { backoff, pause } from "./pause.js";
import { openSocket } from "./socket.js";

/**
 * Yields the changes. `after` is the `seq` of the last one that the caller has. `onBreak` is called each time the
 * connection has broken.
 *
 * @param {(signal?: AbortSignal) => AsyncIterable<object>} list reads the list again, where changes were missed
 */
export async function* liveChanges(http, { after, onBreak, signal }, list) {
  let [last, failures, hasBegun] = [after, 0, false];
  for (;;) {
    let socket;
    try {
      socket = await openSocket(http, last, signal);
      for (let message; (message = await socket.next(signal)) !== undefined;) {
        [failures, hasBegun] = [0, true];
        if (message.resync) {
          yield { type: "reset", seq: null };
          // The cursor moves on only after the list: a connection that breaks here begins with a reset again.
          for await (const job of list(signal)) yield { type: "job", seq: null, job };
        }
        last = message.seq;
        yield change(message);
      }
    } catch (error) {
      // A wrong address is an error, a connection that breaks is not.
      if (signal?.aborted || !hasBegun || !isPassing(error)) throw error;
    } finally {
      socket?.close();
    }
    if (failures === 0) onBreak?.();
    await pause(backoff(http.pauseMs, failures), signal);
    failures += 1;
  }
}

function change({ seq, job, deleted }) {
  if (job) return { type: "job", seq, job };
  return deleted === undefined ? { type: "current", seq } : { type: "deleted", seq, id: deleted };
}
