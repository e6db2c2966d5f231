// `npm start`: runs everything on this machine until Ctrl-C, and prints the commands to try it.
import { resolve } from "node:path";
import { build } from "./build.mjs";
import { inRoot } from "./setup/project.mjs";
import { Failure, main } from "./setup/run.mjs";
import { commands } from "./start/commands.mjs";
import { endLeftovers, remember } from "./start/leftovers.mjs";
import { requestLine, secretsOf } from "./start/log.mjs";
import { checkPorts, readPorts } from "./start/ports.mjs";
import { readVars } from "./start/vars.mjs";
import { onChange } from "./start/watch.mjs";

const DIR = resolve(process.env.HOOKVAULT_DIR ?? inRoot(".local"));

async function start() {
  const ports = readPorts(process.env);
  readVars();
  await endLeftovers(DIR);
  await checkPorts(ports);
  const worker = await build({ quick: true });
  const [stack, { startFiles }] = await Promise.all([import("./start/stack.mjs"), import("./storage/files.mjs")]);
  const options = { ports, dir: DIR, worker, startS3: startFiles };
  await stack.untilStopped((stops) => run(stack, options, stops));
  process.exit();
}

async function run({ startStack, UPSTREAM_KEY }, options, stops) {
  const [vars, { ports }] = [readVars(), options];
  const runtime = { launched: (pid) => remember(DIR, pid) };
  const log = (told) => console.log(requestLine(told, secretsOf(vars)));
  const { firstId, died, renew } = await startStack({ ...options, vars, log, runtime }, stops);
  console.log(commands({ ports, vars, upstreamKey: UPSTREAM_KEY, firstId }));
  stops.push(onChange(() => exchange(renew)));
  throw new Failure(await died);
}

/** Builds what has changed, and runs it. If that fails, prints why, and the old Worker goes on. */
async function exchange(renew) {
  const from = Date.now();
  try {
    const vars = readVars();
    await renew(vars, await build({ quick: true }));
    console.log(`The new Worker runs, after ${Math.round((Date.now() - from) / 1_000)} s.`);
  } catch (error) {
    console.error(`${error instanceof Failure ? error.message : error.stack}\nThe former Worker keeps running.`);
  }
}

await main(start);
