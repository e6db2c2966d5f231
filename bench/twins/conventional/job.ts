// A job as it is conventionally stored: a key for each thing, and an alarm for everything that follows from a delivery.
import { AHEAD_MS, AnyJob, MAX_ENTRIES, WATCHDOG_PACES } from "../parts/job";
import type { Delivered, Delivery, Entry, JobRecord, Row } from "../parts/types";
import { isSettled } from "../parts/record";

const eventKey = (n: number) => `event/${String(n).padStart(8, "0")}`;

export class Job extends AnyJob {
  /**
   * Stores a delivery before it is answered. The runtime holds the answer back until everything is written. Writes
   * without an await in between are one transaction.
   */
  async deliver(delivery: Delivery): Promise<Delivered> {
    const { kv } = this.ctx.storage;
    const { event, sha256, body } = delivery;
    const { job, entry } = this.accept(this.load(), delivery, kv.get<number>(`seen/${sha256}`));
    const duplicate = entry.outcome === "duplicate";
    if (!duplicate) kv.put(`seen/${sha256}`, entry.n);
    this.save(job, entry, "text" in body ? body.text : null);
    await this.setAlarm(job);
    return { id: job.id, eventType: event.type, duplicate };
  }

  /** Counts the run and sets a watchdog first, so that another run follows wherever this one dies. */
  async alarm() {
    const job = this.load();
    if (!job) return;
    job.runs += 1;
    this.save(job);
    await this.ctx.storage.setAlarm(Date.now() + this.pause(job.runs, WATCHDOG_PACES));
    await this.setAlarm(await this.work(job));
  }

  private async setAlarm(job: JobRecord) {
    const at = this.due(job);
    if (at < Infinity) await this.ctx.storage.setAlarm(Math.max(at, Date.now() + AHEAD_MS));
    else await this.ctx.storage.deleteAlarm();
  }

  protected load() {
    return this.ctx.storage.kv.get<JobRecord>("job");
  }

  protected save(job: JobRecord, entry?: Entry, body?: string | null) {
    const { kv } = this.ctx.storage;
    if (entry) kv.put(eventKey(entry.n), entry);
    if (entry && body != null) kv.put(`body/${entry.n}`, body);
    // Notes the copy before it can exist, because a run may die in between.
    job.isRecorded ||= isSettled(job);
    kv.put("job", job);
  }

  protected keepResult(text: string) {
    this.ctx.storage.kv.put("result", text);
  }

  protected keptResult() {
    return this.ctx.storage.kv.get<string>("result")!;
  }

  protected entry(n: number) {
    return this.ctx.storage.kv.get<Entry>(eventKey(n))!;
  }

  protected entries() {
    const found = this.ctx.storage.kv.list<Entry>({ prefix: "event/", reverse: true, limit: MAX_ENTRIES });
    return Array.from(found, ([, entry]) => entry).reverse();
  }

  protected body(n: number) {
    return this.ctx.storage.kv.get<string>(`body/${n}`) ?? null;
  }

  protected async list(day: string, row: Row) {
    await this.env.CATALOG.getByName(day).put(day, row);
  }

  protected end(job: JobRecord) {
    job.runs = 0;
  }
}
