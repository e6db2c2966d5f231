// Whoever imports this runs with wasm capped at 32 MiB. Cloudflare gives an isolate 128 MiB, for all there is; the local
// runtime takes what it likes.
const PAGES = 512;

process.env.MINIFLARE_WORKERD_V8_FLAGS = `--wasm-max-mem-pages=${PAGES}`;
