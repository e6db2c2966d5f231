// The Worker's time, and a clock that ticks.
import { useEffect, useState } from "preact/hooks";
import { Emitter } from "./emitter.js";

const TICK_MS = 1_000;

const ticks = new Emitter();
let listening = 0;
let timer;
let ahead = 0;

/** Learns from a response's `Date` how far this machine's clock is off. `Date` has whole seconds only. */
export function learnTime(answer) {
  const told = Date.parse(answer.headers.get("date") ?? "");
  if (Number.isNaN(told)) return;
  const off = told + 500 - Date.now();
  ahead = Math.abs(off) > 2_000 ? off : 0;
}

export const now = () => Date.now() + ahead;

/** Returns the time, updated each second. All users share one timer, which stops with the last of them. */
export function useNow() {
  const [time, setTime] = useState(now);
  useEffect(() => {
    if (listening++ === 0) timer = setInterval(() => ticks.emit(), TICK_MS);
    const stop = ticks.subscribe(() => setTime(now()));
    return () => {
      stop();
      if (--listening === 0) clearInterval(timer);
    };
  }, []);
  return time;
}
