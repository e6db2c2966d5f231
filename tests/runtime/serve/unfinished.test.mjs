// `GET /jobs/{id}` of a job that goes on: its object renders the record, and the Worker passes it on.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { acquired, told } from "../support/deliveries.mjs";
import { API_TOKEN, startVault } from "../support/vault.mjs";
import { withEntry } from "../support/vaults/entry.mjs";

const PAGE = "https://app.example";
/** Asks for the job in the old way, in which the Worker renders. */
const OLD_WAY = "?version=0";

async function read(vault, name, query = "") {
  const headers = { authorization: `Bearer ${API_TOKEN}`, origin: PAGE };
  const response = await fetch(`${vault.url}/jobs/${name}${query}`, { headers });
  const body = await response.text();
  return { status: response.status, body, headers: Object.fromEntries(response.headers) };
}

/** Delivers a job with each kind of name; none of them has ended. */
async function deliver(vault) {
  await vault.deliver(acquired("501"));
  await vault.deliver(acquired("502"), { reference: "leads-to-502" });
  await vault.deliver(told("unheard"), { reference: "no-id-yet" });
}

const NAMES = ["501", "502", "ref:leads-to-502", "leads-to-502", "ref:no-id-yet", "no-id-yet"];

describe("an unfinished look-up", () => {
  let vault;
  before(async () => {
    vault = await startVault({ vars: { CORS_ORIGINS: PAGE }, change: withEntry("asking") });
    await deliver(vault);
  });
  after(() => vault.stop());

  const asked = () => vault.logs.filter(({ message }) => message === "asked a job").length;

  for (const name of NAMES) {
    test(`of ${name} is byte for byte what the Worker would render, with its headers`, async () => {
      const [passed, rendered] = [await read(vault, name), await read(vault, name, OLD_WAY)];
      assert.equal(passed.status, 200);
      assert.deepEqual(passed, rendered);
      assert.equal(passed.headers["access-control-allow-origin"], PAGE);
      assert.equal(passed.headers["x-hookvault-source"], "object");
      assert.equal(passed.headers["content-type"], "application/json");
    });
  }

  test("asks one object for a job's own name", async () => {
    const before = asked();
    await read(vault, "501");
    assert.equal(asked() - before, 1);
  });

  test("tells an unknown job from a deleted one, as before", async () => {
    await vault.deliver(acquired("503"));
    await fetch(`${vault.url}/jobs/503`, { method: "DELETE", headers: { authorization: `Bearer ${API_TOKEN}` } });
    vault.unwatch("503");
    for (const [name, code] of [["503", "job-deleted"], ["unknown", "no-such-job"], ["ref:unknown", "no-such-job"]]) {
      const [passed, rendered] = [await read(vault, name), await read(vault, name, OLD_WAY)];
      assert.deepEqual([passed.status, JSON.parse(passed.body).code], [404, code]);
      assert.deepEqual(passed, rendered);
    }
  });
});

test("an object of the build before is asked for its record", async (context) => {
  const vault = await startVault({ change: withEntry("unrendered") });
  context.after(() => vault.stop());
  await deliver(vault);
  for (const name of NAMES) {
    const { status, body } = await read(vault, name);
    assert.equal(status, 200, body);
    assert.deepEqual(body, (await read(vault, name, OLD_WAY)).body);
  }
});
