// What is uploaded: all modules of the Worker, as `gzip -9` packs them.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { exactly } from "../sizes.mjs";

const CEILING = 300_000;
/** Where it stands: bytes are counted, so this needs no allowance for noise. */
const MOST = 590_000;

export const bundle = {
  turns: () => exactly(1),
  isAlone: true,
  warmUps: () => 0,
  sides: ["hookvault", "twin"],
  metrics: [
    { id: "bundle.gzip", row: "bundle", what: "bytes, gzip -9", better: "less", own: { goal: CEILING, far: MOST } },
    { id: "bundle.raw", row: "bundle", what: "bytes", better: "less" },
  ],
  async turn(context, { modules }) {
    const all = modules.map(({ path, contents }) => Buffer.from(contents ?? readFileSync(path)));
    const sum = (sizes) => sizes.reduce((total, bytes) => total + bytes, 0);
    return {
      "bundle.gzip": sum(all.map((bytes) => gzipSync(bytes, { level: 9 }).length)),
      "bundle.raw": sum(all.map(({ length }) => length)),
    };
  },
};
