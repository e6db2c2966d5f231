// Prints a job's record for people, and tells whether it ended well.
import { named, printRows, size, time } from "./print.mjs";

/** The most characters of a text that can be long. */
const MOST = 300;

/** Prints what matters of a record. */
export function printRecord(job) {
  printRows([
    ["job", named(job)],
    ["status", job.attempt > 1 ? `${job.status}, attempt ${job.attempt}` : job.status],
    ["archive", job.archive],
    ["app", job.app],
    ...(job.tags.length > 0 ? [["tags", job.tags.join(", ")]] : []),
    ["created", time(job.createdAt)],
    ["ended", time(job.completedAt)],
    ...(job.error == null ? [] : [["error", short(job.error)]]),
    ...(job.healing ? [["healing", `asked the queue ${job.healing.attempts} times: ${job.healing.error ?? "no answer yet"}`]] : []),
    ...(job.result == null || job.files.length > 0 ? [] : [["result", short(job.result)]]),
    ...job.files.flatMap(fileRows),
    ...job.skipped.map(({ pointer, host, reason, allow }) =>
      ["skipped", `${pointer} at ${host ?? "no host"}: ${reason}${allow ? `; ALLOWED_SOURCE_HOSTS lacks ${allow}` : ""}`]),
  ]);
}

function fileRows({ state, contentType, size: bytes, url, error }) {
  const facts = [state, contentType, bytes == null ? undefined : size(bytes)].filter(Boolean).join(", ");
  return [["file", url], ["", error ? `${facts}: ${error}` : facts]];
}

function short(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > MOST ? `${text.slice(0, MOST)}…` : text;
}

/** Tells whether an ended job is what its sender wanted: completed, with every file stored. */
export const isWell = ({ status, archive }) => status === "completed" && !["lost", "partial"].includes(archive);
