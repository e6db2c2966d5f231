// Ingest fails last: whatever is set wrong, deliveries are answered with 200. Once it is set right, the jobs come to
// their end by themselves.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { endure, misbound, without, withVariables } from "../support/vaults/bindings.mjs";
import { deliverAll, isCaughtUp, published } from "../support/vaults/catchup.mjs";
import { status } from "../support/servers/origin.mjs";
import { startOutbound } from "../support/servers/outbound.mjs";
import { freePort } from "../support/process.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

const ORIGINS = ["vault.example", "https://", "https://u:p@a.example/x?q", ["https://a.example"]];
const TOKENS = ["short", "with spaces in the token"];

/** Values that cannot be used. The log names each. */
const WRONG = {
  API_TOKEN: TOKENS,
  READ_TOKEN: TOKENS,
  ALLOWED_SOURCE_HOSTS: ["https://a/b", ",,*.*.x, ftp://y", ["fal.media"]],
  PUBLIC_URL: ORIGINS,
  MAX_BODY_BYTES: ["many", -1, "1.5", "0", "99999999999999999999", {}],
  MAX_FILE_BYTES: ["5 GiB", "0", -1],
  MAX_SUBREQUESTS: ["all", 44, 10001],
  FILES_MAX_AGE: ["a day", -1],
  CORS_ORIGINS: ["app.example", "https://a.example/x", ["https://a.example"]],
  RETRY_BASE_MS: ["soon", "0", "60001", "18446744073709551615"],
  UPSTREAM_QUEUE_URL: [...ORIGINS, "http://a.example/queue"],
  UPSTREAM_FAL_URL: ORIGINS,
  RESULT_URL: ["https://a.example/{wrong}", "{app}{id}", "https://{app}.example/{id}"],
  UPSTREAM_API_KEY: ["\u00fcber"],
  UPSTREAM_FAL_KEY: ["\u00fcber"],
};

/** Values that are valid in their way, or that the Worker cannot check before it needs them. */
const ODD = {
  API_TOKEN: [""],
  READ_TOKEN: [""],
  ALLOWED_SOURCE_HOSTS: [" , "],
  PUBLIC_URL: ["https://vault.example/"],
  MAX_BODY_BYTES: ["", "18446744073709551615"],
  MAX_FILE_BYTES: ["18446744073709551615"],
  MAX_SUBREQUESTS: ["45", 10000],
  FILES_MAX_AGE: ["18446744073709551615"],
  RETRY_BASE_MS: ["60000"],
  UPSTREAM_API_KEY: [""],
};

const MENDED = { API_TOKEN, RETRY_BASE_MS: "25" };

describe("with a variable that is wrong", () => {
  async function start(context, vars) {
    const [outbound, port] = [await startOutbound(), await freePort()];
    // Leaves out `sources`, because only the default list can replace a wrong one.
    const change = (options) => outbound.change({ ...options, port });
    const vault = await startVault({ vars, change });
    context.after(() => stopAll(vault, outbound));
    return vault;
  }

  /** Delivers with each value in turn. The work goes on even before the value is corrected. */
  async function outlast(context, name, values, check = () => {}) {
    const vault = await start(context, { [name]: values[0] });
    for (const [n, value] of values.entries()) {
      if (n > 0) await vault.restart({ [name]: value });
      await deliverAll(vault, `wrong-${n}`);
      await published(vault, `wrong-${n}`);
      await check(vault);
    }
    await vault.restart({ [name]: MENDED[name] ?? null });
    for (const n of values.keys()) await isCaughtUp(vault, `wrong-${n}`);
  }

  for (const [name, values] of Object.entries(WRONG)) {
    test(`${name}: ${values.length} values`, (context) =>
      outlast(context, name, values, async (vault) => {
        vault.expectErrors(new RegExp(`^${name}\\b`));
        const isNamed = () => vault.logs.some(({ message }) => message.startsWith(name));
        // A missing secret is reported to the callers of its routes.
        if (name !== "API_TOKEN") await eventually("it is logged", () => isNamed() || undefined);
        vault.logs.splice(0);
      }));
  }

  for (const [name, values] of Object.entries(ODD)) {
    test(`${name}: ${values.length} unusual values`, (context) => outlast(context, name, values));
  }
});

test("a mistake is logged once, however many requests and objects read the settings", async (context) => {
  const vault = await startVault({ vars: { MAX_BODY_BYTES: "many", FILES_MAX_AGE: "a day" } });
  context.after(() => vault.stop());
  vault.expectErrors(/^(MAX_BODY_BYTES|FILES_MAX_AGE)/);
  const told = (name) => vault.logs.filter(({ message }) => message.startsWith(name)).length;
  const use = async (id) => {
    for (let n = 0; n < 5; n += 1) await vault.deliver(`{"eventType":"acquired","jobId":"${id}","n":${n}}`);
    await vault.json("/stats");
  };
  await use("one");
  assert.deepEqual([told("MAX_BODY_BYTES"), told("FILES_MAX_AGE")], [1, 1]);
  await vault.restart({ FILES_MAX_AGE: null });
  await use("two");
  assert.deepEqual([told("MAX_BODY_BYTES"), told("FILES_MAX_AGE")], [2, 1]);
});

describe("without a binding", () => {
  for (const name of ["FILES", "CATALOG"]) {
    test(`${name} missing`, (context) => endure(context, without(name), [name]));
    test(`${name} bound to something else`, (context) => endure(context, misbound(name), [name]));
  }

  test("both missing, and every variable wrong", async (context) => {
    // Leaves out RETRY_BASE_MS: at the usual pace, a row that the catalog never got comes with an alarm minutes later.
    const all = Object.entries(WRONG).filter(([name]) => name !== "RETRY_BASE_MS");
    const wrong = all.map(([name, [value]]) => [name, value]);
    const { API_TOKEN: _, ...logged } = Object.fromEntries(wrong);
    const spoil = (options) =>
      withVariables(Object.fromEntries(wrong))(without("FILES")(without("CATALOG")(options)));
    await endure(context, spoil, ["FILES", "CATALOG", ...Object.keys(logged)]);
  });
});

describe("with a list of sources that leaves a host out", () => {
  const url = "https://fal.media/left-out/a.mp4";
  const completed = { eventType: "completed", jobId: "left-out", video: { data_uri: url } };
  const elsewhere = { ALLOWED_SOURCE_HOSTS: "cdn.example" };
  let outbound;
  let vault;
  before(async () => {
    outbound = await startOutbound();
    vault = await startVault({ change: outbound.change });
  });
  after(() => stopAll(vault, outbound));

  test("from the start: its files are skipped, and stay so", async () => {
    await vault.restart(elsewhere);
    await vault.deliver(completed);
    const skipped = [{ pointer: "/video/data_uri", host: "fal.media", reason: "host not allowed", allow: "fal.media" }];
    const job = await vault.settled("left-out");
    assert.deepEqual([job.archive, job.files, job.skipped], ["partial", [], skipped]);
    await vault.restart({ ALLOWED_SOURCE_HOSTS: null });
    assert.deepEqual((await vault.job("left-out")).skipped, skipped);
    assert.deepEqual(outbound.seen(), []);
  });

  test("while its files wait: they are stored once it is corrected", async () => {
    outbound.on(url, status(503));
    await vault.deliver({ ...completed, jobId: "waits" });
    await eventually("it was tried", () => outbound.seen()[0]);
    await vault.restart(elsewhere);
    await eventually("it is refused", async () =>
      (await vault.job("waits")).files[0].error === "the URL: host not allowed" || undefined);
    outbound.on(url, undefined);
    outbound.seen();
    await vault.restart({ ALLOWED_SOURCE_HOSTS: null });
    assert.equal((await published(vault, "waits")).archive, "stored");
    assert.deepEqual(outbound.seen(), [`GET ${url}`]);
  });
});
