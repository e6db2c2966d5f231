// `npm run client`: writes the types of the API, client/api.d.ts, from openapi.json.
import { openapiTools } from "../setup/openapi.mjs";
import { inRoot, toolEnv } from "../setup/project.mjs";
import { isMain, main, must } from "../setup/run.mjs";

/** The file that the generator writes and the client's types import. */
export const TYPES = inRoot("client", "api.d.ts");

/** Writes the types into a file. */
export async function writeTypes(path = TYPES) {
  await openapiTools.ensure();
  await must(openapiTools.program("openapi-typescript"), [inRoot("openapi.json"), "--output", path], { env: toolEnv() });
}

if (isMain(import.meta.url)) await main(() => writeTypes());
