// How a job stands, in a word and a colour; the word alone says all.
import { archiveOf } from "../lib/standing.js";

/** A status of a job, or the state of one of its files. */
export function State({ of, kind = "status" }) {
  return <span class={`state ${kind}-${of}`}>{of}</span>;
}

/** How far a job's files are, once that is of interest; where its record is known, by that. */
export function Archive({ job, record }) {
  if (job.archive === "none" && job.status !== "completed") return null;
  const [kind, word, why] = archiveOf(job, record);
  return <span class={`state archive-${kind}`} title={why}>{word}</span>;
}
