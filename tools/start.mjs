// `npm start`: runs everything on this machine until Ctrl-C, and prints the commands to try it.
import { resolve } from "node:path";
import { build } from "./build.mjs";
import { inRoot } from "./setup/project.mjs";
import { Failure, main } from "./setup/run.mjs";
import { commands } from "./start/commands.mjs";
import { claim } from "./start/leftovers.mjs";
import { checkPorts, readPorts } from "./start/ports.mjs";
import { serve } from "./start/serve.mjs";
import { readVars } from "./start/vars.mjs";
import { onChange } from "./start/watch.mjs";

const DIR = resolve(process.env.HOOKVAULT_DIR ?? inRoot(".local"));

async function start() {
  const ports = readPorts(process.env);
  readVars();
  await claim(DIR);
  await checkPorts(ports);
  const worker = await build({ quick: true });
  // Somebody may have edited the variables during a long build.
  const vars = readVars();
  await serve({ ports, dir: DIR, worker, vars,
    ready: (facts) => commands({ ports, vars, ...facts }),
    watch: (renew) => onChange(() => exchange(renew)) });
  process.exit();
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
