// The files in .github: GitHub ignores a form or a workflow that it can't read, and says so nowhere near.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { before, describe, it } from "node:test";
import { inRoot } from "../../../tools/setup/project.mjs";
import { pythonTool, schemathesis } from "../../../tools/setup/python.mjs";
import { lacking } from "../../runtime/support/programs/tools.mjs";

// YAML 1.1 reads the key `on` as true.
const READ = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))";
const KINDS = ["markdown", "textarea", "input", "dropdown", "checkboxes"];

describe("the files in .github", { skip: lacking("python3 with venv") }, () => {
  before(() => schemathesis.ensure());

  const read = (path) => JSON.parse(execFileSync(pythonTool("python"), ["-c", READ, inRoot(".github", path)], { encoding: "utf8" }));

  it("the issue forms have what GitHub asks of a form", () => {
    const forms = readdirSync(inRoot(".github/ISSUE_TEMPLATE")).filter((name) => name !== "config.yml");
    assert.deepEqual(forms.sort(), ["bug.yml", "idea.yml"]);
    for (const form of forms) {
      const { name, description, body } = read(`ISSUE_TEMPLATE/${form}`);
      assert.ok(name && description && body.length > 0, form);
      const ids = body.filter(({ type }) => type !== "markdown").map(({ id }) => id);
      assert.ok(ids.every((id) => /^[\w-]+$/.test(id)) && new Set(ids).size === ids.length, form);
      for (const { type, attributes } of body) assert.ok(KINDS.includes(type) && (attributes.label || attributes.value), form);
    }
    assert.equal(read("ISSUE_TEMPLATE/config.yml").blank_issues_enabled, true);
  });

  it("the workflow may write only where it publishes, and publishes only what was checked", () => {
    const { permissions, jobs, true: on } = read("workflows/release.yml");
    assert.deepEqual(on, { push: { tags: ["v*"] } });
    assert.deepEqual(permissions, { contents: "read" });
    assert.deepEqual(Object.keys(jobs), ["check", "release"]);
    assert.equal(jobs.check.permissions, undefined);
    assert.deepEqual(jobs.release.permissions, { contents: "write" });
    assert.equal(jobs.release.needs, "check");
  });
});
