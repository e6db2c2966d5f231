// A day's list of jobs; the object named `days` holds which days there are.
import { DurableObject } from "cloudflare:workers";
import type { Env, Row } from "./types";

export const DAYS = "days";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, status TEXT NOT NULL, row TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS jobs_by_age ON jobs (created_at, id);
  CREATE TABLE IF NOT EXISTS days (day TEXT PRIMARY KEY);`;

export class Catalog extends DurableObject<Env> {
  private isOpen = false;

  private open() {
    if (!this.isOpen) this.ctx.storage.sql.exec(SCHEMA);
    this.isOpen = true;
  }

  async put(day: string, row: Row) {
    this.open();
    if (!this.ctx.storage.kv.get("announced")) {
      await this.env.CATALOG.getByName(DAYS).add(day);
      this.ctx.storage.kv.put("announced", true);
    }
    this.ctx.storage.sql.exec(
      "INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?)", row.id, row.createdAt, row.status, JSON.stringify(row));
  }

  async list(status: string | null, limit: number): Promise<string[]> {
    this.open();
    const sql = `SELECT row FROM jobs ${status ? "WHERE status = ?1" : ""} ORDER BY created_at DESC, id DESC LIMIT ?2`;
    return this.ctx.storage.sql.exec<{ row: string }>(sql, status, limit).toArray().map(({ row }) => row);
  }

  async add(day: string) {
    this.open();
    this.ctx.storage.sql.exec("INSERT OR IGNORE INTO days VALUES (?)", day);
  }

  async days(): Promise<string[]> {
    this.open();
    const days = this.ctx.storage.sql.exec<{ day: string }>("SELECT day FROM days ORDER BY day DESC");
    return days.toArray().map(({ day }) => day);
  }
}
