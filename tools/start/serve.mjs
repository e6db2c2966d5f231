// Runs everything on this machine until Ctrl-C: what `npm start` and the package's `start` have in common.
// Call it only after the set-up, because it needs npm packages.
import { Failure } from "../setup/run.mjs";
import { release, remember } from "./leftovers.mjs";
import { requestLine, secretsOf } from "./log.mjs";
import { takenMeanwhile } from "./ports.mjs";

/**
 * Starts everything, and resolves once a signal has stopped it; rejects if the Worker can't be kept running. The folder
 * must have been claimed.
 *
 * @param {object} options those of `startStack`, and
 * @param {(facts: { firstId: number, upstreamKey: string }) => string} options.ready returns what is printed as soon as
 *   everything answers
 * @param {(renew: Function) => () => Promise<void>} [options.watch] gets what replaces the Worker, and returns what ends
 *   the watching
 */
export async function serve({ ready, watch, dir, vars, ...options }) {
  const [stack, { startFiles }] = await Promise.all([import("./stack.mjs"), import("../storage/files.mjs")]);
  await stack.untilStopped(async (stops) => {
    stops.push(async () => release(dir));
    const runtime = { launched: (pid) => remember(dir, pid) };
    const log = (told) => console.log(requestLine(told, secretsOf(vars)));
    const starting = stack.startStack({ ...options, dir, vars, startS3: startFiles, log, runtime }, stops);
    const { firstId, died, renew } = await starting.catch((error) => {
      throw error.code === "EADDRINUSE" ? takenMeanwhile(error.port) : error;
    });
    console.log(ready({ firstId, upstreamKey: stack.UPSTREAM_KEY }));
    if (watch) stops.push(watch(renew));
    throw new Failure(await died);
  });
}
