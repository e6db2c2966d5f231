// A job's state in a word and a colour; the word alone says everything.
import { archiveOf } from "../lib/standing.js";

/** A status of a job, or the state of one of its files. */
export function State({ of, kind = "status" }) {
  return <span class={`state ${kind}-${of}`}>{of}</span>;
}

/** The state of a job's files, once it matters; by its record, if that is known. */
export function Archive({ job, record }) {
  if (job.archive === "none" && job.status !== "completed") return null;
  const [kind, word, why] = archiveOf(job, record);
  return <span class={`state archive-${kind}`} title={why}>{word}</span>;
}
