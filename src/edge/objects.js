// Put at the end of what worker-build makes. The runtime lets a method of an object be called only if
// its class derives from the runtime's own, which wasm-bindgen's do not.
import { DurableObject } from "cloudflare:workers";
import { Catalog, Job } from "./index.js";

for (const Class of [Catalog, Job]) {
  Object.setPrototypeOf(Class, DurableObject);
  Object.setPrototypeOf(Class.prototype, DurableObject.prototype);
}
