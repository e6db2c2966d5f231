// Gives tests access to a vault's bucket and namespace: a Worker beside the vault's, over the same storage. Miniflare's
// own way (`getR2Bucket`) blocks the whole process during each call, in a thread that takes half a second of CPU.

const BINDINGS = { r2Buckets: { FILES: { id: "FILES" } }, kvNamespaces: { RECORDS: { id: "RECORDS" } } };

const SCRIPT = `
const facts = (object) => object && { key: object.key, size: object.size, etag: object.etag,
  httpMetadata: object.httpMetadata, customMetadata: object.customMetadata };
/** Sends an object's metadata in a header beside its bytes. */
const bytes = (body, told) => new Response(body, { headers: { told: encodeURIComponent(JSON.stringify(told)) } });
const calls = {
  async "FILES.get"(bucket, { key }) {
    const object = await bucket.get(key);
    return bytes(object && object.body, facts(object));
  },
  "FILES.head": async (bucket, { key }) => facts(await bucket.head(key)),
  "FILES.put": async (bucket, { key, options }, body) => facts(await bucket.put(key, body, options)),
  "FILES.delete": (bucket, { key }) => bucket.delete(key),
  async "FILES.list"(bucket, { options }) {
    const { objects, ...rest } = await bucket.list(options);
    return { ...rest, objects: objects.map(facts) };
  },
  async "RECORDS.get"(records, { key }) {
    const { value, metadata } = await records.getWithMetadata(key, "arrayBuffer");
    return bytes(value, value && { metadata });
  },
  "RECORDS.put": (records, { key, options }, body) => records.put(key, body, options),
  "RECORDS.list": (records, { options }) => records.list(options),
};
export default {
  async fetch(request, env) {
    const call = request.headers.get("call");
    const body = await request.arrayBuffer();
    const put = request.headers.get("put");
    const args = JSON.parse(put === null ? new TextDecoder().decode(body) : decodeURIComponent(put));
    const answer = await calls[call](env[call.split(".")[0]], args, body);
    return answer instanceof Response ? answer : Response.json(answer ?? null);
  },
};`;

/** The name of the door's Worker. */
export const DOOR = "door";

/** Returns a Worker's miniflare options with the door added. */
export const withDoor = (options) => ({
  ...options,
  workers: [options, { name: DOOR, compatibilityDate: options.compatibilityDate, modules: true, script: SCRIPT, ...BINDINGS,
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }] }],
});

/** Offers the bucket's and the namespace's methods to tests, like those of the bindings. */
export class Door {
  /** @param {() => Promise<URL>} url returns the door's URL, which changes at a restart */
  constructor(url) {
    const call = async (name, args, body) => {
      const put = body === undefined ? {} : { put: encodeURIComponent(JSON.stringify(args)) };
      const init = { method: "POST", headers: { call: name, connection: "close", ...put }, body: body ?? JSON.stringify(args) };
      const response = await fetch(await url(), init);
      if (!response.ok) throw new Error(`${name}: ${await response.text()}`);
      return response;
    };
    const told = async (...args) => (await call(...args)).json();
    const ask = async (...args) => {
      const response = await call(...args);
      return { bytes: await response.arrayBuffer(), told: JSON.parse(decodeURIComponent(response.headers.get("told"))) };
    };
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
