// A listing of the bucket that fails: because of the caller's cursor, which R2 refuses, or for a reason that is not the
// caller's fault.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { problem } from "../support/answers.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, startVault } from "../support/vault.mjs";
import { withEntry } from "../support/vaults/entry.mjs";
import { eventually } from "../support/wait.mjs";


/** The end of R2's error texts: https://developers.cloudflare.com/r2/api/error-codes/. */
const FAILURES = [
  "list: We encountered an internal error. Please try again. (10001)",
  "list: Access Denied (10003)",
  "list: The specified bucket does not exist. (10006)",
  "list: Service temporarily unavailable (10043)",
  "list: Please reduce your concurrent request rate for this object. (10058)",
  "list: Unspecified error (0)",
  "Network connection lost.",
  "The cursor can't be read",
];
/** No documentation names the code for a refused cursor. */
const REFUSALS = ["list: The cursor is invalid. (10029)", "list: The specified object name is not valid. (10020)"];

describe("a listing of the bucket that fails", () => {
  let vault;
  before(async () => {
    vault = await startVault({ change: withEntry("listing") });
    vault.expectErrors(/^listing /);
  });
  after(() => stopAll(vault));

  const headers = { authorization: `Bearer ${API_TOKEN}` };
  const routes = {
    "GET /unmatched": (cursor) => vault.get(`/unmatched?cursor=${cursor}`),
    "POST /restore": (cursor) => vault.post(`/restore?cursor=${cursor}`, "", headers),
  };
  for (const [route, ask] of Object.entries(routes)) {
    const failing = (message) => ask(encodeURIComponent(`fail: ${message}`));

    for (const message of FAILURES) {
      test(`${route}: ${message}`, async () => {
        const response = await failing(message);
        assert.equal(response.headers.get("retry-after"), "5");
        assert.doesNotMatch(await problem(response, 503), /cursor/);
        const isLogged = ({ level, message: line }) => level === "error" && line.includes(message);
        await eventually("the log has it", async () => vault.logs.some(isLogged) || undefined);
      });
    }

    for (const message of REFUSALS) {
      test(`${route}: ${message}`, async () =>
        assert.match(await problem(await failing(message), 400), /cursor/));
    }
  }
});
