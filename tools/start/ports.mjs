// Reads the ports of `npm start`, and checks that they are free.
import { listenOnce } from "../ports.mjs";
import { Failure } from "../setup/run.mjs";
import { plain } from "../setup/terminal.mjs";
import { listener } from "./processes.mjs";

const VARIABLES = { worker: "HOOKVAULT_PORT", simulator: "HOOKVAULT_SIMULATOR_PORT", s3: "HOOKVAULT_S3_PORT" };
const USUAL = { worker: 8787, simulator: 8788, s3: 9603 };
const MAX_PORT = 65_535;
/** `localhost` means both addresses. */
const LOOPBACK = ["127.0.0.1", "::1"];
const MAX_SHOWN = 100;

/** @returns {{ worker: number, simulator: number, s3: number }} */
export function readPorts(env) {
  const ports = Object.fromEntries(Object.keys(USUAL).map((part) => [part, readPort(env, part)]));
  const [one, other] = pairs(Object.keys(ports)).find(([one, other]) => ports[one] === ports[other]) ?? [];
  if (!one) return ports;
  throw new Failure(`${VARIABLES[one]} and ${VARIABLES[other]} are both ${ports[one]}: each needs its own port. `
    + `Unset one of them, or set it to another.`);
}

const pairs = (list) => list.flatMap((one, n) => list.slice(n + 1).map((other) => [one, other]));

function readPort(env, part) {
  const text = env[VARIABLES[part]]?.trim();
  if (!text) return USUAL[part];
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port > 0 && port <= MAX_PORT) return port;
  throw new Failure(`${VARIABLES[part]} is "${plain(text)}", which is not a port. Set it to a whole number from 1 to ${MAX_PORT}, `
    + `or unset it to use ${USUAL[part]}.`);
}

/** Throws unless all ports are free, and names the process that holds one. */
export async function checkPorts(ports) {
  for (const [part, port] of Object.entries(ports)) {
    for (const host of LOOPBACK) {
      const problem = await listenOnce(port, host).then(() => undefined, (error) => error.code);
      if (problem === "EADDRINUSE" || problem === "EACCES") throw new Failure(words(problem, port, VARIABLES[part]));
    }
  }
}

function words(problem, port, variable) {
  if (problem === "EACCES") return `Port ${port} is for root only. Set ${variable} to one from 1024 on.`;
  const holder = listener(port);
  if (!holder) return `Port ${port} is used by another user's process. Set ${variable} to another port.`;
  const { pid, command } = holder;
  return `Port ${port} is used by process ${pid} (${plain(command).slice(0, MAX_SHOWN)}). End it by\n  kill ${pid}\nor set ${variable} to another port.`;
}
