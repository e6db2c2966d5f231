// The package as a user has it: packed, and installed by npm into an empty folder, with a PATH without cargo and npm.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inRoot, NODE, toolEnv } from "../../../tools/setup/project.mjs";
import { eventually } from "../../../tools/workerd/wait.mjs";

const { dependencies } = JSON.parse(readFileSync(inRoot("package.json"), "utf8"));
const npm = (cwd, ...args) => execFileSync("npm", args, { cwd, env: toolEnv(), encoding: "utf8" });

/** Packs what was built last, and returns npm's description of the file. */
export function packed(to, ...flags) {
  const [described] = JSON.parse(npm(inRoot(), "pack", "--ignore-scripts", "--json", "--pack-destination", to, ...flags));
  return described;
}

/** Installs the package into a new folder. Its dependencies are those of the source, so that this needs no network. */
export class Installed {
  dir = mkdtempSync(join(tmpdir(), "hookvault-installed-"));

  constructor() {
    const links = Object.fromEntries(Object.keys(dependencies).map((name) => [name, `file:${inRoot("node_modules", name)}`]));
    writeFileSync(join(this.dir, "package.json"), JSON.stringify({ private: true, dependencies: links }));
    const { filename } = packed(this.dir);
    npm(this.dir, "install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", `./${filename}`);
    this.path = join(this.dir, "bin");
    mkdirSync(this.path);
    symlinkSync(NODE, join(this.path, "node"));
  }

  /** The root of the package. */
  get root() {
    return join(this.dir, "node_modules", "hookvault");
  }

  /** Makes an empty folder for a user's files. */
  folder(name) {
    const path = join(this.dir, name);
    mkdirSync(path);
    return path;
  }

  /** Starts a command. Nothing of this process's environment gets in. */
  begin(cwd, args, env = {}) {
    return new Running(join(this.dir, "node_modules", ".bin", "hookvault"), args, { cwd, env: { PATH: this.path, HOME: this.dir, ...env } });
  }

  /** Runs a command to its end: `{ code, text }`. */
  run(cwd, args, env) {
    return this.begin(cwd, args, env).ended;
  }

  remove() {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** A command that runs, and all that it has printed. */
class Running {
  text = "";

  constructor(program, args, options) {
    this.child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on("data", (data) => (this.text += data));
    this.ended = once(this.child, "close").then(([code, signal]) => ({ code: code ?? signal, text: this.text }));
  }

  says(pattern) {
    return eventually(`it says ${pattern}`, () => {
      if (this.child.exitCode !== null || this.child.signalCode !== null) throw new Error(`it ended: ${this.text}`);
      return pattern.exec(this.text) ?? undefined;
    });
  }

  /** Ends the command, and resolves as `ended`. */
  end(signal = "SIGINT") {
    this.child.kill(signal);
    return this.ended;
  }
}

