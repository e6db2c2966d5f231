// The command line of `npm run upgrade`.
import { parseArgs } from "node:util";
import { inRoot } from "../setup/project.mjs";
import { Failure, main } from "../setup/run.mjs";
import { PAIRINGS } from "./beside.mjs";
import { buildRelease, modulesOf, named } from "./build.mjs";
import { playKill, playPairing } from "./deployment.mjs";
import { record } from "./record.mjs";

const USAGE = `npm run upgrade -- COMMIT [options]
  plays deployments: that release beside the one that was built last, in every pairing of Worker and objects
  --record FILE   keeps what that release writes and answers instead, for the tests of the next ones
  --help`;

const OPTIONS = { record: { type: "string" }, help: { type: "boolean", default: false } };

/** Plays the deployments one after the other, and returns how many are red. */
async function deployments(commit) {
  const played = PAIRINGS.map((pairing) => [words(pairing), () => playPairing(commit, pairing)]);
  let red = 0;
  for (const [name, play] of [...played, ["killed amid deliveries, then all new", () => playKill(commit)]]) {
    const started = performance.now();
    const errors = await play().catch((error) => {
      red += 1;
      console.log(`✗ ${name}: ${error.stack}`);
    });
    const seconds = ((performance.now() - started) / 1_000).toFixed(1);
    if (errors) console.log(`✓ ${name}, ${seconds} s${errors.map((text) => `\n    logged: ${text}`).join("")}`);
  }
  return red;
}

const words = (pairing) => Object.entries(pairing).map(([part, side]) => `${part} ${side}`).join(", ");

await main(async () => {
  const { values, positionals: [wanted] } = parseArgs({ options: OPTIONS, allowPositionals: true });
  if (values.help) return console.log(USAGE);
  if (wanted === undefined) throw new Failure(USAGE);
  const commit = named(wanted);
  await buildRelease(commit);
  if (values.record) return record({ commit, modules: modulesOf(commit), path: inRoot(values.record) });
  const red = await deployments(commit);
  if (red > 0) throw new Failure(`${red} deployments have lost something.`);
});
