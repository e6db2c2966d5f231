// The Worker in a process of its own, which ends with the one that has started it.
//
// Each message to it is an order, `{ dir, vars, script, wasm }`: run this, in the place of what runs. It answers
// `{ port }` when it does, else `{ error }`.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Log, LogLevel, Miniflare } from "miniflare";
import { inRoot } from "../setup/project.mjs";
import { runtimeOptions } from "../workerd/options.mjs";
import { workerLine } from "./log.mjs";

const AGAIN_MS = 1_000;
/** wrangler names the Worker's objects so too. */
const [, NAME] = /^name = "(.+)"$/m.exec(readFileSync(inRoot("wrangler.toml"), "utf8"));

const say = (line) => void (line && console.log(line));
let runtime;
/** What has run last. */
let good;
let busy = Promise.resolve();

/** A runtime that has died miniflare starts again by itself, but only once. */
class Listener extends Log {
  error(error) {
    if (error.code === "ERR_RUNTIME_FAILURE" && good) busy = busy.then(again);
    else say(error.message);
  }
}

async function optionsOf({ dir, vars, script, wasm }) {
  // Read now: what runs must not change with the files.
  const modules = [
    { type: "ESModule", path: script, contents: readFileSync(script, "utf8") },
    { type: "CompiledWasm", path: wasm, contents: readFileSync(wasm) },
  ];
  return {
    ...(await runtimeOptions({ modules, vars, dir })),
    name: NAME,
    port: 0,
    log: new Listener(LogLevel.WARN),
    logRequests: false,
    handleStructuredLogs: (line) => say(workerLine(line)),
    unsafeHandleRuntimeRestart: () => say("The runtime ended. It was started again."),
  };
}

async function run(options) {
  if (runtime) await runtime.setOptions(options);
  else runtime = new Miniflare(options);
  const { port } = await runtime.ready;
  good = options;
  return Number(port);
}

async function obey(order) {
  try {
    process.send({ port: await run(await optionsOf(order)) });
  } catch (error) {
    process.send({ error: error.message });
    if (good) await again();
  }
}

/** Tries what has run before until it runs. */
async function again() {
  for (;;) {
    try {
      return await run(good);
    } catch (error) {
      say(`The runtime does not start: ${error.message}`);
      await sleep(AGAIN_MS);
    }
  }
}

async function end() {
  await runtime?.dispose();
  process.exit();
}

process.on("message", (order) => (busy = busy.then(() => obey(order))));
process.once("disconnect", end);
process.once("SIGTERM", end);
