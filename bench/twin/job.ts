// The Durable Object that is one job.
import { DurableObject } from "cloudflare:workers";
import { copy, unpack } from "./copy";
import { discover, parseExactly, resultOf } from "./files";
import { isSettled, render, rowOf, urlOf } from "./record";
import { move } from "./states";
import type { Delivered, Delivery, Entry, Env, EventBody, JobRecord, StoredFile } from "./types";

const AT_ONCE = 4;
const MAX_COPIES_A_RUN = 16;
const MAX_ATTEMPTS = 20;
const RETRY_MS = 2_000;
const MAX_OBJECT_TEXT = 256 * 1024;
const ALARM_MS = 10;

export class Job extends DurableObject<Env> {
  /** Durable before it is answered: the runtime holds the answer back until all is written. */
  async deliver(delivery: Delivery): Promise<Delivered> {
    const { kv } = this.ctx.storage;
    const text = await this.textOf(delivery.body);
    const event = parseExactly(text);
    const job = kv.get<JobRecord>("job") ?? newJob(delivery);
    const entry: Entry = {
      n: job.events + 1, eventType: event.eventType ?? null, receivedAt: delivery.receivedAt, outcome: "duplicate",
      bytes: text.length, sha256: delivery.sha256, key: "key" in delivery.body ? delivery.body.key : null,
    };
    job.events = entry.n;
    job.deliveries += 1;
    if (kv.get(`seen/${delivery.sha256}`) !== undefined) job.duplicates += 1;
    else {
      entry.outcome = move(job, event, delivery.receivedAt);
      kv.put(`seen/${delivery.sha256}`, entry.n);
    }
    if (entry.outcome === "applied") {
      job.version += 1;
      job.updatedAt = delivery.receivedAt;
      if (job.status === "completed") await this.take(job, event, entry.n);
      await this.ctx.storage.setAlarm(Date.now() + ALARM_MS);
    }
    kv.put("job", job);
    kv.put(`event/${entry.n}`, entry);
    if ("text" in delivery.body) kv.put(`body/${entry.n}`, delivery.body.text);
    return { id: job.id, eventType: entry.eventType, duplicate: entry.outcome === "duplicate" };
  }

  async read(): Promise<string | null> {
    const job = this.ctx.storage.kv.get<JobRecord>("job");
    return job ? render(job, await this.result(job)) : null;
  }

  async file(n: number, nonce: string): Promise<string | null> {
    const job = this.ctx.storage.kv.get<JobRecord>("job");
    return (job?.nonce === nonce && job.files[n]?.key) || null;
  }

  async alarm() {
    const job = this.ctx.storage.kv.get<JobRecord>("job");
    if (!job) return;
    await this.copyFiles(job);
    await this.publish();
    await this.setNextAlarm();
  }

  private async take(job: JobRecord, event: EventBody, n: number) {
    job.files = discover(event, job.id, this.env.ALLOWED_SOURCE_HOSTS);
    job.resultEvent = n;
    const result = resultOf(event, job.files, (file) => urlOf(job, file));
    if (result.length <= MAX_OBJECT_TEXT) this.ctx.storage.kv.put("result", result);
    else await this.env.FILES.put(`results/${job.id}/${n}`, result);
  }

  private async result(job: JobRecord): Promise<string | undefined> {
    if (job.resultEvent === null) return undefined;
    const kept = this.ctx.storage.kv.get<string>("result");
    return kept ?? (await (await this.env.FILES.get(`results/${job.id}/${job.resultEvent}`))?.text());
  }

  private async textOf(body: Delivery["body"]): Promise<string> {
    if ("text" in body) return body.text;
    const object = await this.env.FILES.get(body.key);
    if (!object) throw new Error("a delivery's body is gone");
    return object.text();
  }

  private async copyFiles(job: JobRecord) {
    const now = Date.now();
    const due = job.files.filter(({ state, retryAt }) => state === "pending" && retryAt <= now);
    const queue = due.slice(0, MAX_COPIES_A_RUN);
    const next = async () => {
      for (let file = queue.shift(); file; file = queue.shift()) await this.copyOne(job, file);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
  }

  private async copyOne(job: JobRecord, file: StoredFile) {
    const { FILES, ALLOWED_SOURCE_HOSTS } = this.env;
    try {
      const stored = file.source
        ? await copy(file, job.nonce, FILES, ALLOWED_SOURCE_HOSTS)
        : await unpack(file, job.nonce, await this.resultEvent(job), FILES);
      this.note(file.n, { ...stored, state: "stored", attempts: file.attempts + 1, error: null });
    } catch (error) {
      const attempts = file.attempts + 1;
      const state = attempts >= MAX_ATTEMPTS ? "lost" : "pending";
      const retryAt = Date.now() + RETRY_MS * 2 ** Math.min(attempts, 12);
      this.note(file.n, { attempts, state, retryAt, error: (error as Error).message });
    }
  }

  private async resultEvent(job: JobRecord): Promise<EventBody> {
    const n = job.resultEvent!;
    const { key } = this.ctx.storage.kv.get<Entry>(`event/${n}`)!;
    const text = key ? await this.textOf({ key }) : this.ctx.storage.kv.get<string>(`body/${n}`)!;
    return JSON.parse(text);
  }

  /** The record may have changed while the file was copied. */
  private note(n: number, change: Partial<StoredFile>) {
    const job = this.ctx.storage.kv.get<JobRecord>("job")!;
    Object.assign(job.files[n], change);
    job.version += 1;
    job.updatedAt = Date.now();
    if (isSettled(job)) job.storedAt = job.updatedAt;
    this.ctx.storage.kv.put("job", job);
  }

  /** Manifest and edge copy of a settled job, and its row in the day's list. */
  private async publish() {
    const { kv } = this.ctx.storage;
    const job = kv.get<JobRecord>("job")!;
    const work: Promise<unknown>[] = [];
    if (job.listedVersion < job.version) {
      const day = new Date(job.createdAt).toISOString().slice(0, 10);
      work.push(this.env.CATALOG.getByName(day).put(day, rowOf(job)));
    }
    if (isSettled(job) && job.publishedVersion < job.version) {
      const result = await this.result(job);
      const events = [...kv.list({ prefix: "event/" })].map(([, entry]) => entry);
      const day = new Date(job.createdAt).toISOString().slice(0, 10);
      const manifest = JSON.stringify({ job, events, result: result === undefined ? null : JSON.rawJSON(result) });
      work.push(this.env.FILES.put(`manifests/${day}/${job.id}.json`, manifest));
      work.push(this.env.RECORDS.put(job.id, render(job, result)));
    }
    await Promise.all(work);
    const now = kv.get<JobRecord>("job")!;
    now.listedVersion = job.version;
    if (isSettled(job)) now.publishedVersion = job.version;
    kv.put("job", now);
  }

  private async setNextAlarm() {
    const job = this.ctx.storage.kv.get<JobRecord>("job")!;
    const pending = job.files.filter(({ state }) => state === "pending").map(({ retryAt }) => retryAt);
    const isBehind = job.listedVersion < job.version;
    const times = isBehind ? [...pending, 0] : pending;
    if (times.length > 0) await this.ctx.storage.setAlarm(Math.max(Date.now() + ALARM_MS, Math.min(...times)));
  }
}

function newJob({ id, origin, receivedAt }: Delivery): JobRecord {
  return {
    id, nonce: crypto.randomUUID().replaceAll("-", ""), origin, status: "queued", version: 0, attempt: 1,
    queueName: null, workerName: null, leaseExpiry: null, createdAt: receivedAt, acquiredAt: null,
    updatedAt: receivedAt, completedAt: null, storedAt: null, senderTime: null, files: [], error: null, events: 0,
    deliveries: 0, duplicates: 0, resultEvent: null, publishedVersion: 0, listedVersion: 0,
  };
}
