// Clients that are generated from openapi.json compile, and call every JSON operation of the running Worker. The test
// fails for a new operation that no client calls.
import assert from "node:assert/strict";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, describe, it } from "node:test";
import { openapiTools } from "../../../tools/setup/openapi.mjs";
import { inRoot, toolEnv } from "../../../tools/setup/project.mjs";
import { schemathesis } from "../../../tools/setup/python.mjs";
import { must } from "../support/programs/program.mjs";
import { startReceiver } from "../support/servers/receiver.mjs";
import { startSource } from "../support/servers/source.mjs";
import { stopAll } from "../support/stop.mjs";
import { lacking } from "../support/programs/tools.mjs";
import { startUpstream } from "../support/servers/upstream.mjs";
import { API_TOKEN, HOOK_TOKEN, startVault } from "../support/vault.mjs";

const DESCRIPTION = inRoot("openapi.json");
const CALLS = inRoot("tests", "openapi");
/** The target of these calls has its own methods. */
const REFUSED = { falProxyPatch: 405, falProxyDelete: 405, falProxyTicketPatch: 405, falProxyTicketDelete: 405 };

/** Tells whether an operation succeeds with JSON, or without a body. */
const isJson = ({ responses }, components) => Object.entries(responses).some(([status, response]) => {
  const { content } = response.$ref ? components.responses[response.$ref.split("/").at(-1)] : response;
  return status === "204" || (status.startsWith("2") && content && "application/json" in content);
});

describe("clients that are generated", () => {
  let source, receiver, upstream, vault, folder, wanted;
  before(async () => {
    await openapiTools.ensure();
    // The folder is beside the packages that it needs.
    folder = await mkdtemp(join(openapiTools.folder, "client-"));
    [source, receiver, upstream] = [await startSource(), await startReceiver(), await startUpstream({ knobs: { size: 100 } })];
    vault = await startVault({ sources: `${source.url},${upstream.sources},${receiver.url}`, vars: upstream.vars });
    // There are cancelled jobs, and one that the upstream does not know.
    vault.leaveWork();
    const { paths, components } = JSON.parse(await readFile(DESCRIPTION, "utf8"));
    const all = Object.values(paths).flatMap((path) => Object.values(path));
    wanted = all.filter((operation) => isJson(operation, components)).map(({ operationId }) => operationId).sort();
  });
  after(async () => {
    await stopAll(vault, source, receiver, upstream);
    await rm(folder, { recursive: true });
  });

  /** Returns a client's input; no two clients share anything. */
  async function given(name) {
    const unmatched = [];
    for (const eventType of ["acquired", "failed"]) unmatched.push((await vault.deliver({ eventType, of: name })).unmatched);
    return { url: vault.url, token: API_TOKEN, hookToken: HOOK_TOKEN, name, unmatched, webhook: `${receiver.url}/hooks`,
      file: source.put(`/${name}-1_0_clip.mp4`) };
  }

  function check(called) {
    assert.deepEqual(called.map(({ operation }) => operation).sort(), wanted);
    for (const { operation, status } of called) {
      const shown = `${operation}: ${status}`;
      if (REFUSED[operation]) assert.equal(status, REFUSED[operation], shown);
      else assert.ok(status >= 200 && status < 300, shown);
    }
  }

  it("in TypeScript", async () => {
    const schema = join(folder, "schema.ts");
    const env = toolEnv();
    await must(openapiTools.program("openapi-typescript"), [DESCRIPTION, "--output", schema], { env });
    await copyFile(join(CALLS, "calls.ts"), join(folder, "calls.ts"));
    const strict = ["--noEmit", "--strict", "--noUncheckedIndexedAccess", "--allowImportingTsExtensions", "--module", "nodenext",
      "--target", "es2023", "--lib", "es2023,dom,dom.iterable"];
    await must(openapiTools.program("tsc"), [...strict, join(folder, "calls.ts")], { env, cwd: folder });
    const { callAll } = await import(pathToFileURL(join(folder, "calls.ts")));
    check(await callAll(await given("ts")));
  });

  it("in Python", { skip: lacking("python3 with venv") }, async () => {
    await schemathesis.ensure();
    // It calls ruff, which is in the same folder.
    const env = { ...process.env, PATH: `${schemathesis.folder}/bin:${process.env.PATH}`, PYTHONPATH: folder };
    const { stderr: told } = await must(schemathesis.program("openapi-python-client"),
      ["generate", "--path", DESCRIPTION, "--meta", "none", "--output-path", join(folder, "vault_client")], { env, cwd: folder });
    // It skips files of any type, and the import of many lines.
    const omitted = [...told.matchAll(/^WARNING parsing (.*?) within|Unsupported content.type (\S+?)\)?(,|$)/gm)];
    assert.deepEqual([...new Set(omitted.map(([, operation, type]) => operation ?? type))].sort(),
      ["*/*", "GET /files/{id}/{nonce}/{file}", "POST /jobs", "application/x-ndjson"], told);
    await must(schemathesis.program("python"), ["-m", "compileall", "-q", "vault_client"], { env, cwd: folder });
    const calls = await must(schemathesis.program("python"), [join(CALLS, "calls.py")], { env, input: JSON.stringify(await given("py")) });
    check(calls.stdout.trim().split("\n").map((line) => JSON.parse(line)));
  });
});
