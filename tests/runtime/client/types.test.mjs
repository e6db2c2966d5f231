// The client's types: those of the API are generated, and a strict program compiles with them, then runs.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { TYPES, writeTypes } from "../../../tools/client/types.mjs";
import { openapiTools } from "../../../tools/setup/openapi.mjs";
import { inRoot, toolEnv } from "../../../tools/setup/project.mjs";
import { must } from "../support/programs/program.mjs";
import { startUpstream } from "../support/servers/upstream.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, startVault } from "../support/vault.mjs";

const PROGRAM = inRoot("tests", "runtime", "client", "program.ts");
const STRICT = ["--noEmit", "--strict", "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes", "--module", "nodenext",
  "--target", "es2023", "--lib", "es2023,dom,dom.iterable,esnext.disposable"];

let upstream, vault;
before(async () => {
  await openapiTools.ensure();
  upstream = await startUpstream({ knobs: { size: 2_000 } });
  vault = await startVault({ sources: upstream.sources, vars: upstream.vars });
});
after(() => stopAll(vault, upstream));

test("client/api.d.ts is what `npm run client` writes", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hookvault-types-"));
  await writeTypes(join(folder, "api.d.ts"));
  const [written, wanted] = await Promise.all([TYPES, join(folder, "api.d.ts")].map((path) => readFile(path, "utf8")));
  await rm(folder, { recursive: true });
  assert.ok(written === wanted, "run `npm run client`");
});

test("a strict program compiles, and runs", async () => {
  await must(openapiTools.program("tsc"), [...STRICT, PROGRAM], { env: toolEnv(), cwd: inRoot() });
  const { play } = await import(PROGRAM);
  assert.deepEqual(await play(vault.url, API_TOKEN), { status: "completed", bytes: 2_000, code: "no-such-job" });
});

test("what the types do not have is an error", async () => {
  const wrong = inRoot("tests", "runtime", "client", "wrong.ts");
  const { stdout } = await must("sh", ["-c", `"$0" "$@" || true`, openapiTools.program("tsc"), ...STRICT, wrong],
    { env: toolEnv(), cwd: inRoot() });
  const lines = [...stdout.matchAll(/wrong\.ts\((\d+),/g)].map(([, line]) => Number(line));
  const text = (await readFile(wrong, "utf8")).split("\n");
  const wanted = text.flatMap((line, n) => (line.includes("// wrong") ? [n + 1] : []));
  assert.ok(wanted.length >= 5);
  assert.deepEqual([...new Set(lines)], wanted, stdout);
});
