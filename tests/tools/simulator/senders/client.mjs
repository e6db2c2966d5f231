// A client of a played sender, with its receiver of webhooks.

import { once } from "node:events";
import { createServer } from "node:http";
import { KEY, rig } from "../../support/rig.mjs";

/** Starts the simulator, a receiver that echoes challenges, and a client. */
export async function clientOf(t, client, { knobs, ...options } = {}) {
  const { simulator } = await rig(t, { knobs, ...options });
  const hook = await startReceiver(t);
  const base = `${simulator.url}/as/${client.as.split("/")[0]}`;
  const headers = { "user-agent": "test", ...client.key(KEY) };
  const ask = (path, init = {}) => fetch(`${base}/${path}`, { headers, ...init });
  const submit = async (sim = {}) => {
    const { path, body } = client.submit(hook.url);
    const answer = await ask(path, { method: "POST", body: JSON.stringify({ ...body, _sim: sim }) });
    if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
    return client.id(await answer.json());
  };
  const run = async (sim) => {
    const id = await submit(sim);
    await simulator.idle();
    return id;
  };
  const poll = async (id) => (await ask(client.poll(id))).json();
  const job = async (id) => (await fetch(`${simulator.url}/_sim/jobs/${encodeURIComponent(id)}`)).json();
  const forget = (id) => fetch(`${simulator.url}/_sim/jobs/${encodeURIComponent(id)}`, { method: "DELETE" });
  const download = (url) => fetch(url, { headers });
  return { simulator, hook, base, headers, ask, submit, run, poll, job, forget, download };
}

/** Starts a receiver that keeps webhooks, and answers with the statuses in `answers`, then 200. */
async function startReceiver(t) {
  const [received, challenges, answers] = [[], [], []];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const body = JSON.parse(text);
    if (body.challenge !== undefined) {
      challenges.push(body.challenge);
      return response.end(text);
    }
    received.push({ headers: request.headers, text, body, at: Date.now() });
    response.writeHead(answers.shift() ?? 200).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${server.address().port}/hook`, received, challenges, answers };
}
