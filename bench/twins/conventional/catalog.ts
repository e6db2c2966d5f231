// A day's list of jobs. The object named `root` holds the days, their sums, and when each job last changed. The day's
// alarm reports to it, so that no job waits for that, and many changes go together.
import { DurableObject } from "cloudflare:workers";
import { ROOT, type Env } from "../parts/env";
import { add, dayOfTime, isMeant, query } from "../parts/list";
import { settingsOf } from "../parts/settings";
import type { Filter, Listed, Place, Row } from "../parts/types";

const GATHER_MS = 50;
const MAX_CHANGES = 100;
const WATCHDOG_PACES = 30;

const DAY_SCHEMA = `
  CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, revision INTEGER NOT NULL, version INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, seq INTEGER NOT NULL, status TEXT NOT NULL, archive TEXT NOT NULL, queue TEXT,
    numbers TEXT NOT NULL, summary TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS jobs_by_age ON jobs (created_at, id);
  CREATE INDEX IF NOT EXISTS jobs_by_seq ON jobs (seq);`;
const ROOT_SCHEMA = `
  CREATE TABLE IF NOT EXISTS days (day TEXT PRIMARY KEY, seq INTEGER NOT NULL, sums TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, day TEXT NOT NULL, version INTEGER NOT NULL, updated_at INTEGER NOT NULL,
    seq INTEGER NOT NULL);
  CREATE INDEX IF NOT EXISTS jobs_by_seq ON jobs (seq);
  CREATE INDEX IF NOT EXISTS jobs_by_turn ON jobs (updated_at, id);`;

/** What a day reports to `root`. */
interface News {
  day: string;
  seq: number;
  sums: string;
  changes: Change[];
}

type Change = { id: string; version: number; updated_at: number; seq: number };

export class Catalog extends DurableObject<Env> {
  private isOpen = false;
  private isCalled = false;

  private open(schema: string) {
    if (!this.isOpen) this.ctx.storage.sql.exec(schema);
    this.isOpen = true;
  }

  /** Stores a row, unless it is older than the stored one. */
  async put(day: string, row: Row) {
    this.open(DAY_SCHEMA);
    const { sql, kv } = this.ctx.storage;
    const [old] = sql.exec<{ revision: number; numbers: string }>(
      "SELECT revision, numbers FROM jobs WHERE id = ?", row.id);
    if (old && old.revision >= row.revision) return;
    const sums = kv.get<Record<string, number>>("sums") ?? {};
    if (old) add(sums, JSON.parse(old.numbers), -1);
    add(sums, row.numbers, 1);
    const seq = (kv.get<number>("seq") ?? 0) + 1;
    sql.exec("INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row.id, row.createdAt,
      row.revision, row.version, row.updatedAt, seq, row.status, row.archive, row.queueName,
      JSON.stringify(row.numbers), row.summary);
    kv.put("sums", sums);
    kv.put("seq", seq);
    if (seq === 1) kv.put("day", day);
    if (!this.isCalled) await this.ctx.storage.setAlarm(Date.now() + GATHER_MS);
    this.isCalled = true;
  }

  async alarm() {
    const { sql, kv } = this.ctx.storage;
    const watchdog = Date.now() + WATCHDOG_PACES * settingsOf(this.env).paceMs;
    await this.ctx.storage.setAlarm(watchdog);
    this.open(DAY_SCHEMA);
    this.isCalled = true;
    for (;;) {
      const changes = sql.exec<Change>("SELECT id, version, updated_at, seq FROM jobs WHERE seq > ? ORDER BY seq LIMIT ?",
        kv.get<number>("pushed") ?? 0, MAX_CHANGES).toArray();
      const last = changes.at(-1);
      if (!last) break;
      const news = { day: kv.get<string>("day")!, seq: kv.get<number>("seq")!, sums: JSON.stringify(kv.get("sums")), changes };
      await this.env.CATALOG.getByName(ROOT).hear(news);
      kv.put("pushed", last.seq);
    }
    this.isCalled = false;
    await this.ctx.storage.deleteAlarm();
  }

  /** Returns the day's jobs after a position, the newest first. */
  async list(filter: Filter, after: Place | null, limit: number): Promise<Listed[]> {
    this.open(DAY_SCHEMA);
    const { sql, values } = query(filter, after, limit);
    return this.ctx.storage.sql.exec<Listed>(sql, ...values).toArray();
  }

  /** `root` stores a day's report, unless it has a newer one. */
  async hear({ day, seq, sums, changes }: News) {
    this.open(ROOT_SCHEMA);
    const { sql, kv } = this.ctx.storage;
    const [known] = sql.exec<{ seq: number }>("SELECT seq FROM days WHERE day = ?", day);
    if (known && known.seq > seq) return;
    sql.exec("INSERT OR REPLACE INTO days VALUES (?, ?, ?)", day, seq, sums);
    let turn = kv.get<number>("seq") ?? 0;
    for (const { id, version, updated_at } of changes) {
      sql.exec(`INSERT INTO jobs VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET version = excluded.version,
        updated_at = excluded.updated_at, seq = excluded.seq WHERE excluded.version > version`,
      id, day, version, updated_at, (turn += 1));
    }
    kv.put("seq", turn);
  }

  /** `root` returns the days that may contain matching jobs, the latest first. */
  async days(filter: Filter, last: string | null, limit: number): Promise<string[]> {
    this.open(ROOT_SCHEMA);
    const { since, until } = filter;
    const days = this.ctx.storage.sql.exec<{ day: string; sums: string }>(
      "SELECT day, sums FROM days WHERE day <= ? AND day >= ? ORDER BY day DESC",
      last ?? (dayOfTime(until) || "~"), dayOfTime(since) || "");
    const found: string[] = [];
    for (const { day, sums } of days) {
      if (isMeant(filter, sums) && found.push(day) === limit) break;
    }
    return found;
  }
}
