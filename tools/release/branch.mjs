// Commits a folder to a branch of its own, which has only the releases.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const BRANCH = "release";
/** The user that GitHub shows for commits of a workflow. */
const USER = ["-c", "user.name=github-actions[bot]", "-c", "user.email=41898282+github-actions[bot]@users.noreply.github.com"];

/**
 * Pushes a commit with exactly this folder's files to the branch `release` of `origin`, on top of what is there. It
 * touches neither the checkout nor its index.
 *
 * @param {{ repository: string, folder: string, message: string }} options
 * @returns {string} what was done
 */
export function pushFolder({ repository, folder, message }) {
  const dir = mkdtempSync(join(tmpdir(), "hookvault-branch-"));
  const env = { ...process.env, GIT_INDEX_FILE: join(dir, "index") };
  const git = (...args) => execFileSync("git", args, { cwd: repository, env, encoding: "utf8" }).trim();
  try {
    const gitDir = git("rev-parse", "--absolute-git-dir");
    // Ignored files too: what the folder holds is wanted, whatever this machine's settings ignore.
    execFileSync("git", ["--git-dir", gitDir, "--work-tree", folder, "add", "--all", "--force", "."], { cwd: folder, env });
    const tree = git("write-tree");
    const parent = formerly(git);
    if (parent && git("rev-parse", `${parent}^{tree}`) === tree) return `The branch ${BRANCH} has these files already.`;
    const commit = git(...USER, "commit-tree", tree, "-m", message, ...(parent ? ["-p", parent] : []));
    git("push", "--quiet", "origin", `${commit}:refs/heads/${BRANCH}`);
    return `Pushed ${commit} to the branch ${BRANCH}.`;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Returns the branch's commit, or nothing before the first release. */
function formerly(git) {
  const [commit] = git("ls-remote", "origin", `refs/heads/${BRANCH}`).split("\t");
  if (commit) git("fetch", "--quiet", "--depth=1", "origin", `refs/heads/${BRANCH}`);
  return commit;
}
