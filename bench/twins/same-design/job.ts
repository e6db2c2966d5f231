// A job as hookvault stores it: one value, which each delivery writes once. An alarm runs only if something is due.
import { AHEAD_MS, AnyJob, MAX_ENTRIES, WATCHDOG_PACES } from "../parts/job";
import { isSettled, rowOf } from "../parts/record";
import { dayOf } from "../parts/rules";
import type { Chore, Delivered, Delivery, Entry, JobRecord, Row } from "../parts/types";
import { bodyOf, entryOf, frame, heads, join, split, type Frame } from "./frames";

const MAX_INLINE_BODY = 16 * 1_024;
const MAX_FRAMES = 48 * 1_024;
/** In pauses: an alarm that runs this late is the watchdog, not a delivery's alarm. */
const LATE_PACES = 5;

/** The state of a task that is done, whatever the revision. */
const DONE: Chore = { revision: Infinity, attempts: 0, at: 0 };

const eventKey = (n: number) => `event/${String(n).padStart(8, "0")}`;

interface Kept extends JobRecord {
  /** When the alarm runs; 0 if none is set. It is written together with the record. */
  alarm: number;
  /** The last entry that was moved out of the value. */
  spilled: number;
}

/** The answer to a delivery's sender, and the row for a day of the catalog, as JSON. */
export interface Taken {
  answer: Delivered;
  day: string;
  row: string | null;
}

export class Job extends AnyJob {
  /** The frames behind the record that was loaded last. */
  private frames = "";

  /** Stores a delivery before it is answered: one write, and an alarm unless one is set early enough. */
  async deliver(delivery: Delivery): Promise<Taken> {
    const { event, sha256, body } = delivery;
    const known = this.load();
    const { job, entry } = this.accept(known, delivery, known && this.seen(known, sha256)) as { job: Kept; entry: Entry };
    const [due, now] = [this.due({ ...job, listed: DONE }), Date.now()];
    // More is due than the catalog's row.
    const begins = job.runs === 0 && due <= now;
    // A run that goes on, or has died, has set an alarm that watches it.
    const isSet = !begins && (job.runs > 0 || (job.alarm > now && job.alarm <= due));
    if (begins) job.runs = 1;
    if (!isSet) job.alarm = begins ? now + AHEAD_MS : due;
    // The Worker that delivered sends the row to the catalog. The alarm sends it again, in case that failed.
    job.listed = { ...job.listed, at: begins ? 0 : job.alarm };
    this.save(job, entry, "text" in body ? body.text : null);
    if (!isSet) await this.ctx.storage.setAlarm(job.alarm);
    const row = begins ? null : JSON.stringify(rowOf(job));
    return { answer: { id: job.id, eventType: event.type, duplicate: entry.outcome === "duplicate" }, day: dayOf(job), row };
  }

  /**
   * Runs the alarm. A delivery has written the start of the run that it caused, so this only moves the alarm to the
   * watchdog.
   */
  async alarm() {
    const job = this.load();
    if (!job) return;
    const isBegun = job.runs > 0 && Date.now() < job.alarm + LATE_PACES * this.settings.paceMs;
    if (!isBegun) {
      job.runs += 1;
      this.save(job);
    }
    await this.ctx.storage.setAlarm(Date.now() + this.pause(job.runs, WATCHDOG_PACES));
    const { alarm } = await this.work(job) as Kept;
    if (alarm > 0) await this.ctx.storage.setAlarm(alarm);
    else await this.ctx.storage.deleteAlarm();
  }

  protected end(job: Kept) {
    const at = this.due(job);
    job.runs = 0;
    job.alarm = at < Infinity ? Math.max(at, Date.now() + AHEAD_MS) : 0;
  }

  protected load(): Kept | undefined {
    const value = this.ctx.storage.kv.get<string>("job");
    if (value === undefined) {
      this.frames = "";
      return undefined;
    }
    const { job, frames } = split<Kept>(value);
    this.frames = frames;
    return job;
  }

  protected save(job: Kept, entry?: Entry, body: string | null = null) {
    const { kv } = this.ctx.storage;
    const isLong = body !== null && body.length > MAX_INLINE_BODY;
    if (isLong) kv.put(`body/${entry!.n}`, body);
    if (entry) this.frames += frame(entry, isLong ? null : body);
    if (this.frames.length > MAX_FRAMES) this.spill(job);
    // Notes the copy before it can exist, because a run may die in between.
    job.isRecorded ||= isSettled(job);
    kv.put("job", join(job, this.frames));
  }

  /** Moves all entries to their own keys. */
  private spill(job: Kept) {
    const { kv } = this.ctx.storage;
    for (const head of heads(this.frames)) {
      kv.put(eventKey(head.n), entryOf(this.frames, head));
      if (head.hasBody) kv.put(`body/${head.n}`, bodyOf(this.frames, head));
      if (head.sha256) kv.put(`seen/${head.sha256}`, head.n);
      job.spilled = head.n;
    }
    this.frames = "";
  }

  /** Returns the entry that the same body came with. */
  private seen(job: Kept, sha256: string): number | undefined {
    let found: number | undefined;
    for (const head of heads(this.frames)) if (head.sha256 === sha256) found = head.n;
    return found ?? (job.spilled ? this.ctx.storage.kv.get<number>(`seen/${sha256}`) : undefined);
  }

  private head(n: number): Frame | undefined {
    for (const head of heads(this.frames)) if (head.n === n) return head;
    return undefined;
  }

  protected entry(n: number): Entry {
    const head = this.head(n);
    return head ? entryOf(this.frames, head) : this.ctx.storage.kv.get<Entry>(eventKey(n))!;
  }

  protected entries(): Entry[] {
    const spilled = this.ctx.storage.kv.list<Entry>({ prefix: "event/", reverse: true, limit: MAX_ENTRIES });
    const before = Array.from(spilled, ([, entry]) => entry).reverse();
    return [...before, ...Array.from(heads(this.frames), (head) => entryOf(this.frames, head))].slice(-MAX_ENTRIES);
  }

  protected body(n: number): string | null {
    const head = this.head(n);
    return head?.hasBody ? bodyOf(this.frames, head) : (this.ctx.storage.kv.get<string>(`body/${n}`) ?? null);
  }

  /** Does nothing: a short result is in the record already, as its `print`. */
  protected keepResult() {}

  protected keptResult(job: JobRecord): string {
    return job.result!.print;
  }

  protected async list(day: string, row: Row) {
    await this.env.CATALOG.getByName(day).putMany(day, `[${JSON.stringify(row)}]`);
  }
}
