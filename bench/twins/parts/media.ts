// Media types, by a name's extension and by the first bytes.

const TYPES: Record<string, string> = {
  mp4: "video/mp4", webm: "video/webm", mov: "video/quicktime", mkv: "video/x-matroska", avi: "video/x-msvideo",
  m4v: "video/mp4", jpg: "image/jpeg", jpeg: "image/jpeg", png: "image/png", webp: "image/webp", gif: "image/gif",
  avif: "image/avif", bmp: "image/bmp", heic: "image/heic", svg: "image/svg+xml", tiff: "image/tiff",
  mp3: "audio/mpeg", wav: "audio/wav", flac: "audio/flac", ogg: "audio/ogg", opus: "audio/ogg", aac: "audio/aac",
  m4a: "audio/mp4", glb: "model/gltf-binary", gltf: "model/gltf+json", obj: "model/obj", pdf: "application/pdf",
  zip: "application/zip", safetensors: "application/octet-stream",
};

const ENDINGS = Object.fromEntries(Object.entries(TYPES).reverse().map(([ending, type]) => [type, ending]));

/** The first bytes, as Latin-1. */
const MAGIC: [RegExp, string][] = [
  [/^\x89PNG\r\n\x1a\n/, "image/png"], [/^\xff\xd8\xff/, "image/jpeg"], [/^GIF8/, "image/gif"],
  [/^RIFF[^]{4}WEBP/, "image/webp"], [/^RIFF[^]{4}WAVE/, "audio/wav"], [/^[^]{4}ftypavif/, "image/avif"],
  [/^[^]{4}ftyphei/, "image/heic"], [/^[^]{4}ftypM4A/, "audio/mp4"], [/^[^]{4}ftypqt/, "video/quicktime"],
  [/^[^]{4}ftyp/, "video/mp4"], [/^\x1a\x45\xdf\xa3[^]*webm/, "video/webm"],
  [/^\x1a\x45\xdf\xa3/, "video/x-matroska"], [/^(ID3|\xff[\xfb\xf3\xf2])/, "audio/mpeg"],
  [/^fLaC/, "audio/flac"], [/^OggS/, "audio/ogg"], [/^%PDF/, "application/pdf"], [/^PK\x03\x04/, "application/zip"],
];

export const typeOfName = (name: string): string | null =>
  TYPES[name.slice(name.lastIndexOf(".") + 1).toLowerCase()] ?? null;

export const endingOf = (type: string | null): string => ENDINGS[type ?? ""] ?? "bin";

export const sniff = (head: string): string | null =>
  MAGIC.find(([magic]) => magic.test(head))?.[1] ?? null;

export const isVague = (type: string | null): boolean =>
  !type || /^(application|binary)\/octet-stream/i.test(type);

/** Tells whether a browser could run script in a file of this type: such a file is always sent as a download. */
export const mayRunScript = (type: string): boolean =>
  /xml/i.test(type) ||
  !/^(image|video|audio|font|model)\/|^(application\/(octet-stream|pdf|zip|json)|text\/plain)\b/i.test(type);
