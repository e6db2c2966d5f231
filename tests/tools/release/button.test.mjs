// What the Deploy to Cloudflare button reads: the lines of `.dev.vars.example`, which it asks for as secrets, and the
// descriptions in package.json.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseEnv } from "node:util";
import { unstable_readConfig as readConfig } from "wrangler";
import { inRoot } from "../../../tools/setup/project.mjs";
import { DEVELOPMENT } from "../../../tools/start/vars.mjs";

const read = (path) => readFileSync(inRoot(path), "utf8");
const EXAMPLE = read(".dev.vars.example");
const { bindings: described } = JSON.parse(read("package.json")).cloudflare;

/** Returns the names of `wrangler.toml` that a Worker finds in its environment. */
function bound() {
  const config = readConfig({ config: inRoot("wrangler.toml") });
  return [
    ...config.durable_objects.bindings.map(({ name }) => name),
    ...[...config.r2_buckets, ...config.kv_namespaces].map(({ binding }) => binding),
    ...Object.keys(config.vars),
  ];
}

/** Returns the secrets of `docs/configuration.md`; those without which the Worker refuses everything come with `true`. */
const secrets = () => Object.fromEntries([...read("docs/configuration.md").matchAll(/^\| `([A-Z_]+)` \(secret\) \| ([^|]+) \|/gm)]
  .map(([, name, usual]) => [name, usual.includes("required")]));

test("the example asks for the required secrets, and for nothing else", () => {
  const required = Object.entries(secrets()).filter(([, isRequired]) => isRequired).map(([name]) => name);
  assert.deepEqual(required, ["HOOK_TOKEN", "API_TOKEN"]);
  // Some versions of Node sort the names.
  assert.deepEqual(Object.keys(parseEnv(EXAMPLE)).sort(), required.sort());
});

test("the example holds no value, no token of development and no host of this machine", () => {
  assert.deepEqual(EXAMPLE.match(/^#? ?[A-Z_]+=.+$/gm), null);
  for (const value of Object.values(DEVELOPMENT)) assert.ok(!EXAMPLE.includes(value), value);
  assert.doesNotMatch(EXAMPLE, /localhost|127\.0\.0\.1|\[?::1|http:/);
  assert.doesNotMatch(read("wrangler.toml"), /localhost|127\.0\.0\.1|dev-/);
});

test("each binding and each secret is described, and nothing else", () => {
  const wanted = [...bound(), ...Object.keys(secrets())];
  assert.ok(wanted.length >= 13, `${wanted}`);
  assert.deepEqual(Object.keys(described).sort(), wanted.sort());
  for (const [name, { description }] of Object.entries(described)) {
    assert.match(description, /^(\*\*Required\.\*\* |Optional\b|The )[^\n]+\.$/, name);
    assert.equal(/^\*\*Required/.test(description), secrets()[name] === true, name);
  }
});

test("the descriptions hold no value, and name only variables that exist", () => {
  const known = new Set(read("docs/configuration.md").match(/\b[A-Z]+_[A-Z_]+\b/g));
  for (const { description } of Object.values(described)) {
    for (const value of Object.values(DEVELOPMENT)) assert.ok(!description.includes(value));
    for (const name of description.match(/\b[A-Z]+_[A-Z_]+\b/g) ?? []) assert.ok(known.has(name), name);
  }
});
