// `node tools/release/published.mjs`, once the package is at npm: the pages then run it by its name and version.
//
// Until then they run the file, because anybody could take the name.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inRoot, ROOT } from "../setup/project.mjs";
import { Failure, isMain, main } from "../setup/run.mjs";

/** Paragraphs that are true only until then. */
const UNTIL = /<!-- until published -->\n.*?<!-- \/until published -->\n\n?/gs;
/** How the pages run the package: the file, or an earlier version. */
const RUN = /npx (?:\.\/hookvault-\d+\.\d+\.\d+\.tgz|hookvault@\d+\.\d+\.\d+)/g;

/** Rewrites the pages in this folder, and returns the names of those that changed. */
export function usePublished(root, version) {
  const pages = ["README.md", ...readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md")).map((name) => join("docs", name))];
  return pages.filter((page) => {
    const text = readFileSync(join(root, page), "utf8");
    const next = text.replaceAll(UNTIL, "").replaceAll(RUN, `npx hookvault@${version}`);
    if (next !== text) writeFileSync(join(root, page), next);
    return next !== text;
  });
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const { version } = JSON.parse(readFileSync(inRoot("package.json"), "utf8"));
    const changed = usePublished(ROOT, version);
    if (changed.length === 0) throw new Failure(`All pages run hookvault@${version} already.`);
    console.log(`Changed: ${changed.join(", ")}. Look at the difference, and commit it.`);
  });
}
