// The built Worker while a deployment rotates its token. Objects that begin after `POST /rotate` have `NEXT_API_TOKEN`
// as their API token. The Worker keeps the old one, as a request does that began before.
import * as built from "../../../../build/index.js";

let isRotated = false;
const today = (env) => (isRotated ? { ...env, API_TOKEN: env.NEXT_API_TOKEN } : env);

export default class extends built.default {
  fetch(request) {
    if (new URL(request.url).pathname !== "/rotate") return super.fetch(request);
    isRotated = true;
    return new Response("rotated");
  }
}

export class Catalog extends built.Catalog {
  constructor(state, env) {
    super(state, today(env));
    console.log(`a catalog begins${isRotated ? ", rotated" : ""}`);
  }
}

export class Job extends built.Job {
  constructor(state, env) {
    super(state, today(env));
    console.log(`a job begins${isRotated ? ", rotated" : ""}`);
  }
}
