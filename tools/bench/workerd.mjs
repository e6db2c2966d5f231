// Configures workerd itself, to start it without miniflare.
import { createRequire } from "node:module";
import { copyFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { workerOptions } from "../workerd/options.mjs";
import { API_TOKEN, HOOK_TOKEN } from "../workerd/tokens.mjs";

/** Returns the path of the binary that miniflare starts. */
export function workerdPath() {
  const ofMiniflare = createRequire(createRequire(import.meta.url).resolve("miniflare"));
  return ofMiniflare("workerd").default;
}

/** Returns the configuration's text. It puts the modules into `folder`; the first one is the entry. */
export async function configOf(modules, folder) {
  const { compatibilityDate, compatibilityFlags } = await workerOptions();
  const text = (value) => JSON.stringify(value);
  const lines = modules.map(({ type, path, contents }) => {
    const name = basename(path);
    if (contents === undefined) copyFileSync(path, join(folder, name));
    else writeFileSync(join(folder, name), contents);
    return `(name = ${text(name)}, ${type === "CompiledWasm" ? "wasm" : "esModule"} = embed ${text(name)})`;
  });
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "objects", disk = (path = ${text(join(folder, "objects"))}, writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [${lines.join(", ")}],
  compatibilityDate = ${text(compatibilityDate)},
  compatibilityFlags = [${compatibilityFlags.map(text).join(", ")}],
  durableObjectNamespaces = [
    (className = "Job", uniqueKey = "job", enableSql = true),
    (className = "Catalog", uniqueKey = "catalog", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "objects"),
  bindings = [
    (name = "HOOK_TOKEN", text = ${text(HOOK_TOKEN)}),
    (name = "API_TOKEN", text = ${text(API_TOKEN)}),
    (name = "JOBS", durableObjectNamespace = "Job"),
    (name = "CATALOG", durableObjectNamespace = "Catalog"),
  ],
);
`;
}
