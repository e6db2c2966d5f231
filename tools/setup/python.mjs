// Installs the Python packages that tests need, each set in its own folder.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./lock.mjs";
import { inRoot, TOOLS } from "./project.mjs";
import { step } from "./run.mjs";

/** Tells whether the machine has a Python that can create virtual environments. */
export const pythonPossible = () =>
  spawnSync("python3", ["-c", "import ensurepip, venv"]).status === 0;

/** Describes a set of packages, all pinned by one file, in the folder `.tools/{name}`. */
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
  // Test files run side by side, and several may need the same folder.
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
    /** Returns the path of a program in the folder. */
    program,
  };
}

/** Sends generated requests that follow the API's description, and generates a client from it. */
export const schemathesis = packages({
  name: "python",
  requirements: inRoot("tests", "openapi", "requirements.txt"),
  title: "Installing schemathesis and a generator of clients (about 1 min, once)",
});

/** Returns the path of a program in schemathesis' folder. */
export const pythonTool = schemathesis.program;

/** The clients that users have, and the published libraries that verify signatures. */
export const pythonClients = packages({
  name: "python-clients",
  requirements: inRoot("tests", "clients", "requirements.txt"),
  title: "Installing the Python clients (about 10 s, once)",
});
