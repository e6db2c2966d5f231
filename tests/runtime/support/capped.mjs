// Caps wasm at 32 MiB in every test that imports this. Cloudflare gives an isolate 128 MiB for everything; the local
// runtime sets no limit.
const PAGES = 512;

process.env.MINIFLARE_WORKERD_V8_FLAGS = `--wasm-max-mem-pages=${PAGES}`;
