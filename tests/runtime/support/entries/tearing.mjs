// The built Worker over a bucket whose first stream within an export breaks off after its first piece.
import * as built from "../../../../build/index.js";
import { replaced } from "../../../../tools/workerd/replaced.mjs";

let hasBroken = false;

/** Returns a stream with the first piece of another, which then fails. */
function broken(body) {
  const reader = body.getReader();
  let pieces = 0;
  return new ReadableStream({
    async pull(controller) {
      pieces += 1;
      if (pieces > 1) return controller.error(new Error("the bucket is not well"));
      controller.enqueue((await reader.read()).value);
    },
  });
}

const tearing = (bucket) => replaced(bucket, {
  async get(...args) {
    const found = await bucket.get(...args);
    if (!found?.body || hasBroken) return found;
    hasBroken = true;
    return replaced(found, { body: broken(found.body), bodyUsed: false });
  },
});

export default class extends built.default {
  constructor(context, env) {
    super(context, env);
    this.torn = new built.default(context, { ...env, FILES: tearing(env.FILES) });
  }

  fetch(request) {
    return new URL(request.url).pathname === "/export" ? this.torn.fetch(request) : super.fetch(request);
  }
}
export const Catalog = built.Catalog;
export const Job = built.Job;
