// The structure of the source: which file may know which. ARCHITECTURE.md has the picture.
import assert from "node:assert/strict";
import { test } from "node:test";
import { circles, code, imports, methodCalls, sources, upward } from "./support/structure.mjs";

/** The wings of `src/domain`, from the lowest up: each imports only those before it. */
const DOMAIN = [
  "time", "sort", "percent", "words", "names", "json", "cost", "retry", "keys", "sender", "webhook", "file", "access", "upstream", "http",
  // The record's data; the wings after it decide about it.
  "job", "view", "handoff", "healing", "ingest", "archive", "alarm", "catalog",
  "config", "gateway", "protocol", "route", "doctor",
  // For unit tests.
  "fixtures",
];
/** The wings of `src/edge`. Those that answer requests, and the two kinds of objects, do not know each other. */
const EDGE = [
  "platform", "http", "rpc", "storage", "bodies", "upstream", "transfer",
  ["api", "catalog", "doctor", "files", "gateway", "ingest", "job"], "router", "entry",
];
/**
 * The parts of a job's object, from the lowest up: what all tasks use, the tasks, the alarm that runs them, the
 * dispatch of commands, the class.
 */
const JOB = [
  "found", "changes", "home", "run", "timeline", "result", "read", "delete", "catalog",
  "archive", "handoff", "ingest", "alias", "gateway", "healing", "alarm", "dispatch", "mod",
];
/**
 * Methods that other types have too, which prove nothing: those of storage, collections and iterators, and a plan's
 * `alarm`.
 */
const COMMON = new Set([
  "get", "put", "delete", "list", "len", "insert", "remove", "push", "take", "map", "find", "is_empty", "iter", "text", "alarm", "next",
]);
/** What would be an effect: the clock, randomness, I/O, the runtime. */
const EFFECT = /\b(?:worker|wasm_bindgen|js_sys|web_sys|futures_\w+|rand|getrandom)::|\bstd::(?:time|fs|net|env|process|thread|io)\b|\be?println!/;
const MOST_LINES = 400;
const MOST_FILES = 16;

const all = sources();
const graph = imports(all);
const below = (folder) => new Map([...all].filter(([path]) => path.startsWith(`${folder}/`)));

test("no file imports itself through others", () => {
  assert.ok(graph.get("src/edge/entry.rs").has("src/edge/router.rs") && graph.size > 200, "the sources are read");
  assert.deepEqual(circles(graph), []);
});

test("each wing imports only what is below it", () => {
  assert.deepEqual(upward(graph, "src/domain", DOMAIN), []);
  assert.deepEqual(upward(graph, "src/edge", EDGE), []);
  assert.deepEqual(upward(graph, "src/edge/job", JOB), []);
  const above = [...graph].filter(([path, to]) => path.startsWith("src/domain/") && [...to].some((other) => other.startsWith("src/edge/")));
  assert.deepEqual(above, []);
});

test("the domain has no effect", () => {
  const effects = [...below("src/domain")].flatMap(([path, text]) => {
    const found = EFFECT.exec(code(text));
    return found ? [`${path}: ${found[0]}`] : [];
  });
  assert.deepEqual(effects, []);
});

test("no methods of an object call each other from file to file", () => {
  for (const folder of ["src/edge/job", "src/edge/catalog", "src/edge/transfer", "src/edge/storage", "src/edge/gateway"]) {
    assert.deepEqual(circles(methodCalls(below(folder), COMMON)), [], folder);
  }
});

test("files and folders are small", () => {
  const long = [...all].map(([path, text]) => [path, text.split("\n").length - 1]).filter(([, lines]) => lines > MOST_LINES);
  assert.deepEqual(long, []);
  const folders = Object.groupBy(all.keys(), (path) => path.slice(0, path.lastIndexOf("/")));
  assert.deepEqual(Object.keys(folders).filter((folder) => folders[folder].length > MOST_FILES), []);
});

// The checks above, tried on sources that break them.

const house = (files) => new Map(Object.entries(files));

test("a circle of imports is found however it is spelled", () => {
  for (const back of ["use crate::edge::a::f;", "use super::{c, a::{self, g}};", "fn b() { super::a::f() }", "fn b() { crate::edge::a::f() }"]) {
    const found = circles(imports(house({ "src/edge/a.rs": "use super::b::x as y;", "src/edge/b.rs": back, "src/edge/c.rs": "" })));
    assert.deepEqual(found, [["src/edge/a.rs", "src/edge/b.rs"]], back);
  }
  const own = house({ "src/edge/a/mod.rs": "mod b;\nfn f() { b::g() }", "src/edge/a/b.rs": "use super::T;" });
  assert.deepEqual(circles(imports(own)), [["src/edge/a/b.rs", "src/edge/a/mod.rs"]]);
  const tests = house({ "src/a.rs": "use crate::b::x;", "src/b.rs": "// crate::a::f\n#[cfg(test)]\nmod tests { use crate::a::f; }" });
  assert.deepEqual(circles(imports(tests)), []);
});

test("a circle of method calls is found whatever the receiver's name", () => {
  const method = (name, body) => `impl Job {\n    pub(super) async fn ${name}(&self) {\n        ${body}\n    }\n}`;
  for (const call of ["self.one()", "job.one()", "anything.one()", "Job::one(self)", "Self::one(home)"]) {
    const found = circles(methodCalls(house({ "one.rs": method("one", "self.two()"), "two.rs": method("two", call) })));
    assert.deepEqual(found, [["one.rs", "two.rs"]], call);
  }
});

test("an import that points up, or to a peer, is found", () => {
  const texts = house({ "src/edge/low.rs": "use super::high::x;", "src/edge/high.rs": "use super::peer::x;", "src/edge/peer.rs": "" });
  const found = upward(imports(texts), "src/edge", ["low", ["high", "peer"]]);
  assert.deepEqual(found, ["src/edge/low.rs imports src/edge/high.rs", "src/edge/high.rs imports src/edge/peer.rs"]);
  assert.equal(upward(imports(texts), "src/edge", ["peer", "high"]).length, 1, "a wing that is on no list");
});
