// A job's one value: the record as JSON, then a frame for each entry of the timeline, with the body that came with it.
import type { Entry, JobRecord } from "../parts/types";

export interface Frame {
  n: number;
  /** The digest by which a repeated delivery is recognized; empty for a repetition. */
  sha256: string;
  /** Where the frame's text begins: the entry as JSON, then the body. */
  at: number;
  entryEnd: number;
  /** Where the frame ends; `entryEnd` without a body. */
  end: number;
  hasBody: boolean;
}

/** Returns the value of a record and its frames. */
export function join(job: JobRecord, frames: string): string {
  const record = JSON.stringify(job);
  return `${record.length}\n${record}${frames}`;
}

export function split<Record>(value: string): { job: Record; frames: string } {
  const start = value.indexOf("\n") + 1;
  const end = start + Number(value.slice(0, start - 1));
  return { job: JSON.parse(value.slice(start, end)), frames: value.slice(end) };
}

export function frame(entry: Entry, body: string | null): string {
  const text = JSON.stringify(entry);
  const sha256 = entry.outcome === "duplicate" || entry.sha256 === null ? "" : entry.sha256;
  return `${entry.n} ${sha256} ${text.length} ${body?.length ?? ""}\n${text}${body ?? ""}`;
}

/** Returns the heads of all frames, in order. A damaged frame throws: it must never look like the end. */
export function* heads(frames: string): Generator<Frame> {
  for (let next = 0; next < frames.length;) {
    const at = frames.indexOf("\n", next) + 1;
    const [n, sha256, length, bodyLength] = frames.slice(next, at - 1).split(" ");
    const entryEnd = at + Number(length);
    const end = entryEnd + Number(bodyLength);
    if (at === 0 || bodyLength === undefined || !(end <= frames.length)) throw new Error("a job's value is damaged");
    yield { n: Number(n), sha256: sha256!, at, entryEnd, end, hasBody: bodyLength !== "" };
    next = end;
  }
}

export const entryOf = (frames: string, { at, entryEnd }: Frame): Entry => JSON.parse(frames.slice(at, entryEnd));

export const bodyOf = (frames: string, { entryEnd, end, hasBody }: Frame): string | null =>
  hasBody ? frames.slice(entryEnd, end) : null;
