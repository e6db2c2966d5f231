// Ends a command in order when somebody presses Ctrl-C, or the system wants it to end.

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Returns a signal that Ctrl-C aborts. A second Ctrl-C ends the program at once. */
export function interruption() {
  const leaving = new AbortController();
  const leave = () => {
    for (const name of SIGNALS) process.off(name, leave);
    leaving.abort(new DOMException("Interrupted.", "AbortError"));
  };
  for (const name of SIGNALS) process.on(name, leave);
  return leaving.signal;
}
