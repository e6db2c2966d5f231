// The routes of both twins.
import { Hono, type MiddlewareHandler } from "hono";
import type { Env } from "./env";
import { hook, type HandOver } from "./hook";
import { list, lookUp } from "./jobs";
import { problem } from "./problem";
import { serve } from "./serve";
import { isOneOf, settingsOf } from "./settings";

const read: MiddlewareHandler<{ Bindings: Env }> = async (c, next) => {
  const [scheme, token] = (c.req.header("authorization") ?? "").split(" ");
  const isKnown = (scheme === "Bearer" || scheme === "Key") && isOneOf(token ?? "", settingsOf(c.env).readTokens);
  if (!isKnown) return problem(401, "Unauthorized", "send `Authorization: Bearer <API_TOKEN>`");
  await next();
};

export function worker(handOver: HandOver) {
  const app = new Hono<{ Bindings: Env }>();
  app.get("/healthz", (c) => c.json({ status: "ok" }));
  app.post("/hook/:token", hook(handOver));
  app.get("/jobs/:id", read, lookUp);
  app.get("/jobs", read, list);
  app.on(["GET", "HEAD"], "/files/:id/:nonce/:file", serve);
  app.notFound(() => problem(404, "Not Found"));
  app.onError((error) => {
    console.error(error);
    return problem(503, "Service Unavailable", "try again", { "retry-after": "1" });
  });
  return app;
}
