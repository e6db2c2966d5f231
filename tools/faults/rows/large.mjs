// Rows in which workerd is killed while results with large bodies arrive. These are read in pieces, into R2, and are
// never whole in memory.
import { BATCH, BY_ITSELF, inBatches, results } from "./kills.mjs";
import { eventually } from "../../workerd/wait.mjs";

/** More than twice as long as what is read in one piece. */
const LOG = "a line of a log, which is no file\n".repeat(20_000);

const longResults = async (rig, ids) =>
  new Map([...await results(rig, ids)].map(([id, body]) => [id, { ...body, log: LOG }]));

/** Delivers again, as a sender does who got no response. */
async function deliverAgain(rig, bodies) {
  const statuses = await Promise.all([...bodies].map(([id, body]) => rig.deliver(id, body)));
  if (statuses.some((status) => status !== 200)) console.error(`sent once more: ${statuses}`); // the judge counts it
}

async function killed(rig, bodies) {
  for (const id of bodies.keys()) rig.injector.strike(id);
  await rig.kill();
}

const atShare = (share) => ({
  name: `kill -9 at ${share * 100} % of a large body`,
  rig: BY_ITSELF,
  play: (rig, count) => inBatches(count, BATCH, async (size) => {
    const bodies = await longResults(rig, await rig.submit(size));
    const begun = await Promise.all([...bodies.values()].map((body) => rig.beginToDeliver(body, share)));
    await killed(rig, bodies);
    for (const request of begun) request.destroy();
    await deliverAgain(rig, bodies);
  }),
});

/** Kills when all bodies of a batch have been put under a key with this prefix. */
const afterThePut = (name, prefix) => ({
  name: `kill -9 ${name}`,
  rig: { ...BY_ITSELF, shims: true },
  play: (rig, count) => inBatches(count, BATCH, async (size) => {
    const bodies = await longResults(rig, await rig.submit(size));
    const gate = Promise.withResolvers();
    let held = 0;
    rig.injector.nameless = async ({ op, when, text }) => {
      if (op !== "FILES.put" || when !== "after" || !text.startsWith(prefix)) return;
      held += 1;
      await gate.promise;
    };
    const sent = [...bodies].map(([id, body]) => rig.deliver(id, body));
    await eventually("all of them are in R2", () => held === size || undefined);
    rig.injector.nameless = () => undefined;
    await killed(rig, bodies);
    gate.resolve();
    await Promise.all(sent);
    await deliverAgain(rig, bodies);
  }),
});

export const largeRows = [
  ...[0.1, 0.5, 0.9].map(atShare),
  afterThePut("between a large body in R2 and whose it is", "incoming/"),
  afterThePut("between a large body in its place and its record", "bodies/"),
];
