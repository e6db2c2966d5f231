// Which of a job's files can be shown, and from where.

const BY_EXTENSION = { mp4: "video", webm: "video", mov: "video", png: "image", jpg: "image", jpeg: "image",
  webp: "image", gif: "image", avif: "image", mp3: "audio", wav: "audio", flac: "audio", ogg: "audio", m4a: "audio" };

/** Returns `image`, `video`, `audio` or `other`. A file that may contain script is only downloaded. */
export function kindOf({ contentType, name, url }) {
  if (contentType) {
    const [type, sub] = contentType.toLowerCase().split(/[/;+]/);
    return ["image", "video", "audio"].includes(type) && sub !== "svg" ? type : "other";
  }
  return BY_EXTENSION[/\.(\w+)$/.exec(name ?? url)?.[1].toLowerCase()] ?? "other";
}

/** Returns a durable link at this page's own origin: the same Worker serves it under `PUBLIC_URL`. */
export function local(url) {
  return /^https?:\/\/[^/]+(?:\/[^?#]*?)?(\/files\/[^?#]*)$/.exec(url)?.[1] ?? null;
}

/**
 * Tells whether a file is one of pipelet's preview frames: by its place in the result, or by its name if only the link
 * is known.
 */
export const isPreview = ({ pointers, url }) => (pointers
  ? pointers.some((pointer) => /^\/previews?\b/.test(pointer))
  : /\/\d+-(?:[^/]*_)?preview_\d+\.\w+$/.test(url));

/** Returns a record's preview frames, in order. */
export const previewsOf = (record) => (record?.files ?? []).filter((file) =>
  isPreview(file) && file.state === "stored" && kindOf(file) === "image");

/** Returns the file that represents the job: the first that can be shown, or that could be if it were stored. */
export function leading(files) {
  const seen = files.filter((file) => ["image", "video"].includes(kindOf(file)));
  return seen.find(({ state }) => state === "stored") ?? seen[0] ?? files[0];
}
