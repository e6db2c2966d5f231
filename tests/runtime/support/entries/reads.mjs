// The built Worker, which logs each read of the bucket.
import { env } from "cloudflare:workers";
import * as built from "../../../../build/index.js";

const bucket = Object.getPrototypeOf(env.FILES);
for (const name of ["head", "get"]) {
  const read = bucket[name];
  bucket[name] = function told(...args) {
    console.log(`bucket ${name} ${args[0]}`);
    return read.apply(this, args);
  };
}

export default built.default;
export const { Catalog, Job } = built;
