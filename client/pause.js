// Pauses, and how long they are.

const LONGEST_MS = 30_000;

/** Resolves after `ms`, and rejects with the signal's reason if it is aborted before. */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Returns the pause before a repetition: it doubles, and varies so that many clients do not come at once. */
export const backoff = (baseMs, failures) =>
  Math.min(baseMs * 2 ** failures, LONGEST_MS) * (0.5 + Math.random() / 2);
