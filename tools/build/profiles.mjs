// The two builds of the Worker, each in a folder of its own, so that none is taken for the other.
import { join } from "node:path";
import { inRoot } from "../setup/project.mjs";

const TARGET = process.env.CARGO_TARGET_DIR ?? inRoot("target");

function profile(name, { folder, isSmall, duration }) {
  const compiled = join(TARGET, "wasm32-unknown-unknown", name, "hookvault");
  return {
    /** As Cargo.toml calls it. */
    name,
    folder,
    /** Whether it is worth a minute to make it small. */
    isSmall,
    /** How long it takes the first time, in words. */
    duration,
    /** What cargo makes, and the list of what it made that of. */
    compiled: `${compiled}.wasm`,
    sources: `${compiled}.d`,
    /** The Worker: its entry, and what the entry imports. */
    script: join(folder, "index.js"),
    wasm: join(folder, "index_bg.wasm"),
  };
}

/** What is deployed, tested and measured. */
export const RELEASE = profile("release", { folder: inRoot("build"), isSmall: true, duration: "a few minutes" });

/** What `npm start` runs: the same code, made again in seconds when a source changes. */
export const QUICK = profile("quick", { folder: inRoot("build", "quick"), isSmall: false, duration: "about 2 min" });
