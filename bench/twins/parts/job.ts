// The Durable Object of one job: what both twins do alike. Each has its own way to store the record, and to begin a run
// of the alarm.
import { DurableObject } from "cloudflare:workers";
import { Final, Gone, copy, unpack, type Order, type Stored } from "./copy";
import type { Env } from "./env";
import { archiveOf, isSettled, render, resultText, revisionOf, rowOf } from "./record";
import { DUPLICATE, copyEntry, dayOf, dueFiles, newFile, newJob, renew, touch, type ChoreName } from "./rules";
import { settingsOf } from "./settings";
import { move, senderTime, type Verdict } from "./states";
import type { Delivery, Entry, JobRecord, Result, Row, StoredFile } from "./types";

const AT_ONCE = 4;
/**
 * How far ahead an alarm is set: one for the very millisecond of the alarm that is running would be cleared when that
 * ends.
 */
export const AHEAD_MS = 10;
const MAX_COPIES_A_RUN = 16;
export const MAX_ENTRIES = 1_000;
const LONGEST_PAUSE_MS = 15 * 60_000;
const PATIENCE_MS = 24 * 3_600_000;
/** In pauses: after these a run that has not ended is dead, and a job that has not changed is at rest. */
export const WATCHDOG_PACES = 15;
const QUIET_PACES = 150;

/** How long to wait for copies before the list shows the job as it is. */
const SHOW_AFTER_MS = 1_000;

function endsWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms, false);
    work.then(() => resolve(true), reject).finally(() => clearTimeout(timer));
  });
}

export abstract class AnyJob extends DurableObject<Env> {
  protected readonly settings = settingsOf(this.env);

  protected abstract load(): JobRecord | undefined;
  /** Writes the record, with the entry of the change and the body that came with it. */
  protected abstract save(job: JobRecord, entry?: Entry, body?: string | null): void;
  protected abstract keepResult(text: string): void;
  protected abstract keptResult(job: JobRecord): string;
  protected abstract entry(n: number): Entry;
  /** Returns the newest entries, in order. */
  protected abstract entries(): Entry[];
  protected abstract body(n: number): string | null;
  /** Sends the row to the catalog's object of the day. */
  protected abstract list(day: string, row: Row): Promise<void>;
  /** Notes in the record that a run has ended. */
  protected abstract end(job: JobRecord): void;

  /** Returns the record as JSON. */
  async read(): Promise<string | null> {
    const job = this.load();
    return job ? render(job, await this.result(job), this.settings.hookTokens) : null;
  }

  /** Returns the state of a file that is not in the bucket. */
  async stateOf(n: number, nonce: string): Promise<StoredFile["state"] | null> {
    const job = this.load();
    return (job?.nonce === nonce && job.files[n]?.state) || null;
  }

  /** Applies a delivery to the job. Returns the record, and the entry that describes what happened. */
  protected accept(known: JobRecord | undefined, delivery: Delivery, seen: number | undefined): { job: JobRecord; entry: Entry } {
    const { event, receivedAt, sha256, bytes } = delivery;
    const job = known ?? newJob(delivery);
    const n = (job.events += 1);
    const isSeen = seen !== undefined && (senderTime(event) !== null || job.lastApplied <= seen);
    const { outcome, detail } = isSeen ? DUPLICATE : this.apply(job, delivery, n);
    if (outcome === "applied") job.lastApplied = n;
    if (outcome === "applied" || !known) touch(job, receivedAt);
    const type = `${event.type ?? "unknown"}/token/${outcome}`;
    job.tally[type] = (job.tally[type] ?? 0) + 1;
    job.deliveries += 1;
    if (outcome === "duplicate") job.duplicates += 1;
    const key = "key" in delivery.body ? delivery.body.key : null;
    return { job, entry: { n, eventType: event.type, receivedAt, trust: "token", outcome, detail, bytes, sha256, key } };
  }

  private apply(job: JobRecord, delivery: Delivery, n: number): Verdict {
    const { event, result, receivedAt } = delivery;
    const isRepeated = job.status === "completed" && result !== null;
    if (isRepeated && this.isServed(job, result)) {
      const renewed = renew(job, result, receivedAt);
      return { outcome: "duplicate", detail: renewed > 0 ? `fresh URLs for ${renewed} files` : null };
    }
    const verdict = isRepeated
      ? { outcome: "applied" as const, detail: "a new result replaces the present one" }
      : move(job, event);
    if (verdict.outcome === "applied" && result) this.take(job, delivery, result, n);
    return verdict;
  }

  private isServed(job: JobRecord, { print, found }: Result): boolean {
    const { files = [] } = job.result ?? {};
    return job.result?.print === print && files.length === found.length &&
      files.every((n, at) => job.files[n]!.identity === found[at]!.identity);
  }

  /** Stores a result. Its files get numbers that no other file of the job ever has. */
  private take(job: JobRecord, { receivedAt }: Delivery, { template, print, found, skipped }: Result, delivery: number) {
    for (const file of job.files) file.isServed = false;
    const first = job.files.length;
    job.files.push(...found.map((file, at) => newFile(job, file, first + at, delivery, receivedAt)));
    job.result = { key: "key" in template ? template.key : null, print, files: found.map((_, at) => first + at) };
    if ("text" in template) this.keepResult(template.text);
    job.skipped = skipped;
    job.storedAt = null;
    job.completedAt = receivedAt;
  }

  private async result(job: JobRecord): Promise<string | null> {
    if (!job.result) return null;
    const { key } = job.result;
    const template = key === null ? this.keptResult(job) : await this.text(key);
    return resultText(job, template, this.settings.hookTokens);
  }

  private async text(key: string): Promise<string> {
    const object = await this.env.FILES.get(key);
    if (!object) throw new Error("a text is gone from the bucket");
    return object.text();
  }

  /** Copies the files that are due, and does the chores. Returns the job afterwards. */
  protected async work(job: JobRecord): Promise<JobRecord> {
    const due = dueFiles(job, Date.now()).slice(0, MAX_COPIES_A_RUN);
    if (due.length > 0) {
      const copies = this.copyAll(job, due);
      // Lists the job soon, even while its files take long. Most jobs are listed once, together with the result of the
      // copies.
      if (!(await endsWithin(SHOW_AFTER_MS, copies))) await this.chores(this.load()!, { onlyList: true });
      await copies;
    }
    return this.chores(this.load()!, { onlyList: false });
  }

  private async copyAll(job: JobRecord, files: StoredFile[]) {
    // Decodes inline data in memory one file at a time.
    const lanes = files.every(({ source }) => "url" in source) ? AT_ONCE : 1;
    const queue = [...files];
    const lane = async () => {
      for (let file = queue.shift(); file; file = queue.shift()) await this.copyOne(job, file);
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  }

  private async copyOne(job: JobRecord, file: StoredFile) {
    const { nonce } = job;
    const { FILES: bucket, ALLOWED_SOURCE_HOSTS: hosts } = this.env;
    const order: Order = { file, nonce, bucket, hosts, maxBytes: this.settings.maxFileBytes };
    try {
      const { source } = file;
      this.noteStored(file, "url" in source
        ? await copy(order, source.url)
        : await unpack(order, await this.delivered(file.delivery, source), source.isBase64));
    } catch (error) {
      this.noteFailed(file, error as Error);
    }
  }

  /** Returns a part of a delivery's body: by characters from the object, by bytes from the bucket. */
  private async delivered(n: number, { start, end }: { start: number; end: number }): Promise<string> {
    const { key } = this.entry(n);
    if (key === null) return this.body(n)!.slice(start, end);
    const object = await this.env.FILES.get(key, { range: { offset: start, length: end - start } });
    if (!object) throw new Error("a delivery's body is gone");
    return object.text();
  }

  /** Changes a file in the record, which is loaded again because it may have changed during the copy. */
  private note({ n, source }: StoredFile, change: (file: StoredFile, now: number) => string | null) {
    const job = this.load()!;
    const file = job.files[n]!;
    const isSame = "url" in source && "url" in file.source ? source.url === file.source.url : true;
    if (file.state !== "pending" || !isSame) return;
    const now = Date.now();
    const detail = change(file, now);
    if (["stored", "partial"].includes(archiveOf(job))) job.storedAt ??= now;
    touch(job, now);
    this.save(job, detail ? copyEntry(job, now, `file ${n}: ${detail}`) : undefined);
  }

  private noteStored(copied: StoredFile, stored: Stored) {
    this.note(copied, (file, now) => {
      Object.assign(file, stored, { state: "stored", error: null, attempts: file.attempts + 1 });
      file.slackMs = file.expiresAt === null ? null : Math.max(0, file.expiresAt - now);
      // Drops the URL, because its secret is no longer needed.
      if ("url" in file.source) file.source.url = "";
      return `${file.name} stored, ${file.size} bytes`;
    });
  }

  private noteFailed(copied: StoredFile, error: Error) {
    this.note(copied, (file, now) => {
      const isNews = file.error !== error.message;
      file.attempts += 1;
      file.error = error.message;
      const isDead = file.expiresAt !== null && file.expiresAt <= now;
      const isHopeless = now >= Math.max(file.foundAt, file.expiresAt ?? 0) + PATIENCE_MS;
      if (error instanceof Final || (error instanceof Gone && isDead) || isHopeless) {
        file.state = "lost";
        return `${file.name} is lost: ${error.message}`;
      }
      file.retryAt = now + this.pause(file.attempts);
      return isNews ? `${file.name} will be tried again: ${error.message}` : null;
    });
  }

  /** Updates what is outdated: the catalog's row, the manifest in R2, the copy in KV. Returns the job afterwards. */
  private async chores(job: JobRecord, { onlyList }: { onlyList: boolean }): Promise<JobRecord> {
    const plan = this.plan(job);
    const now = Date.now();
    const isDue = (name: ChoreName) => plan[name] !== null && plan[name] <= now && (name === "listed" || !onlyList);
    const names = (["listed", "published", "recorded"] as const).filter(isDue);
    const result = names.some((name) => name !== "listed") ? await this.result(job) : null;
    const ends = await Promise.allSettled(names.map((name) => this[name](job, result)));
    const after = this.load()!;
    names.forEach((name, at) => {
      const end = ends[at]!;
      if (end.status === "rejected") {
        console.error(String(end.reason));
        const attempts = after[name].attempts + 1;
        after[name] = { ...after[name], attempts, at: Date.now() + this.pause(attempts) };
        return;
      }
      after[name] = { revision: revisionOf(job), attempts: 0, at: 0 };
      if (name !== "recorded") return;
      const isThere = isSettled(job);
      after.recordedVersion = isThere ? job.version : 0;
      if (!isThere) after.isRecorded = false;
    });
    // The run ends with this.
    if (!onlyList) this.end(after);
    this.save(after);
    return after;
  }

  private listed(job: JobRecord): Promise<void> {
    return this.list(dayOf(job), rowOf(job));
  }

  private async published(job: JobRecord, result: string | null) {
    const events = this.entries().map((entry) => ({ entry, text: this.body(entry.n) }));
    const manifest = JSON.stringify({ format: 1, job, events });
    const text = `${manifest.slice(0, -1)},"result":${result ?? "null"}}`;
    const httpMetadata = { contentType: "application/json" };
    await this.env.FILES.put(`manifests/${dayOf(job)}/${job.id}.json`, text, { httpMetadata });
  }

  private async recorded(job: JobRecord, result: string | null) {
    if (isSettled(job)) await this.env.RECORDS.put(job.id, render(job, result, this.settings.hookTokens));
    else await this.env.RECORDS.delete(job.id);
  }

  /** Returns when each chore is due; null if it is done. */
  protected plan(job: JobRecord): Record<ChoreName, number | null> {
    const revision = revisionOf(job);
    const quiet = QUIET_PACES * this.settings.paceMs;
    const [isAtRest, { listed, published, recorded }] = [isSettled(job), job];
    const news = job.recordedVersion < job.version ? recorded.at : Math.max(recorded.at, job.updatedAt + quiet);
    return {
      listed: listed.revision < revision ? listed.at : null,
      // Waits for a quiet moment, so that a job that changes often is not written each time.
      published: published.revision < revision ? Math.max(published.at, job.updatedAt + (isAtRest ? 0 : quiet)) : null,
      recorded: isAtRest ? (recorded.revision < revision ? news : null) : job.isRecorded ? recorded.at : null,
    };
  }

  /** Returns when the alarm must run; `Infinity` if nothing is pending. */
  protected due(job: JobRecord): number {
    const pending = job.files.filter(({ state }) => state === "pending").map(({ retryAt }) => retryAt);
    const chores = Object.values(this.plan(job)).filter((at) => at !== null);
    return Math.min(...pending, ...chores);
  }

  protected pause(attempts: number, paces = 1): number {
    const pause = paces * this.settings.paceMs * 2 ** Math.min(attempts - 1, 20);
    return Math.round(Math.min(pause, LONGEST_PAUSE_MS) * (0.75 + Math.random() / 2));
  }
}
