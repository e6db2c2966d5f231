// `hookvault start`: a vault, a simulated queue and the dashboard on this machine, kept in the current folder.
import { ownCommand } from "../../tools/setup/command.mjs";
import { FOLDER } from "../config.mjs";
import { WrongUse } from "../errors.mjs";
import { builtWorker, localVault, ownFolder } from "../local.mjs";

const MAX_PORT = 65_535;

const MORE = `
Everything is kept in ${FOLDER}/ of this folder, with tokens for this folder alone. Ctrl-C stops it; the next start
goes on with what is there. The port is 8787, or the one that this folder used last.`;

export function define(program) {
  program.command("start").description("run a vault, a simulated queue and the dashboard on this machine")
    .option("--port <port>", "the vault's port on 127.0.0.1")
    .option("--vars <file>", "a file with the Worker's variables, a line each: NAME=value")
    .addHelpText("after", MORE)
    .action(start);
}

async function start(options) {
  const asked = options.port === undefined ? undefined : portOf(options.port);
  const worker = builtWorker();
  const dir = ownFolder();
  const { checkPorts, portsFrom } = await import("../../tools/start/ports.mjs");
  const { claim } = await import("../../tools/start/leftovers.mjs");
  await claim(dir);
  const { port, vars, save } = localVault(options.vars);
  const ports = await portsFrom(asked ?? port);
  await checkPorts(ports, () => `choose another one, for instance --port ${ports.worker + 10}`);
  const { url, token } = save(ports);
  console.error("Starting the vault, the simulated queue and an S3 server …");
  const { serve } = await import("../../tools/start/serve.mjs");
  await serve({ ports, dir, worker, vars, ready: () => welcome({ url, token, ports }) });
  process.exit();
}

function portOf(text) {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > MAX_PORT) throw new WrongUse(`--port is "${text}": a whole number from 1 to ${MAX_PORT}.`);
  return port;
}

function welcome({ url, token, ports }) {
  const own = ownCommand();
  return `
hookvault runs (Ctrl-C stops it). Its dashboard: ${url}/
The token is ${token}
${FOLDER}/config.json keeps it, so these commands need no setting in this folder. Paste them into another terminal:

  ${own} submit flux-schnell --input '{"prompt": "A lighthouse in the northern lights."}' --wait
  ${own} jobs
  ${own} tail
  ${own} doctor
  ${own} --help

The simulated queue, and what it can be told to do: http://localhost:${ports.simulator}/
`;
}
