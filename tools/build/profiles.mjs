// The two builds of the Worker. Each has its own folder, so that one is never mistaken for the other.
import { join } from "node:path";
import { inRoot } from "../setup/project.mjs";

const TARGET = process.env.CARGO_TARGET_DIR ?? inRoot("target");

function profile(name, { folder, isSmall, duration }) {
  const compiled = join(TARGET, "wasm32-unknown-unknown", name, "hookvault");
  return {
    /** The profile's name in Cargo.toml. */
    name,
    folder,
    /** Whether making it small is worth a minute. */
    isSmall,
    /** How long the first build takes, in words. */
    duration,
    /** What cargo compiles, and its list of the sources. */
    compiled: `${compiled}.wasm`,
    sources: `${compiled}.d`,
    /** The Worker: its entry, and the module that the entry imports. */
    script: join(folder, "index.js"),
    wasm: join(folder, "index_bg.wasm"),
  };
}

/** The build that is deployed, tested and measured. */
export const RELEASE = profile("release", { folder: inRoot("build"), isSmall: true, duration: "a few minutes" });

/** The build that `npm start` runs: the same code, rebuilt in seconds when a source changes. */
export const QUICK = profile("quick", { folder: inRoot("build", "quick"), isSmall: false, duration: "about 2 min" });
