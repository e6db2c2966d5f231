// The steps of the release's workflow, with a repository on this machine instead of GitHub's and a stand-in for `gh`.
// `check` is not run here: it runs all tests.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { pushFolder } from "../../../tools/release/branch.mjs";
import { filesIn, FOLDER } from "../../../tools/release/folder.mjs";
import { usePublished } from "../../../tools/release/published.mjs";
import { STEPS } from "../../../tools/release/steps.mjs";
import { inRoot } from "../../../tools/setup/project.mjs";
import { run } from "../support/run.mjs";

const { version } = JSON.parse(readFileSync(inRoot("package.json"), "utf8"));
const [archive, tarball] = ["tar.gz", "tgz"].map((ending) => inRoot("dist", `hookvault-${version}.${ending}`));
const TAGGED = { GITHUB_REF_NAME: `v${version}`, GITHUB_REPOSITORY: "somebody/hookvault" };
const GH = `#!/bin/sh
printf '%s\\n' "$@" > "$(dirname "$0")/called"
`;

describe("the workflow", () => {
  let dir;
  before(() => (dir = mkdtempSync(join(tmpdir(), "hookvault-steps-"))));
  after(() => rmSync(dir, { recursive: true }));

  const step = (name, env = {}) => run("tools/release/steps.mjs", [name], { ...TAGGED, ...env });

  it("runs all steps of the script, in their order, and nothing else", () => {
    const text = readFileSync(inRoot(".github/workflows/release.yml"), "utf8");
    const runs = [...text.matchAll(/^ +(?:- )?run: (.+)$/gm)].map(([, command]) => command);
    assert.deepEqual(runs, Object.keys(STEPS).map((name) => `node tools/release/steps.mjs ${name}`));
    const used = [...text.matchAll(/uses: (\S+) # v\d/g)].map(([, action]) => action);
    assert.equal(used.length, [...text.matchAll(/uses:/g)].length);
    for (const action of used) assert.match(action, /^actions\/[\w-]+@[0-9a-f]{40}$/);
  });

  it("makes the folder, and packs it the same way each time", async () => {
    const digests = [];
    for (let n = 0; n < 2; n += 1) {
      for (const name of ["folder", "archive"]) {
        const { code, text } = await step(name);
        assert.equal(code, 0, text);
      }
      digests.push(createHash("sha256").update(readFileSync(archive)).digest("hex"));
    }
    assert.equal(digests[0], digests[1]);
    assert.equal(readFileSync(`${archive}.sha256`, "utf8"), `${digests[0]}  hookvault-${version}.tar.gz\n`);
    execFileSync("tar", ["-xzf", archive, "-C", dir]);
    const unpacked = join(dir, `hookvault-${version}`);
    assert.deepEqual(filesIn(unpacked), filesIn(FOLDER));
    for (const name of filesIn(FOLDER)) assert.deepEqual(readFileSync(join(unpacked, name)), readFileSync(join(FOLDER, name)), name);
    assert.match(readFileSync(join(FOLDER, "README.md"), "utf8"), /somebody\/hookvault\/tree\/release/);
  });

  it("makes the package, with its digest", async () => {
    const { code, text } = await step("package");
    assert.equal(code, 0, text);
    const digest = createHash("sha256").update(readFileSync(tarball)).digest("hex");
    assert.equal(readFileSync(`${tarball}.sha256`, "utf8"), `${digest}  hookvault-${version}.tgz\n`);
    const list = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).split("\n");
    for (const name of ["cli/hookvault.mjs", "build/index_bg.wasm"]) assert.ok(list.includes(`package/${name}`), name);
  });

  it("attaches both to the tag's release", async () => {
    const bin = join(dir, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "gh"), GH, { mode: 0o755 });
    const { code, text } = await step("attach", { PATH: `${bin}${delimiter}${process.env.PATH}` });
    assert.equal(code, 0, text);
    const files = [archive, tarball].flatMap((path) => [path, `${path}.sha256`]);
    assert.deepEqual(readFileSync(join(bin, "called"), "utf8").split("\n").slice(0, 8), ["release", "create", `v${version}`, ...files, "--verify-tag"]);
  });

  it("refuses a tag of another version before anything is done, and a step that does not exist", async () => {
    for (const name of ["check", "attach"]) {
      const { code, text } = await step(name, { GITHUB_REF_NAME: "v9.9.9" });
      assert.equal(code, 1);
      assert.match(text, new RegExp(`The tag is v9\\.9\\.9, but package\\.json has the version ${version}: tag it v${version}\\.`));
    }
    const { code, text } = await run("tools/release/steps.mjs", ["toString"]);
    assert.equal(code, 1);
    assert.match(text, /One step of: check, folder, archive, package, branch, attach/);
  });
});

describe("the pages of a published package", () => {
  it("run it by its name and version, and no longer say why not", () => {
    const root = mkdtempSync(join(tmpdir(), "hookvault-pages-"));
    mkdirSync(join(root, "docs"));
    const write = (page, text) => writeFileSync(join(root, page), text);
    const read = (page) => readFileSync(join(root, page), "utf8");
    write("README.md", "npx ./hookvault-0.1.0.tgz start\n");
    write("docs/cli.md", "One.\n\n<!-- until published -->\nIt is not.\n<!-- /until published -->\n\nTwo: `npx ./hookvault-0.1.0.tgz tail`\n");
    write("docs/api.md", "npx wrangler dev\n");
    write("docs/client.md", "npx hookvault@0.0.9 start\n");
    assert.deepEqual(usePublished(root, "0.1.0").sort(), ["README.md", "docs/cli.md", "docs/client.md"]);
    for (const page of ["README.md", "docs/client.md"]) assert.equal(read(page), "npx hookvault@0.1.0 start\n");
    assert.equal(read("docs/cli.md"), "One.\n\nTwo: `npx hookvault@0.1.0 tail`\n");
    assert.equal(read("docs/api.md"), "npx wrangler dev\n");
    assert.deepEqual(usePublished(root, "0.1.0"), []);
    rmSync(root, { recursive: true });
  });

  it("need no other change", () => {
    const root = mkdtempSync(join(tmpdir(), "hookvault-pages-"));
    for (const page of ["README.md", "docs"]) cpSync(inRoot(page), join(root, page), { recursive: true });
    usePublished(root, version);
    for (const page of ["README.md", "docs/cli.md"]) assert.doesNotMatch(readFileSync(join(root, page), "utf8"), /\.tgz|not published/i, page);
    rmSync(root, { recursive: true });
  });
});

describe("the branch", () => {
  let dir, origin, clone;
  const git = (cwd, ...args) => execFileSync("git", args, { cwd, encoding: "utf8" }).trim();
  before(() => {
    dir = mkdtempSync(join(tmpdir(), "hookvault-origin-"));
    [origin, clone] = [join(dir, "origin.git"), join(dir, "clone")];
    git(dir, "init", "--quiet", "--bare", origin);
    git(dir, "init", "--quiet", clone);
    git(clone, "remote", "add", "origin", origin);
    writeFileSync(join(clone, ".gitignore"), "build/\n");
    writeFileSync(join(clone, "source.rs"), "// Of the source.\n");
  });
  after(() => rmSync(dir, { recursive: true }));

  const folder = (files) => {
    const made = mkdtempSync(join(dir, "folder-"));
    mkdirSync(join(made, "build"));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(made, name), text);
    return made;
  };
  const push = (files, message) => pushFolder({ repository: clone, folder: folder(files), message });
  const log = () => git(origin, "log", "--format=%s %an", "release").split("\n");

  it("has exactly the folder's files, ignored ones too, one commit a release", () => {
    assert.match(push({ "build/index.js": "1", "README.md": "1" }, "release: v1"), /^Pushed [0-9a-f]{40} to the branch release\.$/);
    assert.deepEqual(git(origin, "ls-tree", "-r", "--name-only", "release").split("\n"), ["README.md", "build/index.js"]);
    push({ "build/index.js": "2" }, "release: v2");
    assert.deepEqual(log(), ["release: v2 github-actions[bot]", "release: v1 github-actions[bot]"]);
    assert.deepEqual(git(origin, "ls-tree", "-r", "--name-only", "release").split("\n"), ["build/index.js"]);
  });

  it("stays as it is if nothing changed, and the checkout is not touched", () => {
    assert.equal(push({ "build/index.js": "2" }, "release: v2"), "The branch release has these files already.");
    assert.equal(log().length, 2);
    assert.equal(git(clone, "status", "--porcelain"), "?? .gitignore\n?? source.rs");
  });
});
