// Calls every JSON operation with a client that openapi-typescript and openapi-fetch generate from openapi.json. This
// file is copied beside the generated code, and compiled with it.
import createClient from "openapi-fetch";
import type { operations, paths } from "./schema.ts";

export interface Given {
  url: string;
  token: string;
  hookToken: string;
  /** The beginning of all ids, so that no two clients meet. */
  name: string;
  /** The URL of an output file. */
  file: string;
  webhook: string;
  /** The keys of unmatched deliveries. */
  unmatched: [string, string];
}

export interface Called {
  operation: keyof operations;
  status: number;
}

export async function callAll({ url, token, hookToken, name, file, webhook, unmatched }: Given): Promise<Called[]> {
  const made: Called[] = [];
  const client = (authorization?: string) =>
    createClient<paths>({ baseUrl: url, ...(authorization && { headers: { authorization } }) });
  const [api, hook, stranger] = [client(`Bearer ${token}`), client(`Bearer ${hookToken}`), client()];

  /** Notes the call. If its answer has a type, there must be one. */
  async function called<A extends { data?: unknown; response: Response }>(operation: keyof operations, asked: Promise<A>) {
    const { data, response } = await asked;
    made.push({ operation, status: response.status });
    return data as NonNullable<A["data"]>;
  }

  const [id, failed, imported] = [1, 2, 3].map((n) => `${name}-${n}`) as [string, string, string];
  const job = { params: { path: { id } } };
  await called("deliverWithHeader", hook.POST("/hook", { body: { eventType: "acquired", jobId: id }, params: { query: { tag: [name, "draft"] } } }));
  const body = { eventType: "completed", jobId: id, video: { data_uri: file } };
  const delivered = await called("deliver", stranger.POST("/hook/{token}", { body, params: { path: { token: hookToken } } }));
  const told: string = "duplicate" in delivered ? delivered.id : delivered.reason;
  if (told !== id) throw new Error(told);
  await called("deliverWithReference", stranger.POST("/hook/{token}/{reference}", {
    body: { eventType: "failed", jobId: failed, error: "out of memory" }, params: { path: { token: hookToken, reference: `${name}-order` } } }));
  await called("importJobs", api.POST("/jobs", { body: { id: imported, app: "wan22-fast-t2v", tags: [name] } }));

  const record = await called("readJob", api.GET("/jobs/{id}", { params: { path: { id }, query: { wait: 30, for: "settled" } } }));
  if (record.archive !== "stored" || record.files[0]?.state !== "stored") throw new Error(JSON.stringify(record));
  const day = new Date(record.createdAt).toISOString().slice(0, 10);
  const { jobs } = await called("listJobs", api.GET("/jobs", { params: { query: { status: ["failed", "completed"], since: day, limit: 5 } } }));
  if (jobs.some(({ status }) => status === "queued")) throw new Error("a list's values are none");
  await called("readResult", api.GET("/jobs/{id}/result", job));
  const { events } = await called("readEvents", api.GET("/jobs/{id}/events", job)) as { events: { n: number }[] };
  await called("readEventBody", api.GET("/jobs/{id}/events/{n}/body", { params: { path: { id, n: events[0]!.n } } }));
  await called("archiveJob", api.POST("/jobs/{id}/archive", job));
  await called("renewLinks", api.POST("/jobs/{id}/links", job));
  await called("deleteJob", api.DELETE("/jobs/{id}", { params: { path: { id: failed } } }));

  await called("archiveMany", api.POST("/archive", { params: { query: { archive: ["lost", "partial"], tag: name } } }));
  await called("readStats", api.GET("/stats"));
  await called("listRefused", api.GET("/refused"));
  await called("examine", api.GET("/doctor"));
  await called("whoami", api.GET("/whoami"));
  await called("restore", api.POST("/restore", { params: { query: { limit: 1 } } }));
  await called("readOpenapi", api.GET("/openapi.json"));
  await called("listUnmatched", api.GET("/unmatched"));
  await called("assignUnmatched", api.POST("/unmatched/{key}", { params: { path: { key: unmatched[0] }, query: { job: id } } }));
  await called("dropUnmatched", api.DELETE("/unmatched/{key}", { params: { path: { key: unmatched[1] } } }));
  const { ticket } = await called("makeTicket", api.POST("/tickets", { body: { scope: "proxy", ttl: 600 } }));

  const prompt = { prompt: `an astronaut, ${name}` };
  const slow = { ...prompt, _sim: { queueMs: 600_000 } };
  const at = (app: string, request_id: string | number) => ({ params: { path: { app, request_id: String(request_id) } } });
  const query = { fal_webhook: webhook };
  const settled = (id: string | number) =>
    api.GET("/jobs/{id}", { params: { path: { id: String(id) }, query: { wait: 30, for: "settled" } } });
  {
    const path = { app: "wan22-fast-t2v" };
    const { request_id } = await called("submitQueue", api.POST("/queue/{app}", { body: prompt, params: { path, query } }));
    await settled(request_id);
    await called("statusQueue", api.GET("/queue/{app}/requests/{request_id}/status", at(path.app, request_id)));
    await called("resultQueue", api.GET("/queue/{app}/requests/{request_id}", at(path.app, request_id)));
    await called("handOffJob", api.POST("/jobs/{id}/handoff", { params: { path: { id: String(request_id) } } }));
    const other = await api.POST("/queue/{app}", { body: slow, params: { path } });
    await called("cancelQueue", api.PUT("/queue/{app}/requests/{request_id}/cancel", at(path.app, other.data!.request_id)));
  }
  {
    const path = { app: "fal-ai/flux" };
    const { request_id } = await called("submitFal", api.POST("/fal/queue/{app}", { body: prompt, params: { path } }));
    await settled(request_id);
    await called("statusFal", api.GET("/fal/queue/{app}/requests/{request_id}/status", at(path.app, request_id)));
    await called("resultFal", api.GET("/fal/queue/{app}/requests/{request_id}", at(path.app, request_id)));
    const other = await api.POST("/fal/queue/{app}", { body: slow, params: { path } });
    await called("cancelFal", api.PUT("/fal/queue/{app}/requests/{request_id}/cancel", at(path.app, other.data!.request_id)));
  }

  const target = (end = "") => ({ header: { "x-fal-target-url": `https://queue.fal.run/fal-ai/flux${end}` } });
  {
    const submitted = await called("falProxy", api.POST("/fal/proxy", { body: slow, params: target() })) as { request_id: string };
    const end = `/requests/${submitted.request_id}`;
    await called("falProxyGet", api.GET("/fal/proxy", { params: target(`${end}/status`) }));
    await called("falProxyPut", api.PUT("/fal/proxy", { params: target(`${end}/cancel`) }));
    await called("falProxyPatch", api.PATCH("/fal/proxy", { params: target(end) }));
    await called("falProxyDelete", api.DELETE("/fal/proxy", { params: target(end) }));
  }
  {
    const path = { ticket };
    const asked = stranger.POST("/fal/proxy/t_{ticket}", { body: slow, params: { path, ...target() } });
    const submitted = await called("falProxyTicket", asked) as { request_id: string };
    const end = `/requests/${submitted.request_id}`;
    await called("falProxyTicketGet", stranger.GET("/fal/proxy/t_{ticket}", { params: { path, ...target(`${end}/status`) } }));
    await called("falProxyTicketPut", stranger.PUT("/fal/proxy/t_{ticket}", { params: { path, ...target(`${end}/cancel`) } }));
    await called("falProxyTicketPatch", stranger.PATCH("/fal/proxy/t_{ticket}", { params: { path, ...target(end) } }));
    await called("falProxyTicketDelete", stranger.DELETE("/fal/proxy/t_{ticket}", { params: { path, ...target(end) } }));
  }

  const { error } = await stranger.GET("/jobs/{id}", job);
  if (error?.code !== "no-token") throw new Error(`no code to compare: ${JSON.stringify(error)}`);
  return made;
}
