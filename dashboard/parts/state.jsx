// How a job stands, in a word and a colour; the word alone says all.

/** A status of a job, or the state of its files or of one of them. */
export function State({ of, kind = "status" }) {
  return <span class={`state ${kind}-${of}`}>{of}</span>;
}

/** What the state of the files is called where nothing is beside it that says of what. */
export const ARCHIVE_WORDS = { none: "no files", pending: "copying", stored: "stored", partial: "partial", lost: "lost" };

export function Archive({ of }) {
  return <span class={`state archive-${of}`}>{ARCHIVE_WORDS[of] ?? of}</span>;
}
