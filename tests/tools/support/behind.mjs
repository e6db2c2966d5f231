// A client's server behind a front, for the tests of the clients.
import { front } from "../../runtime/support/programs/clients.mjs";
import { rig } from "./rig.mjs";

export const APP = "owner/flux/dev";
/** Of the simulator's queue that speaks as fal's. */
export const PREFIX = "/fal/queue";
export const INPUT = { prompt: "A photo of an astronaut riding a horse." };
/** An input whose job waits that long. */
export const waiting = (queueMs) => ({ ...INPUT, _sim: { queueMs } });
/** A client that never gives up must not hold up all tests. */
export const LIMITED = { timeout: 60_000 };

/** The front of a server, ended with the test; so is the server if it can be stopped. */
export async function behind(t, server, make = front) {
  if (server.stop) t.after(() => server.stop());
  const door = await make(server.url);
  t.after(() => door.stop());
  return door;
}

/** A simulator, its webhooks' recorder and its front. */
export async function simulatorBehind(t, make = front) {
  const { simulator, hook } = await rig(t);
  const door = await behind(t, { url: simulator.url }, make);
  return { simulator, hook, door };
}

/** The ids of the jobs that the simulator told of. */
export const jobsOf = (hook) => [...new Set(hook.json().map(({ jobId }) => jobId))];
