// Builds build/assets/, which Cloudflare serves without the Worker: the dashboard, and the API's description.
// Import it only after the set-up, because it needs npm packages.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { inRoot } from "../setup/project.mjs";
import { Failure } from "../setup/run.mjs";

export const ASSETS = inRoot("build", "assets");
const SOURCE = inRoot("dashboard");

/** The most bytes that a first visit may load: all files together, compressed as they are sent. */
export const MAX_GZIP_BYTES = 60 * 1024;

/** The files that are served unchanged, and their paths. */
const COPIED = { "index.html": "index.html", "_headers": "_headers", "icon.svg": "dashboard/icon.svg" };

/** The path of the API's description. */
const DESCRIPTION = "openapi.json";

/** Rebuilds everything in less than a second; an unchanged file is not written. */
export async function buildDashboard() {
  const made = { ...copies(), [DESCRIPTION]: description(), ...(await bundles()) };
  for (const [path, bytes] of Object.entries(made)) write(join(ASSETS, path), bytes);
  const stale = files().filter((path) => !(path in made));
  for (const path of stale) rmSync(join(ASSETS, path));
  const { gzip } = dashboardSize();
  if (gzip > MAX_GZIP_BYTES) throw new Failure(`The dashboard has ${gzip} bytes, over ${MAX_GZIP_BYTES}.`);
}

/** Returns `{ raw, gzip }`: the size of all the dashboard's files in bytes. SVG and text are compressed too. */
export function dashboardSize() {
  const size = { raw: 0, gzip: 0 };
  for (const path of files().filter((path) => !["_headers", DESCRIPTION].includes(path))) {
    const bytes = readFileSync(join(ASSETS, path));
    size.raw += bytes.length;
    size.gzip += gzipSync(bytes, { level: 9 }).length;
  }
  return size;
}

function copies() {
  const read = ([from, to]) => [to, readFileSync(join(SOURCE, from))];
  return Object.fromEntries(Object.entries(COPIED).map(read));
}

function description() {
  return JSON.stringify(JSON.parse(readFileSync(inRoot(DESCRIPTION), "utf8")));
}

async function bundles() {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    entryPoints: { app: join(SOURCE, "app.jsx"), theme: join(SOURCE, "theme.js") },
    outdir: join(ASSETS, "dashboard"),
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: ["chrome123", "firefox120", "safari17.5"],
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    logLevel: "warning",
  });
  return Object.fromEntries(outputFiles.map(({ path, contents }) =>
    [path.slice(ASSETS.length + 1), contents]));
}

function files() {
  const all = readdirSync(ASSETS, { recursive: true });
  return all.filter((path) => extname(path) !== "" || path === "_headers");
}

function write(path, bytes) {
  mkdirSync(dirname(path), { recursive: true });
  // Skips an unchanged file: wrangler dev watches the folder and reloads for each write.
  if (isSame(path, bytes)) return;
  writeFileSync(path, bytes);
}

function isSame(path, bytes) {
  try {
    return readFileSync(path).equals(Buffer.from(bytes));
  } catch {
    return false;
  }
}
