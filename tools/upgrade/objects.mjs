// Reads the storage of Durable Objects, which workerd keeps in files, to a plain value, and writes it from one. The
// value has the keys and values of jobs, the tables of the catalog, and the alarms' times.
import { createHash, createHmac } from "node:crypto";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { deserialize, serialize } from "node:v8";

const CLASSES = ["Job", "Catalog"];
/** The runtime's own tables: its values, and the alarm in nanoseconds. */
const [VALUES, NOTES, ALARMS] = ["_cf_KV", "_cf_METADATA", "_cf_ALARM"];
/** Tells whether a table is the runtime's own. */
const isOwn = (name) => /^(?:_cf_|sqlite_)/.test(name);
const NS = 1_000_000n;
const KEPT_ALARMS = `CREATE TABLE IF NOT EXISTS ${ALARMS} (actor_id TEXT PRIMARY KEY, scheduled_time INTEGER, actor_name TEXT) WITHOUT ROWID`;

/** Returns the folder of a class's objects. The Worker has no name here. */
const folder = (dir, name) => join(dir, "do", `-${name}`);

/** Returns the id that the runtime gives to the object of this name. */
function idOf(className, name) {
  const key = createHash("sha256").update(`-${className}`).digest();
  const half = (of) => createHmac("sha256", key).update(of).digest().subarray(0, 16);
  return Buffer.concat([half(name), half(half(name))]).toString("hex");
}

/**
 * Reads all objects of a vault that has ended, by class and name.
 *
 * @param {string} dir the vault's folder
 */
export function readObjects(dir) {
  const found = CLASSES.map((className) => [className, readClass(dir, className)]);
  const names = namesIn(JSON.stringify(found, (_, value) => (typeof value === "bigint" ? Number(value) : value)));
  return Object.fromEntries(found.map(([className, objects]) => [className, named(className, objects, names)]));
}

/** Finds names in all texts: an object does not know its own name, but others do. */
const namesIn = (text) => ["root", "refused", ...text.match(/\b(?:id|ref):[\w.-]+|\b\d{4}-\d\d-\d\d\b/g) ?? [],
  ...Array.from(text.matchAll(/"(?:id|reference)\W+([\w.-]+)/g), ([, name]) => [`id:${name}`, `ref:${name}`]).flat()];

function readClass(dir, className) {
  const at = folder(dir, className);
  const alarms = opened(join(at, "metadata.sqlite"), (database) => all(database, `SELECT * FROM ${ALARMS}`));
  const files = readdirSync(at).filter((file) => /^[0-9a-f]{64}\.sqlite$/.test(file)).map((file) => file.slice(0, 64));
  const objects = files.map((id) => {
    const alarm = alarms.find((one) => one.actor_id === id);
    return { id, name: alarm?.actor_name, object: readObject(join(at, `${id}.sqlite`), alarm) };
  });
  return objects.filter(({ object }) => Object.keys(object).length > 0);
}

function named(className, objects, names) {
  const known = new Map(names.map((name) => [idOf(className, name), name]));
  const pairs = objects.map(({ id, name = known.get(id), object }) => {
    if (name === undefined) throw new Error(`nobody knows the name of ${className} ${id}: ${JSON.stringify(object).slice(0, 500)}`);
    return [name, object];
  });
  return Object.fromEntries(pairs.sort(([one], [other]) => (one < other ? -1 : 1)));
}

function readObject(path, alarm) {
  return opened(path, (database) => {
    const schema = all(database, "SELECT type, name, sql FROM sqlite_master WHERE sql NOT NULL");
    const tables = schema.filter(({ type, name }) => type === "table" && !isOwn(name));
    const values = schema.some(({ name }) => name === VALUES) ? all(database, `SELECT * FROM ${VALUES}`) : [];
    return {
      ...(alarm && { alarm: Number(alarm.scheduled_time / NS) }),
      ...(values.length > 0 && { values: Object.fromEntries(values.map(({ key, value }) => [key, deserialize(value)])) }),
      ...(tables.length > 0 && { schema: schema.filter(({ name }) => !isOwn(name)).map(({ sql }) => sql.replace(/\s+/g, " ")),
        tables: Object.fromEntries(tables.map(({ name }) => [name, rows(database, name)])) }),
    };
  });
}

const rows = (database, name) => all(database, `SELECT * FROM "${name}"`).map((row) =>
  Object.values(row).map((value) => (typeof value === "bigint" ? Number(value) : value)));

function all(database, sql) {
  const statement = database.prepare(sql);
  statement.setReadBigInts(true);
  return statement.all();
}

function opened(path, use) {
  const database = new DatabaseSync(path);
  try {
    return use(database);
  } finally {
    database.close();
  }
}

/**
 * Writes these objects for a vault that will start in `dir`, where there are no objects yet.
 *
 * @param {{ alarms?: boolean }} [options] `false` sets no alarm
 */
export function writeObjects(dir, objects, { alarms = true } = {}) {
  for (const className of CLASSES) {
    const at = folder(dir, className);
    mkdirSync(at, { recursive: true });
    opened(join(at, "metadata.sqlite"), (kept) => {
      kept.exec(`PRAGMA journal_mode = WAL; ${KEPT_ALARMS}`);
      const keep = kept.prepare(`INSERT INTO ${ALARMS} VALUES (?, ?, ?)`);
      for (const [name, { alarm, ...object }] of Object.entries(objects[className] ?? {})) {
        const [id, rings] = [idOf(className, name), alarms && alarm !== undefined];
        if (rings) keep.run(id, BigInt(alarm) * NS, name);
        writeObject(join(at, `${id}.sqlite`), { ...object, ...(rings && { alarm }) });
      }
    });
  }
}

function writeObject(path, { alarm, values = {}, schema = [], tables = {} }) {
  opened(path, (database) => {
    database.exec(`PRAGMA journal_mode = WAL; BEGIN;
      CREATE TABLE ${NOTES} (key INTEGER PRIMARY KEY, value BLOB);
      CREATE TABLE ${VALUES} (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID`);
    database.prepare(`INSERT INTO ${NOTES} VALUES (1, ?)`).run(alarm === undefined ? null : BigInt(alarm) * NS);
    const put = database.prepare(`INSERT INTO ${VALUES} VALUES (?, ?)`);
    for (const [key, value] of Object.entries(values)) put.run(key, serialize(value));
    for (const sql of schema) database.exec(sql);
    for (const [name, some] of Object.entries(tables)) {
      for (const row of some) database.prepare(`INSERT INTO "${name}" VALUES (${row.map(() => "?")})`).run(...row);
    }
    database.exec("COMMIT");
  });
}
