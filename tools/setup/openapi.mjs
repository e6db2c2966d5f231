// Installs what checks openapi.json and generates clients from it. Only tests and lint wait for it.
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./lock.mjs";
import { hasAll, npmCi } from "./npm.mjs";
import { inRoot, TOOLS } from "./project.mjs";

const FILES = ["package.json", "package-lock.json"];
const OWNER = inRoot("tests", "openapi");
const FOLDER = join(TOOLS, "openapi");

const ready = () => hasAll(FOLDER, join(OWNER, "package-lock.json"));

async function install() {
  mkdirSync(FOLDER, { recursive: true });
  for (const file of FILES) cpSync(join(OWNER, file), join(FOLDER, file));
  await npmCi("Installing what reads openapi.json (about 5 s, once)", FOLDER);
}

export const openapiTools = {
  folder: FOLDER,
  program: (name) => join(FOLDER, "node_modules", ".bin", name),
  /** Installs what is missing, once. */
  async ensure() {
    if (!ready()) await withLock(async () => ready() || install());
  },
};
