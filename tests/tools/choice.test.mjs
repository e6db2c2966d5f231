// Which files the test commands run, and which folders they are in.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, test } from "node:test";
import { QUICK, selected } from "../../tools/test/choice.mjs";
import { inRoot } from "../../tools/setup/project.mjs";

const PATHS = ["tests/runtime/gateway/routes.test.mjs", "tests/runtime/gateway/fal-proxy/keys.test.mjs",
  "tests/runtime/api/openapi.test.mjs", "tests/runtime/api/openapi-clients.test.mjs", "tests/runtime/serve/files.test.mjs",
  "tests/runtime/archive/large-files.test.mjs", "tests/tools/files.test.mjs"];

describe("the files of a word", () => {
  const table = {
    "a wing": [["gateway"], [0, 1]],
    "a wing within a wing": [["fal-proxy"], [1]],
    "a file's name, wherever it stands": [["files"], [4, 6]],
    "a file of one wing": [["serve/files"], [4]],
    "a whole path": [["tests/runtime/api/openapi.test.mjs"], [2]],
    "a file's name that others begin with": [["openapi"], [2]],
    "a part of a name, where none is called that": [["open"], [2, 3]],
    "several words": [["fal-proxy", "serve"], [1, 4]],
    "no word": [[], [0, 1, 2, 3, 4, 5, 6]],
    "a word that nothing holds": [["nothing"], []],
  };
  for (const [name, [words, wanted]] of Object.entries(table)) {
    test(name, () => assert.deepEqual(selected(PATHS, words), wanted.map((n) => PATHS[n])));
  }
});

test("each of the quick files exists", () => {
  assert.deepEqual(QUICK.filter((path) => !existsSync(inRoot(path))), []);
});

/** Returns the paths of the source files below a folder. */
const sources = (top) => readdirSync(inRoot(top), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  .filter((path) => /\.(mjs|rs)$/.test(path) && !/\/(node_modules|target)\//.test(path));

test("the folders of tests and tools have at most 16 files", () => {
  const counts = {};
  for (const path of ["tests", "tools"].flatMap(sources)) counts[dirname(path)] = (counts[dirname(path)] ?? 0) + 1;
  assert.deepEqual(Object.entries(counts).filter(([, count]) => count > 16), []);
});

// Cargo silently leaves out a file that no module names.
test("each test in Rust is part of a program", () => {
  const files = sources("tests").filter((path) => path.endsWith(".rs"));
  const modules = files.map((path) => readFileSync(path, "utf8")).join("\n");
  const isNamed = (path) => {
    const name = basename(path) === "mod.rs" ? basename(dirname(path)) : basename(path, ".rs");
    return ["host", "linear"].includes(name) || new RegExp(`^mod ${name};|^pub mod ${name};`, "m").test(modules);
  };
  assert.deepEqual(files.filter((path) => !isNamed(path)), []);
});
