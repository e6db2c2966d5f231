// Runs inside of workerd, around a Worker: counts what its plan is billed for, by who does it.
//
// Names are `{who}.{what}`: `who` is `Worker` or the class of an object. Rows are those that the
// platform bills: a key that is read or written is a row, each alarm that is set is one, and a
// statement has as many as its cursor says. That reading an alarm costs a row, and deleting one
// too, is the cautious reading of the price list.

const counts = new Map();
/** By id: an object that is evicted and comes back keeps its alarm. */
const objects = new Map();
const owners = new WeakMap();
const cursors = [];
let running = 0;
let runs = [];
/** What was counted before the first alarm rang: what the requests did themselves. */
let asked = null;

export function add(name, n = 1) {
  if (n > 0) counts.set(name, (counts.get(name) ?? 0) + n);
}

/** What was counted since the last time, how many events go on, and in how many ms an alarm rings. */
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

/** An event of the Worker or an object, from its begin to its end. */
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
 * A run of an alarm: its time, the subrequests that its class makes meanwhile (also those of runs that
 * overlap with it), and what the object holds then.
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

/** Rows are known when a statement's rows have been read. */
function addCursors() {
  for (const { who, cursor } of cursors.splice(0)) {
    add(`${who}.rowRead`, cursor.rowsRead);
    add(`${who}.rowWritten`, cursor.rowsWritten);
  }
}

/** Has an object's storage counted. */
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
/** What a call of the storage counts, by the method's name. */
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
/** What follows of an answer. */
const ANSWERS = {
  list: ({ who }, found) => Promise.resolve(found).then((rows) => add(`${who}.rowRead`, Math.max(1, rows.size ?? 0))),
  exec: ({ who }, cursor) => cursors.push({ who, cursor }),
};
const patched = new WeakSet();

/** The methods of this object's prototypes count from now on, for all who are owned. */
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
