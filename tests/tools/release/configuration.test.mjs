// wrangler.toml as the pinned wrangler reads it: no warning, and what a deployment must never switch on.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { unstable_readConfig as readConfig } from "wrangler";
import { inRoot, ROOT } from "../../../tools/setup/project.mjs";
import { dryRun } from "../support/wrangler.mjs";

describe("wrangler.toml", () => {
  it("is bundled without a warning", async (context) => {
    const out = mkdtempSync(join(tmpdir(), "hookvault-bundle-"));
    context.after(() => rmSync(out, { recursive: true }));
    const { code, text } = await dryRun(ROOT, { args: ["--outdir", out] });
    assert.equal(code, 0, text);
    assert.match(text, /--dry-run: exiting now\./);
    assert.doesNotMatch(text, /warn|deprecated|unexpected/i);
  });

  it("names the schema of the pinned wrangler, for editors", () => {
    const [, path] = /^#:schema (\S+)$/m.exec(readFileSync(inRoot("wrangler.toml"), "utf8"));
    const { properties } = JSON.parse(readFileSync(inRoot(path), "utf8")).definitions.RawConfig;
    for (const key of ["workers_dev", "preview_urls", "observability"]) assert.ok(properties[key], key);
  });

  it("keeps stored links, old versions and the hook token as the pages promise", () => {
    const { workers_dev: isNamed, preview_urls: shows, observability } = readConfig({ config: inRoot("wrangler.toml") });
    assert.deepEqual({ isNamed, shows }, { isNamed: true, shows: false });
    assert.deepEqual(observability, { enabled: true, logs: { invocation_logs: false }, traces: { enabled: false } });
  });
});
