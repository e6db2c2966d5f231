// The Worker's entry around wasm that traps: a stand-in for wasm-bindgen's script, with a real module.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Miniflare } from "miniflare";
import { bundle } from "../../tools/build/assemble.mjs";

/** `(module (func (export "trap") unreachable))` */
const TRAP = Buffer.from("0061736d01000000 010401600000 03020100 0708010474726170 0000 0a05010300000b".replaceAll(" ", ""), "hex");

const GLUE = `
import source wasmModule from "./index_bg.wasm";
const state = { criticalError: false, instanceId: 0 };
let wasm;
export function __worker_init_state() { return state; }
export function __wbg_reset_state() {
  state.instanceId += 1;
  wasm = new WebAssembly.Instance(wasmModule).exports;
}
__wbg_reset_state();
const overflow = () => overflow() + 1;
const ACTS = {
  none() {},
  trap: () => wasm.trap(),
  overflow,
  later: () => queueMicrotask(() => wasm.trap()),
  fail() { throw new Error("no trap"); },
};
class Part {
  constructor(ctx) {
    if (ctx.id.name === "trap" && state.instanceId === 1) wasm.trap();
    this.instance = state.instanceId;
  }
  free() { wasm.trap(); }
  ask(act) {
    if (this.instance !== state.instanceId) throw new Error("a part of an old instance");
    ACTS[act]();
    return this.instance;
  }
}
export class Job extends Part { alarm() {} }
Job.prototype.ask = function (act) { return Part.prototype.ask.call(this, act); };
Job.prototype.free = function () { return Part.prototype.free.call(this); };
export class Catalog extends Part {}
export function fetch(request, env) {
  const { pathname, searchParams } = new URL(request.url);
  const [, act, name] = pathname.split("/");
  if (!name) { ACTS[act](); return new Response(String(state.instanceId)); }
  const method = searchParams.get("method") ?? "ask";
  return env.JOBS.getByName(name)[method](act).then(
    (told) => new Response(String(told)), (error) => new Response(String(error), { status: 502 }));
}`;

let dir;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "hookvault-entry-"));
  writeFileSync(join(dir, "index.js"), GLUE);
  writeFileSync(join(dir, "index_bg.wasm"), TRAP);
  await bundle(dir, { minify: true });
});

after(async () => rmSync(dir, { recursive: true }));

/** Runs a new Worker, and resolves to `[status, text]` for each path. */
async function play(...paths) {
  const runtime = new Miniflare({
    modulesRoot: dir,
    modules: [["ESModule", "worker.js"], ["CompiledWasm", "index_bg.wasm"]].map(([type, name]) => ({ type, path: join(dir, name) })),
    compatibilityDate: "2026-02-24",
    durableObjects: { JOBS: { className: "Job", useSQLite: true } },
    handleStructuredLogs() {},
  });
  const answers = [];
  try {
    for (const path of paths) {
      const answer = await runtime.dispatchFetch(`http://worker${path}`);
      const text = await answer.text();
      answers.push(answer.ok ? text : answer.status);
    }
  } finally {
    await runtime.dispose();
  }
  return answers;
}

for (const act of ["trap", "overflow"]) {
  test(`after a request that ends in ${act}, the next has a new instance`, async () => {
    assert.deepEqual(await play("/none", `/${act}`, "/none", "/none"), ["1", 500, "2", "2"]);
  });

  test(`an object rebuilds its Rust part after ${act}, in a request or in its own method`, async () => {
    assert.deepEqual(await play("/none/a", `/${act}`, "/none/a"), ["1", 500, "2"]);
    assert.deepEqual(await play("/none/a", `/${act}/a`, "/none/a", "/none/b"), ["1", 502, "2", "2"]);
  });
}

test("a trap that nobody awaits counts too", async () => {
  assert.deepEqual(await play("/none/a", "/later", "/none/a"), ["1", "1", "2"]);
});

test("an object whose construction traps is constructed at the next call", async () => {
  assert.deepEqual(await play("/none/trap", "/none/trap"), [502, "2"]);
});

test("another error does not count as a trap", async () => {
  assert.deepEqual(await play("/none/a", "/fail", "/fail/a", "/none/a"), ["1", 500, 502, "1"]);
});

test("no caller can make an object free its Rust part", async () => {
  assert.deepEqual(await play("/none/a?method=free", "/none/a"), [502, "1"]);
});
