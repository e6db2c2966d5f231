// A job's one value: the record as JSON, then a frame for each entry of the timeline, with the body that came with it.
import type { Entry, JobRecord } from "../parts/types";

export interface Frame {
  n: number;
  /** By which a delivery is known that comes again; none of a repetition. */
  sha256: string;
  /** From here on its text: the entry as JSON, then the body. */
  at: number;
  entryEnd: number;
  /** Where it ends; of a frame without a body `entryEnd`. */
  end: number;
  hasBody: boolean;
}

/** The value of a record and its frames. */
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

/** The heads of all frames, in order. A damaged one is an error, never the end. */
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
