// A deployment in short: the former release beside this one. `npm run upgrade -- COMMIT` builds that one, and plays all
// pairings.
import { describe, test } from "node:test";
import { CURRENT, FORMER, PAIRINGS } from "../../../tools/upgrade/beside.mjs";
import { isBuilt } from "../../../tools/upgrade/build.mjs";
import { playKill, playPairing } from "../../../tools/upgrade/deployment.mjs";
import { COMMIT } from "../support/vaults/former.mjs";

const skip = isBuilt(COMMIT) ? false : `${COMMIT} is not built here: npm run upgrade -- ${COMMIT}`;

describe("deployed over a former release, nothing is lost", { skip }, () => {
  test("new Worker, old objects", () => playPairing(COMMIT, { ...FORMER, Worker: "current" }));
  test("old Worker, new objects", () => playPairing(COMMIT, { ...CURRENT, Worker: "former" }));
  test("each object by chance", () => playPairing(COMMIT, PAIRINGS.at(-1)));
  test("killed amid deliveries", () => playKill(COMMIT));
});
