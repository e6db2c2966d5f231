// `npm start` under load: bursts of deliveries with page loads in between, some of which are aborted.
//
// `HOOKVAULT_LOAD=10000 npm test -- start/load` sends 10,000 deliveries.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../tools/workerd/wait.mjs";
import { Local } from "../support/local.mjs";

const DELIVERIES = Number(process.env.HOOKVAULT_LOAD ?? 1_000);
const BURST = 500;
/**
 * How many deliveries a second: a job's object stays open for ten seconds, so with more of them the runtime runs out of
 * file descriptors.
 */
const PER_SECOND = 250;
const PAGES = 10;

const idOf = (n) => `load-${String(n).padStart(6, "0")}`;

describe(`npm start under ${DELIVERIES} deliveries`, () => {
  let local;
  before(async () => {
    local = await Local.start();
  });
  after(() => local?.remove());

  /** Resolves to the statuses of the responses, each with its count. */
  async function burst(from) {
    const deliver = async (_, n) => (await local.deliver({ eventType: "acquired", jobId: idOf(from + n), queueName: "free" })).status;
    const statuses = await Promise.all(Array.from({ length: BURST }, deliver));
    return Object.fromEntries(Map.groupBy(statuses, String).entries().map(([status, all]) => [status, all.length]));
  }

  /** Loads pages; every other load is aborted, before its response or during it. */
  async function pages() {
    const load = async (_, n) => {
      const stop = new AbortController();
      const asked = fetch(`${local.url}${["/", "/dashboard/app.js"][n % 2]}`, { signal: stop.signal });
      if (n % 4 === 3) stop.abort();
      const answer = await asked.catch(() => undefined);
      if (n % 4 === 1) return stop.abort();
      return answer && void assert.ok((await answer.text()).length > 100);
    };
    await Promise.all(Array.from({ length: PAGES }, load));
  }

  /** Sends half of a delivery, and closes the connection. */
  function brokenOff() {
    const { hostname, port } = new URL(local.url);
    const head = `POST /hook/${local.vars.HOOK_TOKEN} HTTP/1.1\r\nhost: ${hostname}\r\ncontent-length: 1000\r\n\r\n`;
    const socket = connect(port, hostname, () => socket.write(`${head}{"eventType":`, () => socket.destroySoon()));
    return once(socket, "close");
  }

  it("accepts all of them, and stays up", async () => {
    const begun = Date.now();
    for (let from = 0; from < DELIVERIES; from += BURST) {
      const [answers] = await Promise.all([burst(from), pages(), brokenOff()]);
      assert.deepEqual(answers, { 200: BURST });
      await sleep(begun + ((from + BURST) / PER_SECOND) * 1_000 - Date.now());
    }
    assert.equal((await fetch(`${local.url}/healthz`)).status, 200);
  });

  it("has lost none of them", async () => {
    const wanted = Array.from({ length: DELIVERIES }, (_, n) => idOf(n));
    await eventually("all are listed", async () => {
      const ids = new Set();
      for (let cursor = ""; cursor !== null; ) {
        const page = await local.json(`/jobs?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
        for (const { id } of page.jobs) ids.add(id);
        cursor = page.cursor;
      }
      return wanted.every((id) => ids.has(id)) || undefined;
    });
  });

  it("has logged the requests, and nothing else", async () => {
    await local.says(/^--- POST {3}\/hook\/\*{3} .* cut off$/m);
    const [, log] = local.text.split(/as soon as its files are stored:\n.+\n+/);
    const lines = log.split("\n").filter(Boolean);
    const others = lines.filter((line) => !/^(\d{3}|---) [A-Z]+ +\/\S* \d+ ms(, cut off)?$/.test(line));
    assert.deepEqual(others, []);
    const taken = lines.filter((line) => /^200 POST +\/hook\/\*{3} /.test(line)).length;
    assert.ok(taken >= DELIVERIES, `${taken} lines of deliveries`);
  });
});
