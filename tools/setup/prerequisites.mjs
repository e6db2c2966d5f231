// Checks what the machine must have: Node, npm, and Rust from rustup. Everything else is installed into this folder.
import { spawnSync } from "node:child_process";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { Failure } from "./run.mjs";

const MIN_NODE = [20, 12];
const RUSTUP = "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y";
const NODE_HOWTO =
  "curl -fsSL https://deb.nodesource.com/setup_22.x | sudo -E bash - && " +
  "sudo apt-get install -y nodejs   (or https://nodejs.org/en/download)";

const works = (program) => spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0;

/** Throws if something is missing, and names the command that installs it. */
export function checkPrerequisites() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < MIN_NODE[0] || (major === MIN_NODE[0] && minor < MIN_NODE[1])) {
    throw new Failure(
      `Node ${MIN_NODE.join(".")} or newer is needed, this is ${process.versions.node}.\n  ${NODE_HOWTO}`,
    );
  }
  findCargo();
}

/** Checks npm only when it has something to install: starting it takes 0.2 s. */
export function checkNpm() {
  if (!works("npm")) throw new Failure(`npm is missing; it comes with Node.\n  ${NODE_HOWTO}`);
}

/** Checks rustup only when a toolchain or a target is missing. */
export function checkRustup() {
  if (!works("rustup")) {
    throw new Failure(`rustup is missing, and with it the wasm target.\n  ${RUSTUP}`);
  }
}

// Adds ~/.cargo/bin to PATH: a shell that was opened before rustup was installed lacks it.
function findCargo() {
  const home = process.env.CARGO_HOME ?? join(homedir(), ".cargo");
  const path = process.env.PATH ?? "";
  const bin = join(home, "bin");
  if (!path.split(delimiter).includes(bin)) process.env.PATH = path + delimiter + bin;
  if (spawnSync("cargo", ["--help"], { stdio: "ignore" }).error) {
    throw new Failure(`cargo is missing. Install Rust:\n  ${RUSTUP}`);
  }
}
