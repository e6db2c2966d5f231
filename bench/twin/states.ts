// Which event moves a job to which state.
import type { EventBody, JobRecord, Status } from "./types";

const KNOWN = new Set(["acquired", "completed", "failed", "cancelled", "retried"]);
const ENDED = new Set<Status>(["completed", "failed", "cancelled"]);

export type Verdict = "applied" | "late" | "unknown";

export const senderTime = (event: EventBody): number | null => {
  const time = event.updatedAt ?? event.acquiredAt;
  return typeof time === "number" ? time : null;
};

/** Applies an event to the record. `completed` is absorbing; what is older than the last is late. */
export function move(job: JobRecord, event: EventBody, now: number): Verdict {
  const type = event.eventType;
  if (typeof type !== "string" || !KNOWN.has(type)) return "unknown";
  const time = senderTime(event);
  const isOld = time !== null && job.senderTime !== null && time < job.senderTime;
  if (isOld && type !== "completed") return "late";
  if (job.status === "completed" && type !== "completed") return "late";
  if (ENDED.has(job.status)) {
    const isNewer = time !== null && job.senderTime !== null && time > job.senderTime;
    if (type === "failed" || type === "cancelled") return "late";
    if (type === "acquired" && !isNewer) return "late";
    if (type === "acquired") job.attempt += 1;
  }
  if (type === "retried" && job.status !== "queued") job.attempt += 1;
  job.status = type as Status;
  job.senderTime = time ?? job.senderTime;
  job.queueName = text(event.queueName) ?? job.queueName;
  if (type === "acquired") {
    job.workerName = text(event.workerName) ?? job.workerName;
    job.acquiredAt = number(event.acquiredAt) ?? now;
    job.leaseExpiry = number(event.leaseExpiry);
  }
  if (type === "failed") job.error = event.error ?? event.message ?? event.detail ?? null;
  if (type === "completed") job.completedAt = now;
  return "applied";
}

const text = (value: unknown) => (typeof value === "string" ? value.slice(0, 200) : null);
const number = (value: unknown) => (typeof value === "number" ? value : null);
