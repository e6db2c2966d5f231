// What tests need of Python, each set of packages in a folder of its own.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./lock.mjs";
import { inRoot, TOOLS } from "./project.mjs";
import { step } from "./run.mjs";

/** Whether the machine has a Python that can hold packages. */
export const pythonPossible = () =>
  spawnSync("python3", ["-c", "import ensurepip, venv"]).status === 0;

/** Packages of a file that pins all of them, in the folder `.tools/{name}`. */
function packages({ name, requirements, title }) {
  const folder = join(TOOLS, name);
  const stamp = join(folder, "requirements.txt");
  const wanted = () => readFileSync(requirements, "utf8");
  const program = (tool) => join(folder, "bin", tool);
  const ready = () => existsSync(stamp) && readFileSync(stamp, "utf8") === wanted();
  const install = async () => {
    await step("Making a folder for Python's packages", "python3", ["-m", "venv", "--clear", folder]);
    const args = ["install", "--quiet", "--disable-pip-version-check", "-r", requirements];
    await step(title, program("pip"), args);
    writeFileSync(stamp, wanted());
  };
  // Test files run side by side, and more than one may want the same folder.
  const ensure = async () => {
    if (!ready()) await withLock(async () => ready() || install());
  };
  return {
    possible: pythonPossible,
    folder,
    ready,
    install,
    /** Installs what is missing, once. */
    ensure,
    /** A program of the folder. */
    program,
  };
}

/** Plays generated requests against the API's description, and makes a client of it. */
export const schemathesis = packages({
  name: "python",
  requirements: inRoot("tests", "openapi", "requirements.txt"),
  title: "Installing schemathesis and a generator of clients (about 1 min, once)",
});

/** A program of schemathesis' folder. */
export const pythonTool = schemathesis.program;

/** The clients that users have, and the published checkers of signatures. */
export const pythonClients = packages({
  name: "python-clients",
  requirements: inRoot("tests", "clients", "requirements.txt"),
  title: "Installing the Python clients (about 10 s, once)",
});
