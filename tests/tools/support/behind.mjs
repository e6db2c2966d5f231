// A client's server behind a front, for the tests of the clients.
import { front } from "../../runtime/support/programs/clients.mjs";
import { rig } from "./rig.mjs";

export const APP = "owner/flux/dev";
/** The path of the simulator's queue that speaks like fal's. */
export const PREFIX = "/fal/queue";
export const INPUT = { prompt: "A photo of an astronaut riding a horse." };
/** Returns an input whose job waits this many milliseconds. */
export const waiting = (queueMs) => ({ ...INPUT, _sim: { queueMs } });
/** Ends a client that never gives up, so that it does not block all tests. */
export const LIMITED = { timeout: 60_000 };

/** Starts the front of a server. The test ends the front, and also the server if it can be stopped. */
export async function behind(t, server, make = front) {
  if (server.stop) t.after(() => server.stop());
  const door = await make(server.url);
  t.after(() => door.stop());
  return door;
}

/** Starts a simulator, a recorder of its webhooks, and its front. */
export async function simulatorBehind(t, make = front) {
  const { simulator, hook } = await rig(t);
  const door = await behind(t, { url: simulator.url }, make);
  return { simulator, hook, door };
}

/** Returns the ids of the jobs in the simulator's webhooks. */
export const jobsOf = (hook) => [...new Set(hook.json().map(({ jobId }) => jobId))];
