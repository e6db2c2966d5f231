// Prints a job's record for people, and tells whether it ended well.
import { listOf } from "../client/answer.js";
import { plain } from "../tools/setup/terminal.mjs";
import { named, printRows, size, time } from "./print.mjs";

/** The most characters of a text that can be long. */
const MOST = 300;

/** Prints what matters of a record. */
export function printRecord(job) {
  const [files, skipped, tags] = [listOf(job, "files"), listOf(job, "skipped"), listOf(job, "tags", () => true)];
  printRows([
    ["job", named(job)],
    ["status", job.attempt > 1 ? `${plain(job.status)}, attempt ${job.attempt}` : job.status],
    ["archive", job.archive],
    ["app", job.app],
    ...(tags.length > 0 ? [["tags", tags.map(plain).join(", ")]] : []),
    ["created", time(job.createdAt)],
    ["ended", time(job.completedAt)],
    ...(job.error == null ? [] : [["error", short(job.error)]]),
    ...(job.healing ? [["healing", `asked the queue ${plain(job.healing.attempts)} times: ${plain(job.healing.error ?? "no answer yet")}`]] : []),
    ...(job.result == null || files.length > 0 ? [] : [["result", short(job.result)]]),
    ...files.flatMap(fileRows),
    ...skipped.map(({ pointer, host, reason, allow }) =>
      ["skipped", `${plain(pointer)} at ${plain(host ?? "no host")}: ${plain(reason)}${allow ? `; ALLOWED_SOURCE_HOSTS lacks ${plain(allow)}` : ""}`]),
  ]);
}

function fileRows({ state, contentType, size: bytes, url, error }) {
  const facts = [state, contentType, bytes == null ? undefined : size(bytes)].filter(Boolean).map(plain).join(", ");
  return [["file", url], ["", error ? `${facts}: ${plain(error)}` : facts]];
}

function short(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > MOST ? `${text.slice(0, MOST)}…` : text;
}

/** Tells whether an ended job is what its sender wanted: completed, with every file stored. */
export const isWell = ({ status, archive }) => status === "completed" && !["lost", "partial"].includes(archive);
