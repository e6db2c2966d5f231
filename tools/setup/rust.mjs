// Installs the pinned Rust toolchain and its wasm target.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { checkRustup } from "./prerequisites.mjs";
import { ROOT, toolchain } from "./project.mjs";
import { step } from "./run.mjs";

export const rustToolchain = {
  ready() {
    const root = sysroot();
    const libraries = (target) => join(root, "lib", "rustlib", target, "lib");
    return root !== "" && toolchain().targets.every((target) => existsSync(libraries(target)));
  },

  async install() {
    checkRustup();
    if (sysroot() === "") await installToolchain();
    const targets = toolchain().targets;
    await step(`Adding Rust for ${targets} (about 10 s)`, "rustup", ["target", "add", ...targets]);
  },
};

// Turns off rustup's automatic installation, which would run here for a minute and print nothing.
function sysroot() {
  const env = { ...process.env, RUSTUP_AUTO_INSTALL: "0" };
  const rustc = spawnSync("rustc", ["--print", "sysroot"], { cwd: ROOT, env, encoding: "utf8" });
  return rustc.status === 0 ? rustc.stdout.trim() : "";
}

async function installToolchain() {
  const { channel, components, targets } = toolchain();
  const flags = [
    ...components.flatMap((name) => ["--component", name]),
    ...targets.flatMap((name) => ["--target", name]),
  ];
  const args = ["toolchain", "install", channel, "--profile", "minimal", ...flags];
  await step(`Installing Rust ${channel} (about 1 min)`, "rustup", args);
}
