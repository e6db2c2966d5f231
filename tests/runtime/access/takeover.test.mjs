// A capability belongs to one job: its holder cannot reach another job's name, result, webhook or files.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { call, queuesAt, says } from "../support/calls.mjs";
import { acquired, told } from "../support/deliveries.mjs";
import { manifest } from "../support/manifest.mjs";
import { file, noise, startOrigin } from "../support/servers/origin.mjs";
import { startReceiver } from "../support/servers/receiver.mjs";
import { stopAll } from "../support/stop.mjs";
import { startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

const OWN = /^gw-[0-9a-f]{32}$/;

for (const verify of [undefined, "true"]) {
  describe(`a capability, VERIFY_RESULTS ${verify ?? "unset"}`, () => {
    let origin, receiver, vault;
    before(async () => {
      [origin, receiver] = await Promise.all([startOrigin(), startReceiver()]);
      vault = await startVault({ sources: `${origin.url},${receiver.url}`,
        vars: { ...queuesAt(origin), ...(verify && { VERIFY_RESULTS: verify }) } });
    });
    after(() => stopAll(vault, receiver, origin));

    const put = (name) => {
      origin.on(`/${name}`, file(noise(1_000, name)));
      return `${origin.url}/${name}`;
    };
    const result = (id, name) => ({ eventType: "completed", jobId: id, video: { url: put(name) } });
    const truth = (id) => origin.on(`/queue/app/requests/${id}`, says({ video: { url: put(`true-${id}`) } }));

    /**
     * Submits a job to an application whose queue answers with `step`. Returns the capability that the queue got, and
     * the pending answer.
     */
    async function submit(app, step, webhook) {
      origin.on(`/queue/${app}`, step);
      const query = webhook ? `?fal_webhook=${encodeURIComponent(receiver.url + webhook)}` : "";
      const before = origin.requests(`/queue/${app}`).length;
      const answering = call(vault, "POST", `/queue/${app}${query}`, { body: { app, n: before } });
      const { url } = await eventually("the queue is asked", () => origin.requests(`/queue/${app}`)[before]);
      const hook = new URL(new URL(url, origin.url).searchParams.get("fal_webhook")).pathname;
      const reference = /r_(gw-[0-9a-f]{32})\./.exec(hook)[1];
      return { hook, answering, own: `ref:${reference}`, reference };
    }
    /** Submits a job that the queue refuses: it has no id, and its capability is valid. */
    async function refused(app, webhook) {
      const { answering, ...more } = await submit(app, says({ detail: "no funds" }, 402), webhook);
      assert.equal((await answering).status, 402);
      return more;
    }
    /** Submits a job that the queue has accepted but not answered. */
    async function inFlight(app, id, webhook) {
      const gate = Promise.withResolvers();
      const step = (response, request) => void gate.promise.then(() => says({ request_id: id })(response, request));
      return { ...(await submit(app, step, webhook)), answer: gate.resolve };
    }
    const send = async (hook, body) => {
      const answer = await vault.post(hook, JSON.stringify(body));
      assert.equal(answer.status, 200);
      return answer.json();
    };
    const record = async (id) => JSON.stringify(await vault.job(id));
    const details = async (id) => (await vault.events(id)).map(({ detail }) => detail ?? "").join("\n");
    const paths = () => receiver.requests.map(({ path }) => path);

    it("of a job that the queue refused reaches no other job that its body names", async () => {
      truth("901");
      await vault.deliver(acquired("901"), { query: "?app=app" });
      const before = await record("901");
      const { hook, own } = await refused("refusing", "/thief");
      assert.equal((await send(hook, result("901", "forged-1"))).id, own);
      assert.equal(await record("901"), before);
      assert.match(await details(own), /the body names job 901/);
      const mine = await vault.settled(own);
      assert.deepEqual([mine.status, mine.id], ["completed", own]);
      // Its own end is handed on; later events of the other job are not.
      await eventually("its end is handed on", () => paths().includes("/thief") || undefined);
      const told = paths().length;
      await vault.deliver(result("901", "true-901"), { query: "?app=app" });
      const job = await vault.settled("901");
      assert.deepEqual([job.status, job.handoff, job.input], ["completed", null, null]);
      assert.match(JSON.stringify(job.result), /true-901/);
      assert.equal(paths().length, told);
      for (const name of ["901", own]) vault.watch(name);
    });

    it("of a job that waits for the queue's answer reaches none either, and the job's id is the answer's", async () => {
      await vault.deliver(acquired("902"));
      const before = await record("902");
      const { hook, own, answering, answer } = await inFlight("waiting", "mine-2");
      assert.equal((await send(hook, told("failed", "902", 1))).id, own);
      assert.equal(await record("902"), before);
      answer();
      assert.equal((await answering).json.request_id, "mine-2");
      const job = await vault.job("mine-2");
      assert.deepEqual([job.id, job.status, job.deliveries], ["mine-2", "failed", 1]);
      assert.equal(await record("902"), before);
    });

    it("can't claim an id that no job has yet", async () => {
      const { hook, own } = await refused("squatting", "/squatter");
      assert.equal((await send(hook, acquired("next-3"))).id, own);
      assert.equal((await vault.get("/jobs/next-3")).status, 404);
      const { answering } = await submit("honest", says({ request_id: "next-3" }));
      assert.equal((await answering).status, 200);
      const job = await vault.job("next-3");
      assert.deepEqual([job.id, job.app, job.status], ["next-3", "honest", "queued"]);
      vault.watch(own);
      vault.leaveWork();
    });

    it("of a job with an id keeps to it, whatever id the body, its files or the URL name", async () => {
      const { hook, answering } = await submit("named", says({ request_id: "mine-4" }));
      assert.equal((await answering).status, 200);
      await vault.deliver(acquired("904"), { reference: "order-4" });
      const before = await record("904");
      const named = { eventType: "completed", video: { url: put("outputs/free/904_0_a.mp4") } };
      for (const path of [hook, `${hook}/order-4`]) assert.equal((await send(path, named)).id, "mine-4");
      assert.equal((await send(hook, acquired("mine-4"))).id, "mine-4");
      assert.equal(await record("904"), before);
      const events = await vault.events("mine-4");
      const odd = events.filter(({ detail }) => /the body names job 904/.test(detail ?? ""));
      assert.equal(odd.length, 2);
      await vault.settled("mine-4");
    });

    it("whose webhook comes before the answer leads to the same job", async () => {
      const { hook, answering, answer, own } = await inFlight("early", "mine-5", "/early");
      await send(hook, acquired("mine-5"));
      await send(hook, result("mine-5", "early"));
      answer();
      assert.equal((await answering).json.request_id, "mine-5");
      const job = await vault.settled("mine-5");
      assert.deepEqual([job.status, job.archive, job.deliveries], ["completed", "stored", 2]);
      assert.equal((await vault.job(own)).id, "mine-5");
      await eventually("its events are handed on", () => paths().filter((path) => path === "/early").length === 2 || undefined);
    });

    it("can't change the job's labels or retention through its URL", async () => {
      const { hook, answering } = await submit("labelled", says({ request_id: "mine-6" }));
      assert.equal((await answering).status, 200);
      await send(`${hook}?tag=forged&app=forged&keep=1`, told("failed", "mine-6", 1));
      const job = await vault.job("mine-6");
      assert.deepEqual([job.app, job.tags], ["labelled", []]);
    });

    it("can't be gained with the hook token: a caller can't use a job's own reference", async () => {
      const { reference, own } = await refused("referenced", "/referenced");
      assert.match(reference, OWN);
      await vault.deliver(acquired("907"));
      const answer = await vault.deliver(told("failed", "907", 1), { reference });
      assert.deepEqual([answer.status, answer.id], [200, "907"]);
      assert.equal((await vault.job("907")).ref, null);
      assert.match(await details("907"), /reference .* is this vault's own/);
      const nameless = await vault.deliver(told("retried"), { reference });
      assert.equal(nameless.status, 202);
      assert.match(nameless.reason, /is this vault's own/);
      assert.equal((await vault.job(own)).deliveries, 0);
      const line = JSON.stringify({ id: "907", ref: reference });
      const imported = await call(vault, "POST", "/jobs", { body: line });
      assert.equal(imported.status, 400);
      assert.match(imported.text, /this vault's own/);
    });
  });
}

describe("an id that another job has", () => {
  let origin, receiver, vault;
  before(async () => {
    [origin, receiver] = await Promise.all([startOrigin(), startReceiver()]);
    vault = await startVault({ sources: `${origin.url},${receiver.url}`, vars: queuesAt(origin) });
    vault.leaveWork();
  });
  after(() => stopAll(vault, receiver, origin));

  const webhook = (path) => `?fal_webhook=${encodeURIComponent(receiver.url + path)}`;
  const paths = (path) => receiver.requests.filter((request) => request.path === path).map(({ json }) => json);
  /** Submits to a queue that answers with this id. Returns the answer, and the capability that the queue got. */
  async function submit(route, id, query = "") {
    const response_url = `${origin.url}${route}/requests/${id}`;
    origin.on(route, says({ request_id: id, response_url, status_url: `${response_url}/status` }));
    const answer = await call(vault, "POST", `${route}${query}`, { body: { route, id, query } });
    assert.equal(answer.status, 200);
    const { url } = origin.requests(route).at(-1);
    const hook = new URL(new URL(url, origin.url).searchParams.get("fal_webhook")).pathname;
    return { hook, name: answer.headers.get("x-hookvault-job"), answer };
  }
  const send = async (hook, body) => (await vault.post(hook, JSON.stringify(body))).json();
  const failed = (id) => told("failed", id, 1);
  const prediction = (id) => ({ id, model: "m", version: "v", input: {}, urls: {}, output: null, error: null, status: "processing" });
  /**
   * Checks that the submitted job keeps to its reference. It has its own webhook and input, and the other job has none
   * of its data.
   */
  async function isApart(id, { hook, name }, path) {
    assert.match(name, /^ref:gw-/);
    const [before, mine] = [await vault.job(id), await vault.job(name)];
    assert.deepEqual([mine.id, mine.status, mine.input.id], [name, "queued", id]);
    assert.ok((await vault.events(name)).some(({ detail }) => detail === `the upstream calls it ${id}, which is another job here`));
    assert.equal((await send(hook, failed(id))).id, name);
    await eventually("its end is handed on", () => paths(path).length > 0 || undefined);
    assert.deepEqual(await vault.job(id), before);
    assert.equal((await vault.job(name)).status, "failed");
  }

  it("that was submitted too: each keeps its own webhook, input and result", async () => {
    const first = await submit("/queue/one", "8001", webhook("/first"));
    const second = await submit("/queue/two", "8001", webhook("/second"));
    assert.equal(first.name, "8001");
    await isApart("8001", second, "/second");
    assert.deepEqual(paths("/first"), []);
    await send(first.hook, failed("8001"));
    await eventually("the first end is handed on", () => paths("/first").length > 0 || undefined);
    assert.equal(paths("/second").length, 1);
    assert.deepEqual((await vault.job("8001")).input.query, webhook("/first"));
  });

  it("of another provider stays that job's", async () => {
    await vault.deliver(prediction("8002"));
    await isApart("8002", await submit("/queue/three", "8002", webhook("/third")), "/third");
    assert.equal((await vault.job("8002")).handoff, null);
  });

  it("that was deleted does not delete a new submission", async () => {
    await vault.deliver(acquired("8003"));
    assert.equal((await call(vault, "DELETE", "/jobs/8003")).status, 204);
    const { name, hook } = await submit("/queue/four", "8003");
    assert.equal((await vault.job(name)).status, "queued");
    assert.equal((await send(hook, failed("8003"))).id, name);
    assert.equal((await vault.get("/jobs/8003")).status, 404);
  });

  it("that only the hook token named is that job: it gets the webhook and the input", async () => {
    await vault.deliver(acquired("8004"));
    const { hook, name } = await submit("/queue/five", "8004", webhook("/fifth"));
    assert.equal(name, "8004");
    const job = await eventually("it has moved there", async () => {
      const job = await vault.job("8004");
      return job.input ? job : undefined;
    });
    assert.deepEqual([job.status, job.app], ["acquired", "five"]);
    await eventually("the capability leads there", async () => (await send(hook, failed("8004"))).id === "8004" || undefined);
    await eventually("its end is handed on", () => paths("/fifth").length > 0 || undefined);
  });

  it("is answered at the routes of its own queue", async () => {
    await submit("/queue/six", "8005");
    const fal = await submit("/fal/queue/six", "8005");
    assert.match(fal.name, /^ref:gw-/);
    origin.on("/queue/six/requests/8005/status", says({ status: "IN_PROGRESS", of: "queue" }));
    origin.on("/fal/queue/six/requests/8005/status", says({ status: "IN_PROGRESS", of: "fal" }));
    for (const [route, of] of [["/queue", "queue"], ["/fal/queue", "fal"]]) {
      const { json } = await call(vault, "GET", `${route}/six/requests/8005/status`);
      assert.equal(json.of, of);
    }
  });

  it("does not reach a job of another provider through one constant reference", async () => {
    await vault.deliver(told("acquired"), { reference: "constant" });
    const before = await vault.job("ref:constant");
    const answer = await vault.deliver(prediction("rep-6"), { reference: "constant" });
    assert.deepEqual([answer.status, answer.id], [200, "rep-6"]);
    assert.deepEqual(await vault.job("ref:constant"), before);
    assert.equal((await vault.events("rep-6"))[0].detail, "refConflict: ref:constant leads to another job");
  });

  it("or a reference that another job has: deleting a restored job keeps that job", async () => {
    origin.on("/kept.mp4", file(noise(1_000, "kept")));
    await vault.deliver({ eventType: "completed", video: { url: `${origin.url}/kept.mp4` } }, { reference: "order-8" });
    const kept = await vault.settled("ref:order-8");
    const [key, text] = manifest("8008", Date.now() - 60_000, { reference: "order-8" });
    await (await vault.bucket()).put(key, text);
    assert.equal((await call(vault, "POST", "/restore")).json.failed.length, 0);
    assert.equal((await vault.job("8008")).ref, null);
    assert.equal((await call(vault, "DELETE", "/jobs/8008")).status, 204);
    assert.equal((await fetch(kept.files[0].url)).status, 200);
    assert.equal((await vault.job("ref:order-8")).archive, "stored");
  });
});
