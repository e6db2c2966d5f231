// The built Worker over a bucket whose listings fail with the cursor's message, if the cursor begins with `fail: `.
import { env } from "cloudflare:workers";
import * as built from "../../../../build/index.js";

const bucket = Object.getPrototypeOf(env.FILES);
const { list } = bucket;
bucket.list = async function failing(options) {
  const [, message] = /^fail: (.*)/.exec(options?.cursor ?? "") ?? [];
  if (message) throw new Error(message);
  return list.call(this, options);
};

export default built.default;
export const { Catalog, Job } = built;
