// `npm start`: everything on this machine until Ctrl-C, with the commands to try it.
import { constants, copyFileSync, existsSync, readFileSync } from "node:fs";
import { build } from "./build.mjs";
import { checkPort } from "./ports.mjs";
import { inRoot } from "./setup/project.mjs";
import { Failure, main } from "./setup/run.mjs";
import { setup } from "./setup.mjs";

const PORTS = {
  worker: ["HOOKVAULT_PORT", 8787],
  simulator: ["HOOKVAULT_SIMULATOR_PORT", 8788],
  s3: ["HOOKVAULT_S3_PORT", 9603],
};

async function start() {
  await setup({ s3: true });
  await build();
  const stack = await import("./stack.mjs");
  const ports = await readPorts();
  await stack.untilStopped((stops) => run(stack, ports, stops));
  process.exit();
}

async function run({ startStack, UPSTREAM_KEY }, ports, stops) {
  const vars = devVars();
  const log = (text) => process.stdout.write(text);
  const { firstId, died } = await startStack({ ports, dir: inRoot(".local"), vars, log }, stops);
  printCommands(ports, vars, UPSTREAM_KEY, firstId);
  throw new Failure(await died);
}

async function readPorts() {
  const ports = {};
  for (const [name, [variable, usual]] of Object.entries(PORTS)) {
    ports[name] = Number(process.env[variable] ?? usual);
    await checkPort(ports[name], variable);
  }
  return ports;
}

function devVars() {
  const path = inRoot(".dev.vars");
  if (!existsSync(path)) copyFileSync(inRoot(".dev.vars.example"), path, constants.COPYFILE_EXCL);
  const lines = readFileSync(path, "utf8").matchAll(/^\s*(\w+)\s*=\s*(["'`]?)(.*?)\2\s*$/gm);
  return Object.fromEntries([...lines].map(([, name, , value]) => [name, value]));
}

function printCommands(ports, vars, upstreamKey, id) {
  const first = (list) => list.split(",")[0].trim();
  const worker = `http://localhost:${ports.worker}`;
  const hook = `${worker}/hook/${first(vars.HOOK_TOKEN)}`;
  const queue = `http://localhost:${ports.simulator}/queue/wan22-fast-t2v`;
  const submission = `-H "Authorization: Bearer ${upstreamKey}" \
-H "Content-Type: application/json" -H "x-pipelet-output: binary"`;
  const body = `-d '{"prompt": "A photo of an astronaut riding a horse."}'`;
  console.log(`
hookvault runs (Ctrl-C stops it). Its dashboard: ${worker}/, the token is ${first(vars.API_TOKEN)}

Submit a job, its webhook as a query parameter:
curl '${queue}?fal_webhook=${hook}' ${submission} ${body}

Another one, its webhook as a header:
curl '${queue}' ${submission} -H "x-pipelet-webhook: ${hook}" ${body}

What hookvault keeps of the first, as soon as its files are stored:
curl -H "Authorization: Bearer ${first(vars.API_TOKEN)}" '${worker}/jobs/${id}?wait=30&for=settled'
`);
}

await main(start);
