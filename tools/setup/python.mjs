// What a test needs of Python, in a folder of its own.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inRoot, TOOLS } from "./project.mjs";
import { step } from "./run.mjs";

const FOLDER = join(TOOLS, "python");
const STAMP = join(FOLDER, "requirements.txt");
const WANTED = inRoot("tests", "openapi", "requirements.txt");
const wanted = () => readFileSync(WANTED, "utf8");

/** A program of the folder. */
export const pythonTool = (name) => join(FOLDER, "bin", name);

/** Plays generated requests against the API's description; the versions are pinned. */
export const schemathesis = {
  /** Whether the machine has a Python that can hold it. */
  possible: () => spawnSync("python3", ["-c", "import ensurepip, venv"]).status === 0,

  ready: () => existsSync(STAMP) && readFileSync(STAMP, "utf8") === wanted(),

  async install() {
    await step("Making a folder for Python's packages", "python3", ["-m", "venv", "--clear", FOLDER]);
    const args = ["install", "--quiet", "--disable-pip-version-check", "-r", WANTED];
    await step("Installing schemathesis (about 1 min, once)", pythonTool("pip"), args);
    writeFileSync(STAMP, wanted());
  },
};
