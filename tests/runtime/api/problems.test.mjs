// Each code of a problem comes from a running vault, and the API's description shows it as it came. `WRITE_EXAMPLES=1`
// rewrites them.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { described, DESCRIPTION } from "../../../tools/test/examples.mjs";
import { without } from "../support/vaults/bindings.mjs";
import { playRefusals, VARS } from "../support/api/refusals.mjs";
import { startSource } from "../support/servers/source.mjs";
import { stopAll } from "../support/stop.mjs";
import { startUpstream } from "../support/servers/upstream.mjs";
import { startVault } from "../support/vault.mjs";

describe("problems", () => {
  const text = () => readFileSync(DESCRIPTION, "utf8");
  let source, bare, vault, steps;
  before(async () => {
    source = await startSource();
    const upstream = await startUpstream({ knobs: { size: 100 } });
    vault = await startVault({ sources: `${source.url},${upstream.sources}`, vars: { ...upstream.vars, ...VARS } });
    const noAssets = ({ assets: _, ...options }) => without("FILES")(options);
    bare = await startVault({ vars: { HOOK_TOKEN: null }, change: noAssets });
    vault.leaveWork();
    bare.expectErrors(/FILES/);
    steps = await playRefusals({ vault, bare, source, upstream });
    if (process.env.WRITE_EXAMPLES) writeFileSync(DESCRIPTION, described(text(), steps));
  });
  after(() => stopAll(vault, bare, source));

  it("have the expected code, and the upstreams' form on the gateway", () => {
    for (const { operation, code, status, type, text: body } of steps.filter(({ code }) => code)) {
      const { detail, message, ...told } = JSON.parse(body);
      const shown = `${operation} ${code}: ${status} ${body}`;
      if (/^falProxy/.test(operation) && [400, 401].includes(status)) {
        assert.equal(JSON.parse(body), status === 400 ? "Invalid request" : "Unauthorized");
      } else if (type === "application/json") {
        assert.deepEqual([told, message], [{ code }, detail], shown);
      } else {
        const { title, error, ...rest } = told;
        assert.deepEqual([type, rest], ["application/problem+json", { type: "about:blank", status, code }], shown);
        assert.ok(title && detail, shown);
      }
    }
  });

  it("include every code in the description", () => {
    const { ProblemCode } = JSON.parse(text()).components.schemas;
    // The scenario of the examples plays the other code.
    const played = new Set([...steps.map(({ code }) => code), "job-ended"]);
    assert.deepEqual(ProblemCode.enum.filter((code) => !played.has(code)), []);
  });

  it("are described as they are", () => assert.equal(text(), described(text(), steps)));
});
