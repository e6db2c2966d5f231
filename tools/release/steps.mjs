// The steps of `.github/workflows/release.yml`, in their order: `node tools/release/steps.mjs check`, and so on.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { inRoot, ROOT } from "../setup/project.mjs";
import { Failure, isMain, main, must } from "../setup/run.mjs";
import { pushFolder } from "./branch.mjs";
import { FOLDER } from "./folder.mjs";

const { version } = JSON.parse(readFileSync(inRoot("package.json"), "utf8"));
const TAG = `v${version}`;
/** The folder that deploys without Rust, and the package for npm. */
const [ARCHIVE, PACKAGE] = ["tar.gz", "tgz"].map((ending) => inRoot("dist", `hookvault-${version}.${ending}`));
/** The same files make the same archive, on any machine and at any time. */
const SAME = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];

export const STEPS = {
  /** Checks everything, as `.ci/run` does from a clean clone. */
  async check() {
    checkTag(process.env.GITHUB_REF_NAME);
    await must(inRoot(".ci", "run"), []);
  },
  /** Makes the folder that deploys without Rust. */
  folder: () => must(process.execPath, [inRoot("tools", "release", "main.mjs")]),
  /** Packs the folder, and writes the archive's digest beside it. */
  async archive() {
    await must("tar", [...SAME, `--transform=s,^release,hookvault-${version},`, "-czf", ARCHIVE, "-C", inRoot("dist"), "release"]);
    writeSum(ARCHIVE);
  },
  /** Makes the package for npm, and writes its digest beside it. */
  async package() {
    await must("npm", ["pack", "--pack-destination", inRoot("dist")]);
    writeSum(PACKAGE);
  },
  /** Pushes the folder to the branch at which the button points. */
  branch() {
    console.log(pushFolder({ repository: ROOT, folder: FOLDER, message: `release: ${TAG}` }));
  },
  /** Attaches both to the release of this tag. */
  async attach() {
    checkTag(process.env.GITHUB_REF_NAME);
    const notes = `A built hookvault: ${basename(PACKAGE)} for \`npx\`, ${basename(ARCHIVE)} to deploy it by wrangler alone. What changed: CHANGELOG.md.`;
    const files = [ARCHIVE, PACKAGE].flatMap((path) => [path, sumOf(path)]);
    await must("gh", ["release", "create", TAG, ...files, "--verify-tag", "--title", `hookvault ${version}`, "--notes", notes]);
  },
};

const sumOf = (path) => `${path}.sha256`;

function writeSum(path) {
  const digest = createHash("sha256").update(readFileSync(path)).digest("hex");
  writeFileSync(sumOf(path), `${digest}  ${basename(path)}\n`);
}

function checkTag(tag) {
  if (tag !== TAG) throw new Failure(`The tag is ${tag ?? "missing"}, but package.json has the version ${version}: tag it ${TAG}.`);
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const [name, ...more] = process.argv.slice(2);
    if (!Object.hasOwn(STEPS, name ?? "") || more.length > 0) throw new Failure(`One step of: ${Object.keys(STEPS).join(", ")}`);
    await STEPS[name]();
  });
}
