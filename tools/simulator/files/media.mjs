// Chooses a job's medium: its kind by the application's name, the file by the prompt.
import { createHash } from "node:crypto";
import { extname } from "node:path";

const CHOICE = {
  video: ["dawn.mp4", "day.mp4", "night.mp4", "aurora.mp4"],
  image: ["dawn.png", "night.jpg", "aurora.webp"],
  audio: ["major.mp3", "minor.mp3", "seventh.mp3"],
  model: ["knot.glb"],
};
const WORDS = new RegExp(Object.entries({
  video: "video|film|2v",
  image: "image|photo|2i|flux|sdxl|diffusion",
  audio: "audio|music|sound|speech|voice|tts",
  model: "3d|mesh|trellis",
}).map(([kind, words]) => `(?<${kind}>${words})`).join("|"), "gi");
const NAMES = { video: "WanVideo2_2_I2V", image: "Image", audio: "Audio", model: "Model" };
const TYPES = { ".mp4": "video/mp4", ".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp",
  ".mp3": "audio/mpeg", ".glb": "model/gltf-binary" };

/**
 * @typedef {object} Medium
 * @property {keyof CHOICE} kind
 * @property {string} file its name below `media`, or the name of a file that is generated on demand
 * @property {string} name the name in the output's key
 * @property {string} contentType
 * @property {Buffer} digest the prompt's SHA-256
 */

/**
 * @param {string} app as in the queue's URL
 * @param {string} prompt
 * @param {number} [n] the output's number: each output of a job takes the next file
 * @returns {Medium}
 */
export function mediumOf(app, prompt, n = 0) {
  const kind = kindOf(app);
  const digest = createHash("sha256").update(prompt).digest();
  const file = CHOICE[kind][(digest[0] + n) % CHOICE[kind].length];
  const extension = extname(file);
  return { kind, file, digest, name: `${NAMES[kind]}_00150${extension}`, contentType: TYPES[extension] };
}

/**
 * Returns the kind that the last known word of the name means: image-to-video makes videos. Without such a word it is a
 * video too.
 */
function kindOf(app) {
  const { groups = { video: "" } } = [...app.matchAll(WORDS)].at(-1) ?? {};
  return Object.keys(groups).find((kind) => groups[kind] !== undefined);
}
