// Writes the commands that `npm start` prints, to be pasted as they are.
import { first } from "./vars.mjs";

/** Formats JSON with node, which every machine that runs this has. */
const READABLE = "| node -p 'JSON.stringify(JSON.parse(fs.readFileSync(0)), null, 2)'";

/**
 * @param {{ ports: object, vars: object, upstreamKey: string, firstId: number }} options
 * @returns {string} what is printed once everything runs
 */
export function commands({ ports, vars, upstreamKey, firstId }) {
  const [vault, queue] = [ports.worker, ports.simulator].map((port) => `http://localhost:${port}`);
  const token = first(vars.API_TOKEN);
  const hook = (app) => `${vault}/hook/${first(vars.HOOK_TOKEN)}?app=${app}`;
  const curl = (url, key, ...more) =>
    [`curl -s '${url}'`, `-H 'Authorization: Bearer ${key}'`, ...more, READABLE].join(" ");
  const submit = (url, key, prompt, ...more) =>
    curl(url, key, "-H 'Content-Type: application/json' -H 'x-pipelet-output: binary'", ...more, `-d '{"prompt": "${prompt}"}'`);
  const [video, picture, sound] = ["wan22-fast-t2v", "flux-schnell", "stable-audio"];
  return `
hookvault runs (Ctrl-C stops it). Its dashboard: ${vault}/, the token is ${token}

Paste these into another terminal. A job, its webhook as a query parameter:
${submit(`${queue}/queue/${video}?fal_webhook=${encodeURIComponent(hook(video))}`, upstreamKey, "An astronaut rides a horse at dawn.")}

Another one, its webhook as a header:
${submit(`${queue}/queue/${picture}`, upstreamKey, "A lighthouse in the northern lights.", `-H 'x-pipelet-webhook: ${hook(picture)}'`)}

One through the vault's own gateway:
${submit(`${vault}/queue/${sound}`, token, "A slow waltz in a minor key.")}

What hookvault keeps of the first, as soon as its files are stored:
${curl(`${vault}/jobs/${firstId}?wait=30&for=settled`, token)}
`;
}
