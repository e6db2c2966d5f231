// Tables of the release before are migrated when they are first touched.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { askable, askObject, row, sql } from "../support/catalog.mjs";
import { startVault } from "../support/vault.mjs";
import { view } from "../support/viewer.mjs";
import { eventually } from "../support/wait.mjs";

const OLD_DAY = `
  CREATE TABLE jobs (
    home TEXT PRIMARY KEY, created_at INTEGER NOT NULL, revision INTEGER NOT NULL,
    seq INTEGER NOT NULL, status TEXT NOT NULL, archive TEXT NOT NULL, queue TEXT, app TEXT,
    id TEXT NOT NULL, reference TEXT, oldest_pending INTEGER, slack INTEGER, row TEXT NOT NULL) WITHOUT ROWID;
  CREATE INDEX jobs_by_age ON jobs (created_at, home);
  CREATE INDEX jobs_by_seq ON jobs (seq);
  CREATE INDEX jobs_by_id ON jobs (id);
  CREATE INDEX jobs_by_reference ON jobs (reference) WHERE reference NOT NULL;
  CREATE INDEX jobs_by_pending ON jobs (oldest_pending) WHERE oldest_pending NOT NULL;
  CREATE INDEX jobs_by_slack ON jobs (slack) WHERE slack NOT NULL;
  CREATE TABLE tags (home TEXT, tag TEXT, PRIMARY KEY (home, tag)) WITHOUT ROWID;
  CREATE TABLE removed (
    home TEXT PRIMARY KEY, id TEXT NOT NULL, revision INTEGER NOT NULL, seq INTEGER NOT NULL);
  CREATE INDEX removed_by_seq ON removed (seq);
  CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;`;

const OLD_ROOT = `
  CREATE TABLE days (day TEXT PRIMARY KEY, seq INTEGER NOT NULL, totals TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE jobs (
    home TEXT PRIMARY KEY, day TEXT NOT NULL, version INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX jobs_by_seq ON jobs (seq);
  CREATE INDEX jobs_by_turn ON jobs (updated_at, home);
  CREATE TABLE removed (seq INTEGER PRIMARY KEY, home TEXT NOT NULL, id TEXT NOT NULL);
  CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;`;

const DAY = "2024-03-01";
const AT = Date.parse(`${DAY}T12:00:00Z`);
let vault;
before(async () => {
  vault = await startVault({ change: askable });
});
after(() => vault?.stop());

/** Writes a day with these rows as the release before did. */
function oldDay(rows, { day = DAY, isTold = false, removed = true } = {}) {
  const quoted = (value) => (value === null ? "NULL" : `'${String(value).replaceAll("'", "''")}'`);
  const inserts = rows.map((one, n) => {
    const { home, revision, summary: { createdAt, status, archive, id, tags }, numbers } = one;
    const values = [home, createdAt, revision, n + 1, status, archive, null, null, id, null, numbers.oldestPending,
      numbers.smallestSlack, JSON.stringify(one)];
    return [`INSERT INTO jobs VALUES (${values.map(quoted)});`,
      ...tags.map((tag) => `INSERT INTO tags VALUES (${[home, tag].map(quoted)});`)].join("");
  });
  const status = Object.fromEntries(rows.map(({ summary }) => [summary.status, rows.length]));
  const totals = { jobs: rows.length, status, archive: { none: rows.length }, numbers: row("x", AT).numbers };
  const seq = rows.length + 1;
  const notes = Object.entries({ seq, totals, day, ...(isTold && { pushed: seq }) });
  return [OLD_DAY, ...inserts,
    ...notes.map(([name, value]) => `INSERT INTO notes VALUES ('${name}', ${quoted(JSON.stringify(value))});`),
    removed ? `INSERT INTO removed VALUES ('id:gone', 'gone', 7, ${rows.length + 1});` : ""].join("");
}

test("a day keeps its rows, and reports what was not reported", async () => {
  const rows = [row("a", AT, { tags: ["it's", "\u{1f600}"] }), row("b", AT + 1, { numbers: { oldestPending: AT } }),
    row("c", AT + 1, { numbers: { smallestSlack: 4_000 } })];
  await sql(vault, DAY, `${oldDay(rows)};SELECT 1`);
  await askObject(vault, DAY, { PutMany: [row("gone", AT, { revision: 7 }), row("d", AT + 2)] });
  const listed = await eventually("all are listed", async () => {
    const { jobs } = await vault.json(`/jobs?since=${DAY}&until=2024-03-02`);
    return jobs.length === 4 ? jobs.map(({ id }) => id) : undefined;
  });
  assert.deepEqual(listed, ["d", "c", "b", "a"]);
  const tagged = await vault.json(`/jobs?tag=${encodeURIComponent("it's")}`);
  assert.deepEqual(tagged.jobs.map(({ id }) => id), ["a"]);
  assert.equal((await vault.json("/stats")).jobs, 4);
  assert.match(await (await vault.get("/metrics")).text(), /^hookvault_smallest_slack_seconds 4\.000$/m);
  const tables = await sql(vault, DAY, "SELECT name FROM sqlite_master WHERE name NOT LIKE '%\\_%' ESCAPE '\\' ORDER BY name");
  assert.deepEqual(tables.map(({ name }) => name), ["jobs", "notes", "pending", "removed"]);
});

test("root keeps its days, asks them once, and tells earlier viewers to read the list again", async () => {
  const other = await startVault({ change: askable });
  after(() => other.stop());
  const run = (name, text) => sql(other, name, `${text};SELECT 1`);
  const day = (n) => new Date(AT + n * 86_400_000).toISOString().slice(0, 10);
  // Days that `root` knows to be unchanged, except the first.
  const totals = JSON.stringify({ jobs: 1, status: { failed: 1 }, archive: { none: 1 }, numbers: row("x", AT).numbers });
  const days = Array.from({ length: 60 }, (_, n) => `INSERT INTO days VALUES ('${day(n)}', 1, '${totals}');`);
  await run("root", [OLD_ROOT, ...days, "INSERT INTO jobs VALUES ('id:a', '2024-03-01', 1, 1, 1);",
    "INSERT INTO notes VALUES ('seq', '1');"].join(""));
  for (let n = 0; n < 60; n += 1) {
    const rows = [row(`old-${n}`, AT + n * 86_400_000), ...(n === 0 ? [row("untold", AT + 1)] : [])];
    await run(day(n), oldDay(rows, { day: day(n), isTold: n > 0, removed: false }));
  }
  assert.equal((await other.json("/stats")).jobs, 61);
  const { jobs } = await other.json(`/jobs?until=${day(2)}`);
  assert.deepEqual(jobs.map(({ id }) => id), ["old-1", "untold", "old-0"]);
  const tables = await sql(other, "root", "SELECT name FROM sqlite_master WHERE name NOT LIKE '%\\_%' ESCAPE '\\' ORDER BY name");
  assert.deepEqual(tables.map(({ name }) => name), ["days", "marks"]);
  const viewer = await view(other, "1");
  assert.equal((await viewer.here()).resync, true);
  await askObject(other, day(7), { PutMany: [row("new", AT + 7 * 86_400_000)] });
  await viewer.until("a change is sent", ({ id }) => id === "new");
  assert.deepEqual(viewer.jobs().map(({ id }) => id), ["new"]);
  viewer.socket.terminate();
});
