// Decides which event moves a job to which state.
import type { Event, JobRecord, Outcome, Status } from "./types";

const KNOWN = new Set(["acquired", "completed", "failed", "cancelled", "retried"]);

export interface Verdict {
  outcome: Outcome;
  detail: string | null;
}

export const senderTime = ({ updatedAt, acquiredAt }: Event): number | null => updatedAt ?? acquiredAt;

/**
 * Applies an event to the record. `completed` is final: a result that was paid for is never discarded. Any other event
 * that the sender dates before the last applied one is late.
 */
export function move(job: JobRecord, event: Event): Verdict {
  const type = event.type;
  if (type === null || !KNOWN.has(type)) return { outcome: "unknown", detail: null };
  const why = type === "completed" ? null : whyLate(job, event, type);
  if (why) return { outcome: "late", detail: why };
  const isAgain = (type === "acquired" && (job.status === "failed" || job.status === "cancelled")) ||
    (type === "retried" && job.status !== "queued");
  if (isAgain) job.attempt += 1;
  const time = senderTime(event);
  if (time !== null) job.senderTime = Math.max(job.senderTime ?? 0, time);
  job.status = type as Status;
  job.queueName = event.queueName ?? job.queueName;
  job.workerName = event.workerName ?? job.workerName;
  job.acquiredAt = event.acquiredAt ?? job.acquiredAt;
  job.leaseExpiry = event.leaseExpiry ?? job.leaseExpiry;
  job.error = event.error;
  return { outcome: "applied", detail: null };
}

function whyLate({ status, senderTime: last, leaseExpiry }: JobRecord, event: Event, type: string): string | null {
  const time = senderTime(event);
  const order = time === null || last === null ? 0 : Math.sign(time - last);
  if (order < 0) return "older than the last applied event";
  if (status === "completed") return "the job is completed";
  if (status === "failed" || status === "cancelled") {
    if (type === "failed" || type === "cancelled") return "the job has ended already";
    if (type === "acquired" && order <= 0) return "no evidence that it is newer than the job's end";
  }
  const isNewer = event.leaseExpiry !== null && (leaseExpiry === null || event.leaseExpiry > leaseExpiry);
  return type === "acquired" && status === "acquired" && !isNewer ? "the lease is not newer" : null;
}
