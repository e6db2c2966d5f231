// Runs the Worker in its own process, which ends with the process that started it.
//
// Each message to it is an order, `{ dir, vars, script, wasm }`: run this instead of what runs now. It answers `{ port
// }` once that runs, else `{ error }`.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Log, LogLevel, Miniflare } from "miniflare";
import { inRoot } from "../setup/project.mjs";
import { runtimeOptions } from "../workerd/options.mjs";
import { workerLine } from "./log.mjs";

const AGAIN_MS = 1_000;
/** wrangler uses the same name for the Worker's objects. */
const [, NAME] = /^name = "(.+)"$/m.exec(readFileSync(inRoot("wrangler.toml"), "utf8"));

const say = (line) => void (line && console.log(line));
let runtime;
/** The options that ran last. */
let good;
let busy = Promise.resolve();

/** Restarts a runtime that has died: miniflare does that by itself, but only once. */
class Listener extends Log {
  error(error) {
    if (error.code === "ERR_RUNTIME_FAILURE" && good) busy = busy.then(again);
    else say(error.message);
  }
}

async function optionsOf({ dir, vars, script, wasm }) {
  // Reads the files now, because what runs must not change with them.
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

/** Runs the last good options again and again until they run. */
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
