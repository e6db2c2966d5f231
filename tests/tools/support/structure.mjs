// Reads the Rust sources as text: which file imports which, and which file calls whose methods.
import { readdirSync, readFileSync } from "node:fs";

const ROOT = new URL("../../../", import.meta.url);

/** Returns the Rust files below `folder`, as a map from their paths in the project to their text. */
export function sources(folder = "src") {
  const paths = readdirSync(new URL(`${folder}/`, ROOT), { recursive: true })
    .map((path) => `${folder}/${path}`)
    .filter((path) => path.endsWith(".rs"));
  return new Map(paths.sort().map((path) => [path, readFileSync(new URL(path, ROOT), "utf8")]));
}

/** Returns a file's code without its comments and its unit tests, which may use anything. */
export const code = (text) => text.split("#[cfg(test)]\nmod tests")[0].replace(/\/\/.*/g, "");

/** Returns the module of a file: `src/edge/job/mod.rs` is `edge::job`. */
const moduleOf = (path) => path.replace(/^src\//, "").replace(/(\/?mod|^lib)?\.rs$/, "").split("/").join("::");

/** Returns the paths that a `use` names: `a::{b, c::{self, d}}` names `a::b`, `a::c` and `a::c::d`. */
function leaves(tree) {
  const open = tree.indexOf("{");
  if (open < 0) return [tree.replace(/\s+as\s+\w+$/, "").replace(/::self$/, "").trim()];
  const head = tree.slice(0, open).trim();
  const parts = [""];
  let depth = 0;
  for (const c of tree.slice(open + 1, tree.lastIndexOf("}"))) {
    depth += { "{": 1, "}": -1 }[c] ?? 0;
    if (c === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += c;
  }
  return parts.filter((part) => part.trim()).flatMap((part) => leaves(head + part.trim()));
}

/** Returns every module path that a file's code names, in `use` or elsewhere. */
function namedPaths(text) {
  const used = [...text.matchAll(/\buse\s+([^;]+);/g)].flatMap(([, tree]) => leaves(tree));
  const passing = text.replace(/\buse\s+[^;]+;/g, "").match(/\b[a-z_]\w*(?:::\w+)+/g) ?? [];
  return [...used, ...passing].map((path) => path.split("::"));
}

/** Returns the file that a path means from `module`, if it is one of `files`. */
function target(path, module, files) {
  const here = module.split("::");
  let [first, ...rest] = path;
  let base;
  if (first === "crate") base = [];
  else if (first === "self") base = here;
  else if (first === "super") {
    base = here.slice(0, -1);
    while (rest[0] === "super") [base, rest] = [base.slice(0, -1), rest.slice(1)];
  } else if (files.has([module, first].join("::"))) [base, rest] = [here, path];
  else return undefined;
  const full = [...base, ...rest];
  for (let length = full.length; length > 0; length -= 1) {
    const found = files.get(full.slice(0, length).join("::"));
    if (found) return found;
  }
  return undefined;
}

/** Returns which file imports which: a map from each path to the set of the paths that it names. */
export function imports(texts) {
  const files = new Map([...texts.keys()].map((path) => [moduleOf(path), path]));
  return new Map([...texts].map(([path, text]) => {
    const named = namedPaths(code(text)).map((name) => target(name, moduleOf(path), files));
    return [path, new Set(named.filter((other) => other && other !== path))];
  }));
}

const METHOD = /^ {4}(?:pub(?:\([^)]*\))? )?(?:const )?(?:async )?fn (\w+)(?:<[^>]*>)?\(\s*&(?:'\w+ )?(?:mut )?self/gm;
const CALL = /(?:\.\s*|\b[A-Z]\w*::)(\w+)\s*(?:::<[^>]*>)?\(/g;

/**
 * Returns which file calls methods that others among `texts` define. A method counts as called on any receiver, and as
 * `Type::method`: no spelling of a call may hide it. Names that a file defines itself, and methods of `common` types,
 * prove nothing.
 */
export function methodCalls(texts, common = new Set()) {
  const homes = new Map();
  for (const [path, text] of texts) {
    for (const [, name] of code(text).matchAll(METHOD)) homes.set(name, [...(homes.get(name) ?? []), path]);
  }
  return new Map([...texts].map(([path, text]) => {
    const called = [...code(text).matchAll(CALL)].map(([, name]) => name).filter((name) => !common.has(name));
    const others = called.flatMap((name) => (homes.get(name)?.includes(path) ? [] : homes.get(name) ?? []));
    return [path, new Set(others)];
  }));
}

/** Returns the circles of a graph, each as the sorted list of its nodes (Tarjan's components with more than one). */
export function circles(graph) {
  const [index, low, stack, found] = [new Map(), new Map(), [], []];
  function visit(node) {
    index.set(node, index.size);
    low.set(node, index.get(node));
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(node, Math.min(low.get(node), low.get(next)));
    }
    if (low.get(node) === index.get(node)) found.push(stack.splice(stack.indexOf(node)).sort());
  }
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return found.filter((component) => component.length > 1);
}

/** Returns the wing of a path below `folder`: its first step there. */
export const wingOf = (path, folder) => path.slice(folder.length + 1).split("/")[0].replace(/\.rs$/, "");

/**
 * Returns the imports below `folder` that do not point down. `floors` lists its wings from the lowest up; those in one
 * list are peers, which do not know each other.
 */
export function upward(graph, folder, floors) {
  const floor = new Map(floors.flatMap((wings, at) => [wings].flat().map((wing) => [wing, at])));
  const inside = (path) => path.startsWith(`${folder}/`);
  return [...graph].filter(([from]) => inside(from)).flatMap(([from, all]) => {
    const level = (path) => floor.get(wingOf(path, folder)) ?? NaN;
    const bad = [...all].filter(inside).filter((to) => wingOf(to, folder) !== wingOf(from, folder) && !(level(to) < level(from)));
    return bad.map((to) => `${from} imports ${to}`);
  });
}
