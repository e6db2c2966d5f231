// Runs inside workerd, around a Worker: counts what its plan is billed for, by owner.
//
// Names are `{who}.{what}`: `who` is `Worker` or an object's class. Rows are counted as the platform bills them: one
// for each key read or written, and one for each alarm set. A statement has as many as its cursor reports. It also
// counts a row for reading an alarm and for deleting one, which is the cautious reading of the price list.

const counts = new Map();
/** The objects by id: an object that is evicted and comes back keeps its alarm. */
const objects = new Map();
const owners = new WeakMap();
const cursors = [];
let running = 0;
let runs = [];
/** The counts before the first alarm rang: what the requests themselves did. */
let asked = null;

export function add(name, n = 1) {
  if (n > 0) counts.set(name, (counts.get(name) ?? 0) + n);
}

/**
 * Returns the counts since the last reset, the number of events that go on, and in how many ms the next alarm rings.
 */
export function report() {
  addCursors();
  const due = [...objects.values()].map(({ alarm }) => alarm).filter((at) => at !== null);
  const next = due.length > 0 ? Math.min(...due) - Date.now() : null;
  const all = Object.fromEntries([...counts].sort());
  return { counts: all, asked: asked ?? all, runs, running, next };
}

export function reset() {
  addCursors();
  counts.clear();
  [runs, asked] = [[], null];
}

/** Runs an event of the Worker or of an object, and counts it as running until it ends. */
export async function during(event) {
  running += 1;
  try {
    return await event();
  } finally {
    running -= 1;
    addCursors();
  }
}

/**
 * Runs an alarm. Notes its milliseconds, its class's subrequests meanwhile (with those of alarms that overlap), and the
 * size of the object's database in bytes.
 */
export function run(who, storage, event) {
  owners.get(storage).alarm = null;
  asked ??= Object.fromEntries(counts);
  add(`${who}.alarm`);
  const [before, begun] = [counts.get(`${who}.subrequest`) ?? 0, Date.now()];
  return during(async () => {
    try {
      return await event();
    } finally {
      const subrequests = (counts.get(`${who}.subrequest`) ?? 0) - before;
      const bytes = storage.sql.databaseSize;
      runs.push({ who, subrequests, ms: Date.now() - begun, bytes });
    }
  });
}

/** Adds the rows of statements: they are known only after the rows were read. */
function addCursors() {
  for (const { who, cursor } of cursors.splice(0)) {
    add(`${who}.rowRead`, cursor.rowsRead);
    add(`${who}.rowWritten`, cursor.rowsWritten);
  }
}

/** Makes an object's storage count. */
export function own(who, { id, storage }) {
  const object = objects.get(`${who} ${id}`) ?? { who, alarm: null };
  objects.set(`${who} ${id}`, object);
  for (const part of [storage, storage.sql, storage.kv]) {
    if (!part) continue;
    owners.set(part, object);
    patch(part);
  }
}

const many = (keys) => (Array.isArray(keys) ? keys.length : 1);
const written = (key) => (typeof key === "string" ? 1 : Object.keys(key).length);
/** Counts a call of the storage, by the method's name. */
const STORAGE = {
  get: (who, [keys]) => (add(`${who}.get`), add(`${who}.rowRead`, many(keys))),
  put: (who, [key]) => (add(`${who}.put`), add(`${who}.rowWritten`, written(key))),
  delete: (who, [keys]) => (add(`${who}.delete`), add(`${who}.rowWritten`, many(keys))),
  deleteAll: (who) => (add(`${who}.delete`), add(`${who}.rowWritten`)),
  getAlarm: (who) => (add(`${who}.getAlarm`), add(`${who}.rowRead`)),
  setAlarm: (who) => (add(`${who}.setAlarm`), add(`${who}.rowWritten`)),
  deleteAlarm: (who) => (add(`${who}.deleteAlarm`), add(`${who}.rowWritten`)),
  list: (who) => add(`${who}.list`),
  exec: (who) => add(`${who}.sql`),
};
/** Counts what only the answer shows. */
const ANSWERS = {
  list: ({ who }, found) => Promise.resolve(found).then((rows) => add(`${who}.rowRead`, Math.max(1, rows.size ?? 0))),
  exec: ({ who }, cursor) => cursors.push({ who, cursor }),
};
const patched = new WeakSet();

/** Makes the methods of this object's prototypes count from now on, for every storage that `own` has seen. */
function patch(part) {
  for (let at = Object.getPrototypeOf(part); at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    if (patched.has(at)) continue;
    patched.add(at);
    for (const name of Object.keys(STORAGE)) {
      if (Object.hasOwn(at, name)) at[name] = countedMethod(name, at[name]);
    }
  }
}

function countedMethod(name, method) {
  return function counted(...args) {
    const object = owners.get(this);
    if (!object) throw new Error(`${name} of a storage that is not counted`);
    STORAGE[name](object.who, args);
    if (name === "setAlarm") object.alarm = Number(args[0]);
    if (name === "deleteAlarm" || name === "deleteAll") object.alarm = null;
    const answer = method.apply(this, args);
    ANSWERS[name]?.(object, answer);
    return answer;
  };
}
