// The built Worker, with a route that tells how large its wasm memory is. Its objects are in the same
// isolate here, and share it.
import { memories } from "./patch.mjs";
import * as built from "../../../build/index.js";

export default class extends built.default {
  fetch(request) {
    if (new URL(request.url).pathname !== "/wasm-memory") return super.fetch(request);
    return Response.json({ bytes: memories.map(({ buffer }) => buffer.byteLength) });
  }
}
export const { Job, Catalog } = built;
