// `npm run client`: writes the types of the API, client/api.d.ts, from openapi.json.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openapiTools } from "../setup/openapi.mjs";
import { inRoot, toolEnv } from "../setup/project.mjs";
import { isMain, main, must } from "../setup/run.mjs";

/** The file that the generator writes and the client's types import. */
export const TYPES = inRoot("client", "api.d.ts");

/** Examples would be comments among the types: they are long, and change without them. */
const withoutExamples = (name, value) => {
  if (!value || typeof value !== "object" || Array.isArray(value) || name === "properties") return value;
  const { example, examples, ...rest } = value;
  return rest;
};

/** Writes the types into a file. */
export async function writeTypes(path = TYPES) {
  await openapiTools.ensure();
  const folder = await mkdtemp(join(tmpdir(), "hookvault-openapi-"));
  const description = join(folder, "openapi.json");
  try {
    const text = await readFile(inRoot("openapi.json"), "utf8");
    await writeFile(description, JSON.stringify(JSON.parse(text), withoutExamples));
    await must(openapiTools.program("openapi-typescript"), [description, "--output", path], { env: toolEnv() });
  } finally {
    await rm(folder, { recursive: true });
  }
}

if (isMain(import.meta.url)) await main(() => writeTypes());
