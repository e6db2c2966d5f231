// Plays deployments over one storage: a release, then some parts new and some not, then all parts new.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalVault } from "../workerd/vault.mjs";
import { beside, CURRENT, FORMER } from "./beside.mjs";
import { Outside } from "./outside.mjs";
import { VARS } from "./scenario.mjs";
import { Traffic } from "./traffic.mjs";

/** Runs `play` with a vault; its second argument, `deploy`, exchanges releases. */
async function withVault(commit, play) {
  const outside = new Outside();
  outside.open();
  let sides = FORMER;
  const change = (options) => outside.change(beside(commit, () => sides)(options));
  const dir = mkdtempSync(join(tmpdir(), "hookvault-upgrade-"));
  const vault = new LocalVault({ dir, vars: { ...VARS, RETRY_BASE_MS: "25" }, change });
  await vault.start();
  try {
    return await play(vault, async (now) => {
      sides = now;
      await vault.restart();
    });
  } finally {
    await vault.end();
  }
}

/** @param {import("./beside.mjs").Sides} pairing the state in the middle of the deployment */
export const playPairing = (commit, pairing) => withVault(commit, async (vault, deploy) => {
  const traffic = new Traffic(vault);
  await goOn(traffic, "1");
  await leave(traffic);
  await deploy(pairing);
  await traffic.watch();
  await takeUp(traffic);
  await goOn(traffic, "2");
  await meet(traffic, "2");
  const { Worker: by, Catalog: of } = pairing;
  await traffic.checkAll(by === of && by !== "mixed" ? undefined : by);
  traffic.leave();
  await deploy(CURRENT);
  await traffic.checkAll();
  await traffic.watch();
  await goOn(traffic, "3");
  await traffic.checkAll();
  traffic.leave();
  return errorsOf(vault);
});

/** Plays jobs of every kind, from their first delivery to their end. */
async function goOn(traffic, round) {
  const id = (n) => `${round}0${n}`;
  await traffic.acquire(id(1), { times: 2 });
  await traffic.complete(id(1), { times: 2 });
  await traffic.acquire(id(2), { reference: `${round}-linked` });
  await traffic.complete(id(2), { reference: `${round}-linked`, isBare: true });
  await traffic.complete(id(3), { pad: "x".repeat(300_000) });
  await traffic.fail(id(4));
  await traffic.check(id(1));
  await traffic.complete(id(5));
  // Waits until the job is listed: the catalog need not report the deletion of a job that it never listed.
  await traffic.check(id(5));
  await traffic.delete(id(5));
}

/** Makes objects command each other, possibly across releases. Some jobs go each way. */
async function meet(traffic, round) {
  for (let n = 0; n < 6; n += 1) {
    const [late, moved] = [`${round}2${n}`, `${round}3${n}`];
    await traffic.complete(late, { reference: `late-${late}`, isBare: true });
    await traffic.add(late, { reference: `late-${late}` });
    await traffic.acquire(moved);
    const options = { reference: `moved-${moved}`, isBare: true };
    await traffic.add(moved, options);
    await traffic.complete(moved, options);
    await traffic.add(moved, { reference: options.reference });
  }
}

/** Leaves jobs half done for a deployment to find. */
async function leave(traffic) {
  for (const n of [1, 2, 3]) await traffic.acquire(`19${n}`);
  await traffic.complete("194");
  await traffic.complete("195", { reference: "left" });
  await traffic.checkAll();
}

async function takeUp(traffic) {
  await traffic.complete("191", { times: 2 });
  await traffic.fail("192", { reference: "taken-up" });
  await traffic.add("193");
  await traffic.add("195", { reference: "left" });
  await traffic.delete("194");
}

/** Kills the former release amid deliveries. A sender without a response sends the same to the new release. */
export const playKill = (commit) => withVault(commit, async (vault, deploy) => {
  const traffic = new Traffic(vault);
  const ids = Array.from({ length: 30 }, (_, n) => `${700 + n}`);
  for (const id of ids) await traffic.acquire(id);
  const waiting = new Set(ids);
  const sent = ids.map(async (id) => {
    await traffic.completeOnce(id);
    waiting.delete(id);
  });
  await Promise.any(sent);
  await vault.kill();
  await Promise.allSettled(sent);
  await deploy(CURRENT);
  await Promise.all([...waiting].map((id) => traffic.completeOnce(id)));
  await traffic.checkAll();
  return errorsOf(vault);
});

/** Returns the errors that the vault logged, none of which is expected. */
const errorsOf = (vault) => vault.logs.filter(({ level }) => level === "error").map(({ message }) => message);
