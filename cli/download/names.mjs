// Names for files and folders on this computer, made of what strangers wrote. Each is one plain step of a path on Linux,
// macOS and Windows, and the same in every run.
import { createHash } from "node:crypto";

/** The most bytes of a name in the usual file systems. */
const MOST_BYTES = 255;
/** The longest extension that a cut keeps. */
const LONGEST_EXTENSION = 16;
/** What a file system, a shell or a terminal reads as something else than a letter of the name. */
const SPECIAL = /[/\\<>:"|?*]/g;
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;
/** Names of devices on Windows, whatever their extension. */
const RESERVED = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$)\s*(?:\.|$)/i;
/** An id that needs no change. Capitals are left out: `A` and `a` are one name on macOS and Windows. */
const PLAIN_ID = /^[a-z0-9][a-z0-9._-]{0,127}$/;
const EXTENSIONS = {
  "video/mp4": ".mp4", "video/webm": ".webm", "video/quicktime": ".mov", "image/png": ".png", "image/jpeg": ".jpg",
  "image/webp": ".webp", "image/gif": ".gif", "image/avif": ".avif", "audio/mpeg": ".mp3", "audio/wav": ".wav",
  "audio/flac": ".flac", "audio/ogg": ".ogg", "model/gltf-binary": ".glb", "application/json": ".json", "text/plain": ".txt",
};

const bytes = (text) => Buffer.byteLength(text);
const hash = (text, length) => createHash("sha256").update(text).digest("hex").slice(0, length);
/** Windows drops dots and blanks at the end of a name. A dot at its beginning hides a file. */
const trimmed = (text) => text.replace(/^[.\s]+|[.\s]+$/gu, "");

/** Returns a name that is safe everywhere. @param {string} text @param {number} [most] in bytes of UTF-8 */
export function safeName(text, most = MOST_BYTES) {
  const plain = trimmed(text.toWellFormed().normalize("NFC").replace(INVISIBLE, "").replace(SPECIAL, "_").replace(/\.{2,}/g, "."));
  const own = RESERVED.test(plain) ? `_${plain}` : plain || "file";
  return cut(own, most);
}

/** Returns the folder of a job. Different ids have different folders, also where capitals do not count. */
export function jobFolder(id) {
  const safe = safeName(id, MOST_BYTES - 11);
  return PLAIN_ID.test(id) && safe === id ? id : `${safe}~${hash(id, 10)}`;
}

/**
 * Returns the names of a job's files, in the order of the files: `{n}-{name}`. Equal ones are numbered.
 *
 * @param {{ n: number, name: string, contentType: string | null }[]} files
 */
export function fileNames(files) {
  const taken = new Set();
  return files.map(({ n, name, contentType }) => {
    const wanted = cut(safeName(`${n}-${safeName(String(name))}`), MOST_BYTES - bytes(extensionOf(name, contentType))) + extensionOf(name, contentType);
    let free = wanted;
    for (let copy = 2; taken.has(folded(free)); copy += 1) free = withNumber(wanted, copy);
    taken.add(folded(free));
    return free;
  });
}

/** Returns the name of an unfinished file. It begins with a dot, and so no file of a job has it. */
export const partName = (name, etag) => `${partPrefix(name)}${hash(etag, 16)}.part`;

/** Returns how the names of all unfinished files begin that become the file `name`. */
export const partPrefix = (name) => `.${/^\d{0,16}/.exec(name)[0]}-${hash(name, 8)}-`;

/** Returns what two names have in common that some file system takes for equal. */
const folded = (name) => name.normalize("NFKD").toUpperCase().toLowerCase().normalize("NFKD");

function withNumber(name, number) {
  const [stem, extension] = split(name);
  const end = `-${number}${extension}`;
  return trimmed(cutStem(stem, MOST_BYTES - bytes(end))) + end;
}

function extensionOf(name, contentType) {
  const type = String(contentType ?? "").split(";")[0].trim().toLowerCase();
  return split(safeName(String(name)))[1] === "" && Object.hasOwn(EXTENSIONS, type) ? EXTENSIONS[type] : "";
}

/** Cuts a name to `most` bytes, and keeps its extension. */
function cut(name, most) {
  if (bytes(name) <= most) return name;
  const [stem, extension] = split(name);
  return trimmed(cutStem(stem, most - bytes(extension))) + extension;
}

function split(name) {
  const extension = /[^.](\.[^.\s]+)$/u.exec(name)?.[1] ?? "";
  return bytes(extension) > LONGEST_EXTENSION ? [name, ""] : [name.slice(0, name.length - extension.length), extension];
}

/** Cuts between characters, never within one. */
function cutStem(stem, most) {
  let kept = "";
  let length = 0;
  for (const character of stem) {
    length += bytes(character);
    if (length > most) break;
    kept += character;
  }
  return kept;
}
