// The test reporter prints each failure below the line of its file, also for a file that breaks off.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { inRoot } from "../../tools/setup/project.mjs";

const FILES = {
  "a.test.mjs": 'import "./missing.mjs";',
  "b.test.mjs": `import { test } from "node:test";
    test("is well", () => console.log("said by b"));
    test("is not", () => { throw new Error("wrong in b"); });`,
  "c.test.mjs": `import { test } from "node:test";
    test("is well", () => {});
    test("ends it all", () => process.exit(3));`,
  "d.test.mjs": 'import { test } from "node:test"; test("is well", () => {});',
};

test("each file has a line of its own, with what failed below it", (t) => {
  const dir = mkdtempSync(join(tmpdir(), "hookvault-short-"));
  t.after(() => rmSync(dir, { recursive: true }));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(dir, name), text);
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout } = spawnSync(process.execPath, ["--test", "--test-concurrency=1", `--test-reporter=${inRoot("tools/test/short.mjs")}`,
    ...Object.keys(FILES)], { cwd: dir, env, encoding: "utf8" });
  const parts = stdout.split("\nThe slowest")[0].split(/^(?=ok {4}|FAILED {2,})/m);
  const heads = parts.map((part) => /^(\w+) .*\b(\w)\.test\.mjs\n/.exec(part)?.slice(1));
  assert.deepEqual(heads, [["FAILED", "a"], ["FAILED", "b"], ["FAILED", "c"], ["ok", "d"]], stdout);
  assert.match(parts[0], /^ {2}FAILED: it broke off\n[^]*missing\.mjs/m);
  assert.match(parts[1], /^ {2}FAILED: is not\n {4}Error: wrong in b[^]*said by b/m);
  assert.match(parts[2], /^ {2}FAILED: it broke off\n/m);
});
