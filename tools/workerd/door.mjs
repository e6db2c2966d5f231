// A door to a vault's bucket and namespace for who looks on: a Worker beside the vault's, over the same
// storage. Miniflare's own (`getR2Bucket`) holds the whole process up for each call, in a thread that
// takes half a second of the processor.

const BINDINGS = { r2Buckets: { FILES: { id: "FILES" } }, kvNamespaces: { RECORDS: { id: "RECORDS" } } };

const SCRIPT = `
const facts = (object) => object && { key: object.key, size: object.size, etag: object.etag,
  httpMetadata: object.httpMetadata, customMetadata: object.customMetadata };
const answer = (body, told = null) =>
  new Response(body, { headers: { told: encodeURIComponent(JSON.stringify(told)) } });
const calls = {
  async "FILES.get"(bucket, { key }) {
    const object = await bucket.get(key);
    return answer(object && object.body, facts(object));
  },
  "FILES.head": async (bucket, { key }) => answer(null, facts(await bucket.head(key))),
  "FILES.put": async (bucket, { key, options }, body) => answer(null, facts(await bucket.put(key, body, options))),
  "FILES.delete": async (bucket, { key }) => answer(null, await bucket.delete(key)),
  async "FILES.list"(bucket, { options }) {
    const { objects, ...rest } = await bucket.list(options);
    return answer(null, { ...rest, objects: objects.map(facts) });
  },
  async "RECORDS.get"(records, { key }) {
    const { value, metadata } = await records.getWithMetadata(key, "arrayBuffer");
    return answer(value, value && { metadata });
  },
  "RECORDS.put": async (records, { key, options }, body) => answer(null, await records.put(key, body, options)),
  "RECORDS.list": async (records, { options }) => answer(null, await records.list(options)),
};
export default {
  async fetch(request, env) {
    const { call, ...args } = JSON.parse(decodeURIComponent(request.headers.get("call")));
    return calls[call](env[call.split(".")[0]], args, await request.arrayBuffer());
  },
};`;

/** The Worker's name. */
export const DOOR = "door";

/** Miniflare's options of a Worker, with the door beside it. */
export const withDoor = (options) => ({
  ...options,
  workers: [options, { name: DOOR, compatibilityDate: options.compatibilityDate, modules: true, script: SCRIPT, ...BINDINGS,
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }] }],
});

/** What a test asks of the bucket and the namespace: methods as those of the bindings. */
export class Door {
  /** @param {() => Promise<URL>} url another one after a restart */
  constructor(url) {
    const ask = async (call, args = {}, body) => {
      const headers = { call: encodeURIComponent(JSON.stringify({ call, ...args })), connection: "close" };
      const response = await fetch(await url(), { method: "POST", headers, body });
      if (!response.ok) throw new Error(`${call}: ${await response.text()}`);
      const bytes = await response.arrayBuffer();
      return { bytes, told: JSON.parse(decodeURIComponent(response.headers.get("told"))) };
    };
    const told = async (...args) => (await ask(...args)).told;
    this.bucket = {
      get: async (key) => object(await ask("FILES.get", { key })),
      head: (key) => told("FILES.head", { key }),
      put: (key, body, options) => told("FILES.put", { key, options }, body),
      delete: (key) => told("FILES.delete", { key }),
      list: (options) => told("FILES.list", { options }),
    };
    this.records = {
      get: async (key, type) => value(await ask("RECORDS.get", { key }), type),
      getWithMetadata: async (key) => {
        const answer = await ask("RECORDS.get", { key });
        return { value: value(answer), metadata: answer.told?.metadata ?? null };
      },
      put: (key, body, options) => told("RECORDS.put", { key, options }, body),
      list: (options) => told("RECORDS.list", { options }),
    };
  }
}

const text = (bytes) => new TextDecoder().decode(bytes);

function object({ bytes, told }) {
  if (told === null) return null;
  return { ...told, arrayBuffer: async () => bytes, text: async () => text(bytes), json: async () => JSON.parse(text(bytes)) };
}

function value({ bytes, told }, type = "text") {
  if (told === null) return null;
  return type === "json" ? JSON.parse(text(bytes)) : text(bytes);
}
