// What the machine must bring: Node, npm and rustup's Rust. All else is installed from here.
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

/** Throws, naming the command that installs it, when something is missing. */
export function checkPrerequisites() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < MIN_NODE[0] || (major === MIN_NODE[0] && minor < MIN_NODE[1])) {
    throw new Failure(
      `Node ${MIN_NODE.join(".")} or newer is needed, this is ${process.versions.node}.\n  ${NODE_HOWTO}`,
    );
  }
  findCargo();
}

/** Only asked when npm has something to do: starting it costs 0.2 s. */
export function checkNpm() {
  if (!works("npm")) throw new Failure(`npm is missing; it comes with Node.\n  ${NODE_HOWTO}`);
}

/** Only asked when a toolchain or a target is missing. */
export function checkRustup() {
  if (!works("rustup")) {
    throw new Failure(`rustup is missing, and with it the wasm target.\n  ${RUSTUP}`);
  }
}

// A shell opened before rustup was installed does not know ~/.cargo/bin yet.
function findCargo() {
  const home = process.env.CARGO_HOME ?? join(homedir(), ".cargo");
  const path = process.env.PATH ?? "";
  const bin = join(home, "bin");
  if (!path.split(delimiter).includes(bin)) process.env.PATH = path + delimiter + bin;
  if (spawnSync("cargo", ["--help"], { stdio: "ignore" }).error) {
    throw new Failure(`cargo is missing. Install Rust:\n  ${RUSTUP}`);
  }
}
