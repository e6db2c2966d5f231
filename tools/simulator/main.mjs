// The command line: runs an S3 server and the queue simulator until Ctrl-C.

import { parseArgs } from "node:util";
import { startS3 } from "../storage/s3.mjs";
import { knobLines } from "./control.mjs";
import { startSimulator } from "./server.mjs";

/**
 * Returns an id that grows by ten a second since the date of the seed's page, so that ids grow across starts without
 * being stored.
 */
const firstId = () => 437_852 + Math.floor((Date.now() - Date.UTC(2025, 11, 27)) / 100);

const USAGE = `node tools/simulator/main.mjs [options]
  --port N          of the simulator (8788)
  --s3-port N       of the S3 server (9603)
  --dir PATH        where the S3 server keeps its files (.local/s3)
  --token TEXT      accepted key, may be given more than once (dev-upstream-key)
  --first-id N      first id of the batch queue (grows with the date)
  --queue-ms N  --run-ms N  --lease-ms N  --expires-in S  --files N  --size BYTES  --previews N
  --dialect NAME  --outcome NAME              the knobs of these names, see below
  --knobs JSON      any knobs
  --help

Knobs and their start values:
${knobLines()}`;

const NUMBER_KNOBS = { "queue-ms": "queueMs", "run-ms": "runMs", "lease-ms": "leaseMs",
  "expires-in": "expiresIn", "files": "files", "size": "size", "previews": "previews" };
const TEXT_KNOBS = ["dialect", "outcome"];
const OPTIONS = {
  "port": { type: "string", default: "8788" },
  "s3-port": { type: "string", default: "9603" },
  "dir": { type: "string", default: ".local/s3" },
  "token": { type: "string", multiple: true, default: ["dev-upstream-key"] },
  "first-id": { type: "string" },
  "knobs": { type: "string", default: "{}" },
  "help": { type: "boolean", default: false },
  ...Object.fromEntries([...Object.keys(NUMBER_KNOBS), ...TEXT_KNOBS].map(
    (name) => [name, { type: "string" }])),
};

function readKnobs(values) {
  const knobs = JSON.parse(values.knobs);
  for (const [flag, name] of Object.entries(NUMBER_KNOBS)) {
    if (values[flag] !== undefined) knobs[name] = readNumber(values, flag);
  }
  for (const name of TEXT_KNOBS) if (values[name] !== undefined) knobs[name] = values[name];
  return knobs;
}

function readNumber(values, flag) {
  if (/^\d+$/.test(values[flag])) return Number(values[flag]);
  throw new Error(`--${flag} must be a whole number, not "${values[flag]}"`);
}

async function start(values) {
  const options = { port: readNumber(values, "port"), token: values.token,
    firstId: values["first-id"] === undefined ? firstId() : readNumber(values, "first-id"),
    knobs: readKnobs(values), log: (line) => console.log(line) };
  const s3 = await startS3({ port: readNumber(values, "s3-port"), dir: values.dir });
  try {
    return { s3, simulator: await startSimulator({ ...options, s3 }) };
  } catch (error) {
    await s3.stop();
    throw error;
  }
}

function stopOnSignal({ simulator, s3 }) {
  let stopping = null;
  const stop = async () => {
    await simulator.close({ abandon: true });
    await s3.stop();
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => (stopping ??= stop()));
}

async function main() {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return console.log(USAGE);
  const running = await start(values);
  stopOnSignal(running);
  console.log(`queue ${running.simulator.url}/queue and ${running.simulator.url}/fal/queue`);
  console.log(`files ${running.s3.url}/${running.s3.bucket}`);
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
