// A day's list of jobs: one table, and one row of sums. The object named `root` knows the days, and which of them have
// changed since it last asked. It asks when somebody looks.
import { DurableObject } from "cloudflare:workers";
import { ROOT, type Env } from "../parts/env";
import { add, dayOfTime, isMeant, query } from "../parts/list";
import type { Filter, Listed, Place, Row } from "../parts/types";

/** How many other objects an invocation may call. */
const MAX_ASKED = 45;

const DAY_SCHEMA = `
  CREATE TABLE IF NOT EXISTS jobs (
    created_at INTEGER, id TEXT, revision INTEGER NOT NULL, seq INTEGER NOT NULL, status TEXT NOT NULL,
    archive TEXT NOT NULL, queue TEXT, numbers TEXT NOT NULL, summary TEXT NOT NULL,
    PRIMARY KEY (created_at, id)) WITHOUT ROWID;`;
const ROOT_SCHEMA = `
  CREATE TABLE IF NOT EXISTS days (
    day TEXT PRIMARY KEY, generation INTEGER NOT NULL, is_dirty INTEGER NOT NULL, sums TEXT NOT NULL) WITHOUT ROWID;`;

/** A day's one row beside its table. */
interface Ledger {
  seq: number;
  sums: Record<string, number>;
  /** Whether `root` knows that the day has changed. */
  told: boolean;
}

export class Catalog extends DurableObject<Env> {
  private isOpen = false;
  /** How often this day was asked for its sums. */
  private pulls = 0;

  private open(schema: string) {
    if (!this.isOpen) this.ctx.storage.sql.exec(schema);
    this.isOpen = true;
  }

  private ledger(): Ledger {
    return this.ctx.storage.kv.get<Ledger>("ledger") ?? { seq: 0, sums: {}, told: false };
  }

  /** Stores rows, unless a job's stored row is newer. */
  async putMany(day: string, batch: string) {
    this.open(DAY_SCHEMA);
    await this.call(day);
    const { sql, kv } = this.ctx.storage;
    const before = this.ledger();
    const ledger = { ...before, told: true };
    for (const row of JSON.parse(batch) as Row[]) {
      const [old] = sql.exec<{ revision: number; numbers: string }>(
        "SELECT revision, numbers FROM jobs WHERE created_at = ? AND id = ?", row.createdAt, row.id);
      if (old && old.revision >= row.revision) continue;
      if (old) add(ledger.sums, JSON.parse(old.numbers), -1);
      add(ledger.sums, row.numbers, 1);
      sql.exec("INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row.createdAt, row.id, row.revision,
        (ledger.seq += 1), row.status, row.archive, row.queueName, JSON.stringify(row.numbers), row.summary);
    }
    if (ledger.seq > before.seq) kv.put("ledger", ledger);
  }

  /**
   * Reports to `root` that the day will change. A reader that pulled meanwhile has not seen the change, so the day
   * reports again.
   */
  private async call(day: string) {
    for (let pulls = -1; pulls !== this.pulls && !this.ledger().told;) {
      pulls = this.pulls;
      await this.env.CATALOG.getByName(ROOT).dirty(day);
    }
  }

  /** Returns the day's sums to `root`, which does not know later changes. */
  async sums(): Promise<string> {
    this.pulls += 1;
    const ledger = this.ledger();
    if (ledger.told) this.ctx.storage.kv.put("ledger", { ...ledger, told: false });
    return JSON.stringify(ledger.sums);
  }

  /** Returns the day's jobs after a position, the newest first. */
  async list(filter: Filter, after: Place | null, limit: number): Promise<Listed[]> {
    this.open(DAY_SCHEMA);
    const { sql, values } = query(filter, after, limit);
    return this.ctx.storage.sql.exec<Listed>(sql, ...values).toArray();
  }

  /** `root` notes that a day has changed. */
  async dirty(day: string) {
    this.open(ROOT_SCHEMA);
    this.ctx.storage.sql.exec(`INSERT INTO days VALUES (?, 1, 1, '{}')
      ON CONFLICT (day) DO UPDATE SET generation = generation + 1, is_dirty = 1`, day);
  }

  /** `root` returns the days that may contain matching jobs, the latest first. */
  async days(filter: Filter, last: string | null, limit: number): Promise<string[]> {
    this.open(ROOT_SCHEMA);
    const { since, until } = filter;
    // A filter that the sums do not decide needs no pull.
    if (filter.status || filter.archive) await this.pull();
    const days = this.ctx.storage.sql.exec<{ day: string; sums: string; is_dirty: number }>(
      "SELECT day, sums, is_dirty FROM days WHERE day <= ? AND day >= ? ORDER BY day DESC",
      last ?? (dayOfTime(until) || "~"), dayOfTime(since) || "");
    const found: string[] = [];
    for (const { day, sums, is_dirty } of days) {
      if ((is_dirty || isMeant(filter, sums)) && found.push(day) === limit) break;
    }
    return found;
  }

  /** Pulls the sums of the days that have changed. */
  private async pull() {
    const { sql } = this.ctx.storage;
    const dirty = sql.exec<{ day: string; generation: number }>(
      "SELECT day, generation FROM days WHERE is_dirty ORDER BY day DESC LIMIT ?", MAX_ASKED).toArray();
    await Promise.all(dirty.map(async ({ day, generation }) => {
      const sums = await this.env.CATALOG.getByName(day).sums();
      // A day that has changed meanwhile stays dirty.
      sql.exec("UPDATE days SET sums = ?, is_dirty = 0 WHERE day = ? AND generation = ?", sums, day, generation);
    }));
  }
}
