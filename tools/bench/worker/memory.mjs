// The built Worker with two more routes. One takes many deliveries at once. The other reports the size of the wasm
// memory, and how many objects worked at once. Here its objects are in the same isolate, and share that memory.
import { events, memories } from "./patch.mjs";
import * as built from "../../../build/index.js";

export default class extends built.default {
  fetch(request) {
    const { pathname, origin } = new URL(request.url);
    if (pathname === "/many") return this.#many(request, origin);
    if (pathname !== "/wasm-memory") return super.fetch(request);
    return Response.json({ bytes: memories.map(({ buffer }) => buffer.byteLength), events: events.most });
  }

  /** Sends each request to the Worker, `lanes` at a time. Answers how many responses were not 200. */
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
