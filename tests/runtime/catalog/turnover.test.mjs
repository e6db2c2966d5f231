// Tables that the release before has written are turned over when they are first touched.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { askable, askObject, row, sql } from "../support/catalog.mjs";
import { startVault } from "../support/vault.mjs";
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

const DAY = "2024-03-01";
const AT = Date.parse(`${DAY}T12:00:00Z`);
let vault;
before(async () => {
  vault = await startVault({ change: askable });
});
after(() => vault?.stop());

/** As the release before has written a day of these rows, of which `root` knows the first `pushed`. */
async function writeOldDay(rows, pushed) {
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
  const notes = { seq: rows.length + 1, totals, day: DAY, ...(pushed && { pushed }) };
  const noted = Object.entries(notes).map(([name, value]) => `INSERT INTO notes VALUES ('${name}', ${quoted(JSON.stringify(value))});`);
  await sql(vault, DAY, [OLD_DAY, ...inserts, ...noted,
    `INSERT INTO removed VALUES ('id:gone', 'gone', 7, ${rows.length + 1});`, "SELECT 1"].join(""));
}

test("a day keeps what it has, and tells what was not told", async () => {
  const rows = [row("a", AT, { tags: ["it's", "\u{1f600}"] }), row("b", AT + 1, { numbers: { oldestPending: AT } }),
    row("c", AT + 1, { numbers: { smallestSlack: 4_000 } })];
  await writeOldDay(rows);
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
