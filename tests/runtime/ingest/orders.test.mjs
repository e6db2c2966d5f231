// Deliveries that name one job in different ways, in every order: in the end there is one job.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { digest } from "../support/bytes.mjs";
import { acquired, completed, told } from "../support/deliveries.mjs";
import { stopAll } from "../support/stop.mjs";
import { sha256 } from "../support/servers/upstream.mjs";
import { startSourced, steady } from "../support/vaults/served.mjs";
import { eventually } from "../support/wait.mjs";

const permutations = (list) => (list.length < 2 ? [list] : list.flatMap((first, at) =>
  permutations(list.toSpliced(at, 1)).map((rest) => [first, ...rest])));

describe("in every order", () => {
  let source, vault;
  before(async () => ({ source, vault } = await startSourced({ change: await steady() })));
  after(() => stopAll(vault, source));

  /** Deliveries by id and reference, by the reference alone, by the id alone. */
  const steps = (id) => [
    () => vault.deliver(acquired(id, 0), { reference: `order-${id}` }),
    () => vault.deliver(completed(source.put(`/outputs/free/${id}.mp4`)),
      { reference: `order-${id}` }),
    () => vault.deliver(told("failed", id, 1)),
  ];

  const jobs = (kind) => permutations([0, 1, 2]).map((order, n) => {
    const id = `${kind}${n}`;
    return { id, order, steps: order.map((step) => steps(id)[step]) };
  });

  async function checkOne({ id, order }) {
    const names = [id, `ref:order-${id}`, `order-${id}`];
    const job = await eventually(`one job is found by ${names}, order ${order}`, async () => {
      const answers = await Promise.all(names.map((name) => vault.get(`/jobs/${name}`)));
      if (answers.some(({ status }) => status !== 200)) return undefined;
      const [first, ...others] = await Promise.all(answers.map((answer) => answer.json()));
      const isOne = others.every((other) => isDeepStrictEqual(other, first));
      return isOne && first.archive === "stored" ? first : undefined;
    });
    assert.deepEqual([job.id, job.ref, job.status], [id, `order-${id}`, "completed"], `${order}`);
    assert.deepEqual([job.deliveries, job.duplicates, job.files.length], [3, 0, 1], `${order}`);
    const content = `content of /outputs/free/${id}.mp4`;
    assert.equal((await digest(job.files[0].url)).sha256, sha256(content));
  }

  test("one after the other", async () => {
    const all = jobs("one");
    await Promise.all(all.map(async ({ steps }) => {
      for (const step of steps) assert.equal((await step()).status, 200);
    }));
    for (const job of all) await checkOne(job);
  });

  test("with a restart after each", async () => {
    const all = jobs("restart");
    for (const n of [0, 1, 2]) {
      const answers = await Promise.all(all.map(({ steps }) => steps[n]()));
      assert.ok(answers.every(({ status }) => status === 200));
      await vault.restart();
    }
    for (const job of all) await checkOne(job);
  });

  test("all at once", async () => {
    const all = jobs("once");
    const answers = await Promise.all(all.flatMap(({ steps }) => steps.map((step) => step())));
    assert.ok(answers.every(({ status }) => status === 200));
    for (const job of all) await checkOne(job);
  });
});
