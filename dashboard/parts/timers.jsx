// Countdowns: a worker's lease, and the validity of the URLs that files are copied from.
import { now as clockNow, useNow } from "../lib/clock.js";
import { clock, duration } from "../lib/format.js";
import { waitsFor } from "../lib/standing.js";

/** The lease as a countdown, from `acquired` to its end. */
export function Lease({ record: { acquiredAt, leaseExpiry, healing } }) {
  const now = useNow();
  if (!leaseExpiry) return <span class="meta">held by a worker</span>;
  const left = leaseExpiry - now;
  if (left <= 0) {
    const asks = healing?.nextAt > now ? `, asks in ${clock(healing.nextAt - now)}` : "";
    return <span class="timer over">lease over{asks}</span>;
  }
  return (
    <span class="timer lease" role="timer" aria-label={`Lease: ${clock(left)} left`}>
      <Bar part={left / (leaseExpiry - (acquiredAt ?? clockNow()))} /><span class="digits">{clock(left)}</span>
    </span>
  );
}

/** The earliest expiry of the pending files' URLs, as a shrinking bar. */
export function Deadline({ job: { files, completedAt } }) {
  const now = useNow();
  const ends = files.filter(({ state, expiresAt }) => state === "pending" && expiresAt).map(({ expiresAt }) => expiresAt);
  if (ends.length === 0) return <span class="meta">{waitsFor({ files }) ?? "copying…"}</span>;
  return <End now={now} since={completedAt} end={Math.min(...ends)} />;
}

/** The rest of a URL's validity, compared with what was left when the result came. */
export function End({ now, since, end }) {
  const left = end - now;
  if (left <= 0) return <span class="timer over">the URL has expired</span>;
  return (
    <span class="timer deadline" role="timer" aria-label={`The source's URL expires in ${duration(left)}`}>
      <Bar part={left / Math.max(end - since, 1)} /><span class="digits">{clock(left)}</span>
    </span>
  );
}

/** A bar that is full at 1 and empty at 0. */
export function Bar({ part }) {
  const full = Math.max(0, Math.min(1, part));
  return (
    <span class={`bar ${full < 0.15 ? "low" : ""}`} aria-hidden="true">
      <span style={{ transform: `scaleX(${full})` }} />
    </span>
  );
}
