// A program with the client's types, as a user writes it: it is compiled strictly, and run.
import { HookVault, HookVaultError } from "hookvault/client";
import { createWebhook } from "hookvault/client/ai";
import { verifyHandoff } from "hookvault/client/handoff";
import type { Change, Entry, Job, JobSummary, ProblemCode } from "hookvault/client";

// `standardwebhooks` names Node's `Buffer`, whose types are not installed here.
declare global {
  type Buffer = Uint8Array;
}

export async function play(url: string, token: string) {
  const vault = new HookVault({ url, token });
  const { id, fileUrl, answer } = await vault.submit("wan22-fast-t2v", { prompt: "x" }, { idempotencyKey: "typed-1" });
  const durable: string | null = fileUrl;
  if (String(answer.request_id) !== id || !durable) throw new Error(id);
  const job: Job = await vault.wait(id, { timeoutMs: 60_000 });
  const { video } = await vault.result<{ video: { data_uri: string } }>(id);
  const text: string = await vault.result(id, { as: "text" });
  if (!text.includes(video.data_uri)) throw new Error(text);
  const exact: string = await vault.job(id, { as: "text", isFresh: true });
  if (JSON.parse(exact).id !== (await vault.job(id)).id || typeof (await vault.wait(id, { as: "text" })) !== "string") throw new Error(exact);
  const again = await vault.submit("wan22-fast-t2v", `{"prompt":"x"}`, { idempotencyKey: "typed-1" });
  if (again.id !== id) throw new Error(again.id);
  for await (const entry of vault.events(id, { as: "text", until: "now" })) if (entry[0] !== "{") throw new Error(entry);

  const entries: Entry[] = [];
  for await (const entry of vault.events(id)) entries.push(entry);
  if (entries.at(-1)?.outcome === undefined) throw new Error("no entries");
  const rows: JobSummary[] = [];
  for await (const row of vault.jobs({ status: ["completed"] })) rows.push(row);

  const bytes: number[] = [];
  for (const file of await vault.files(job)) {
    if (!file.downloadUrl.endsWith("?download")) throw new Error(file.downloadUrl);
    const stream: ReadableStream<Uint8Array> = await file.stream();
    bytes.push((await new Response(stream).arrayBuffer()).byteLength);
  }
  for await (const change of vault.live({ after: "", onBreak: () => {} })) if (seqOf(change) !== null) break;
  const { ticket } = await vault.ticket({ scope: `job:${id}`, ttl: 60 });
  await new HookVault({ url, ticket }).job(id);

  let code: ProblemCode | undefined;
  try {
    await vault.job("unknown");
  } catch (error) {
    if (error instanceof HookVaultError) code = error.code;
  }
  const hook = createWebhook(vault, { hookToken: "t", app: "a/b", signal: AbortSignal.abort() });
  const body: unknown = await hook.received.then(({ body }) => body, () => undefined);
  const event: string | undefined = await verifyHandoff({ headers: {}, body: "" }, "whsec_AAAA").then(({ event }) => event.eventType, () => "refused");
  if (body !== undefined || event !== "refused" || !hook.url.endsWith("?app=a%2Fb")) throw new Error(hook.url);
  return { status: job.status, bytes: bytes[0], code };
}

function seqOf(change: Change): string | null {
  switch (change.type) {
    case "job": return change.job.id ? change.seq : null;
    case "deleted": return change.id && change.seq;
    default: return change.seq;
  }
}
