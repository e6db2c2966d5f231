// The built Worker, with a route that takes many deliveries at once, and one that tells how large its wasm
// memory is, and how many objects were at work at once. Its objects are in the same isolate here, and share it.
import { events, memories } from "./patch.mjs";
import * as built from "../../../build/index.js";

export default class extends built.default {
  fetch(request) {
    const { pathname, origin } = new URL(request.url);
    if (pathname === "/many") return this.#many(request, origin);
    if (pathname !== "/wasm-memory") return super.fetch(request);
    return Response.json({ bytes: memories.map(({ buffer }) => buffer.byteLength), events: events.most });
  }

  /** Answers each of the requests, `lanes` at a time. Tells how many answers were no 200. */
  async #many(request, origin) {
    const { requests, lanes } = await request.json();
    let failed = 0;
    const lane = async () => {
      for (let next = requests.pop(); next; next = requests.pop()) {
        const { path, ...init } = next;
        const answer = await super.fetch(new Request(origin + path, init));
        await answer.arrayBuffer();
        failed += Number(answer.status !== 200);
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    return Response.json({ failed });
  }
}
export const { Job, Catalog } = built;
