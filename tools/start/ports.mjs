// Chooses the ports of a start, and checks that they are free.
import { freePort, listenOnce } from "../ports.mjs";
import { Failure } from "../setup/run.mjs";
import { plain } from "../setup/terminal.mjs";
import { listener } from "./processes.mjs";

const VARIABLES = { worker: "HOOKVAULT_PORT", simulator: "HOOKVAULT_SIMULATOR_PORT", s3: "HOOKVAULT_S3_PORT" };
const USUAL = { worker: 8787, simulator: 8788, s3: 9603 };
const MAX_PORT = 65_535;
/** `localhost` means both addresses. */
const LOOPBACK = ["127.0.0.1", "::1"];
const MAX_SHOWN = 100;

/** Reads the ports of `npm start`. @returns {{ worker: number, simulator: number, s3: number }} */
export function readPorts(env) {
  const ports = Object.fromEntries(Object.keys(USUAL).map((part) => [part, readPort(env, part)]));
  const [one, other] = pairs(Object.keys(ports)).find(([one, other]) => ports[one] === ports[other]) ?? [];
  if (!one) return ports;
  throw new Failure(`${VARIABLES[one]} and ${VARIABLES[other]} are both ${ports[one]}: each needs its own port. `
    + `Unset one of them, or set it to another.`);
}

/** Returns this port for the Worker, and for the others the next ports, or free ones where those are taken. */
export async function portsFrom(worker) {
  const [simulator, s3] = await Promise.all([worker + 1, worker + 2].map(async (port) => ((await isFree(port)) ? port : freePort())));
  return { worker, simulator, s3 };
}

async function isFree(port) {
  return port <= MAX_PORT && (await Promise.all(LOOPBACK.map((host) => problemAt(port, host)))).every((problem) => !isTaken(problem));
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

/**
 * Throws unless all ports are free, and names the process that holds one.
 *
 * @param {{ worker: number, simulator: number, s3: number }} ports
 * @param {(part: string) => string} [another] how to choose another port for a part, in words
 */
export async function checkPorts(ports, another = (part) => `set ${VARIABLES[part]} to another port`) {
  for (const [part, port] of Object.entries(ports)) {
    for (const host of LOOPBACK) {
      const problem = await problemAt(port, host);
      if (isTaken(problem)) throw new Failure(words(problem, port, another(part)));
    }
  }
}

/** Returns the failure for a port that another process has taken since the check. */
export const takenMeanwhile = (port) => new Failure(words("EADDRINUSE", port, "start again with another one"));

const problemAt = (port, host) => listenOnce(port, host).then(() => undefined, (error) => error.code);

// A machine without IPv6 has another problem with ::1, which does not matter.
const isTaken = (problem) => problem === "EADDRINUSE" || problem === "EACCES";

function words(problem, port, another) {
  if (problem === "EACCES") return `Port ${port} is for root only. From 1024 on they are for everybody: ${another}.`;
  const holder = listener(port);
  if (!holder) return `Port ${port} is used by another user's process. To go on, ${another}.`;
  const { pid, command } = holder;
  return `Port ${port} is used by process ${pid} (${plain(command).slice(0, MAX_SHOWN)}). End it by\n  kill ${pid}\nor ${another}.`;
}
