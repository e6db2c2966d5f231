// Which files `npm test -- word` runs.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
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

test("each of the quick files is there", () => {
  assert.deepEqual(QUICK.filter((path) => !existsSync(inRoot(path))), []);
});
