// Everything that the Markdown names exists: links and anchors, paths, npm commands and their flags, variables, routes.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../../../tools/setup/project.mjs";
import { mistakes, project } from "../support/docs.mjs";

const world = project();

for (const [page, text] of world.pages) {
  test(`${page} names only what exists`, () => assert.deepEqual(mistakes(page, text, world), []));
}

test("a wrong link, path, command, flag, variable or route is found", () => {
  const wrong = {
    "[a](docs/no-such-page.md)": "leads to no file",
    "[a](#no-such-heading)": "leads to no heading",
    "[a](docs/errors.md#no-such-heading)": "leads to no heading",
    '<img src="docs/no-such.png">': "leads to no file",
    "`src/domain/no_such.rs`": "there is no src/domain/no_such.rs",
    "`archive/{copy,no_such}.rs`": "there is no archive/no_such.rs",
    "`npm run nothing`": "package.json has no script nothing",
    "`npm run bench -- --nothing`": "npm run bench knows no --nothing",
    "```sh\nnpm run nothing\n```": "package.json has no script nothing",
    "`MAX_NOTHING_BYTES`": "no source knows MAX_NOTHING_BYTES",
    "`GET /nothing`": "the API has no GET /nothing",
  };
  for (const [text, why] of Object.entries(wrong)) {
    const [found, ...more] = mistakes("README.md", text, world);
    assert.ok(found?.includes(why) && more.length === 0, `${text}: ${found}`);
  }
  const right = "# A heading\n[a](docs/errors.md#errors) [b](#a-heading) `keys.rs` `.ci/run` `npm run bench -- --quick` `HOOK_TOKEN` `GET /jobs/437852?wait=30`";
  assert.deepEqual(mistakes("README.md", right, world), []);
});

test("the pages are as short as promised, and say who should read them", () => {
  const most = { "README.md": 240, "CONTRIBUTING.md": 120, "ARCHITECTURE.md": 130 };
  const lines = (page) => world.pages.get(page).trimEnd().split("\n").length;
  assert.deepEqual(Object.keys(most).filter((page) => lines(page) > most[page]), []);
  const pages = [...world.pages].filter(([page]) => page.startsWith("docs/") || page === "SECURITY.md");
  const silent = pages.filter(([, text]) => !/^# .+\n\nFor /.test(text)).map(([page]) => page);
  assert.deepEqual(silent, []);
});

test("the texts and the table have the same costs", () => {
  const [, total] = /\| \*\*in all\*\* .*\*\*\$([\d,.]+)\*\* \|$/m.exec(world.pages.get("docs/cost.md"));
  const dollars = `$${Math.round(Number(total.replaceAll(",", ""))).toLocaleString("en")}`;
  for (const page of ["README.md", "docs/cost.md"]) assert.ok(world.pages.get(page).includes(`about ${dollars}`), `${page}: ${dollars}`);
});

test("the pages that the code names exist", () => {
  const named = world.files.filter((path) => /^(src|dashboard|tools|tests)\/.*\.(rs|mjs|jsx?|ts|html)$|^openapi\.json$/.test(path))
    .filter((path) => path !== "tests/tools/pages/docs.test.mjs")
    .flatMap((path) => [...readFileSync(join(ROOT, path), "utf8").matchAll(/\bdocs\/[\w-]+\.md\b|\b(?:README|CONTRIBUTING|ARCHITECTURE|SECURITY|CHANGELOG)\.md\b/g)]
      .map(([page]) => [path, page]));
  assert.ok(named.length > 3);
  assert.deepEqual(named.filter(([, page]) => !world.pages.has(page)), []);
});
