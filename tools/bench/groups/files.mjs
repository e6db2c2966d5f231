// Files into the bucket and out of it: many small ones at once, a large one, one in the body itself.
import { forgetPeak, peakBytes, quiet, residentBytes } from "../process.mjs";

const MiB = 1024 * 1024;
const speed = (goals) => ({ what: "MB/s", better: "more", goals });
const BOTH = { twin: { goal: 1, far: 0.5 }, floor: { goal: 0.95, far: 0.3 } };
const PEAK = {
  what: "peak memory over idle, MiB", better: "less", by: "difference", goals: { floor: { goal: 16, far: 64 } },
};

const small = {
  metrics: [{ id: "small.speed", row: ({ small: { jobs } }) => `archive, 1 MiB × ${jobs}`, ...speed(BOTH) }],
  async turn(context, side) {
    const { jobs, bytes } = context.size(context.turn).small;
    return { "small.speed": (await stored(context, side, { jobs, bytes, isKnown: true })).speed };
  },
};

const nameOf = ({ large: { bytes } }) => (bytes >= 1024 * MiB ? `${bytes / MiB / 1024} GiB` : `${bytes / MiB} MiB`);
const KINDS = [{ id: "known", isKnown: true, text: "" }, { id: "unknown", isKnown: false, text: ", unknown length" }];

const large = {
  turns: ({ large: { turns } }) => turns,
  metrics: [
    ...KINDS.flatMap(({ id, text }) => [
      { id: `${id}.speed`, row: (size) => `archive, ${nameOf(size)} × 1${text}`, ...speed(BOTH) },
      { id: `${id}.peak`, row: (size) => `archive, ${nameOf(size)} × 1${text}`, ...PEAK },
    ]),
    { id: "download.speed", row: (size) => `download, ${nameOf(size)}`, ...speed(BOTH) },
  ],
  async turn(context, side) {
    const { bytes } = context.size(context.turn).large;
    const figures = {};
    for (const { id, isKnown } of KINDS) {
      forgetPeak(side.pid);
      const idle = residentBytes(side.pid);
      const { speed: perSecond, first } = await stored(context, side, { jobs: 1, bytes, isKnown });
      figures[`${id}.speed`] = perSecond;
      figures[`${id}.peak`] = (peakBytes(side.pid) - idle) / MiB;
      if (isKnown) figures["download.speed"] = await downloaded(context, side, first, bytes);
      await emptied(side);
    }
    return figures;
  },
};

const inline = {
  metrics: [{
    id: "inline.seconds", row: ({ inlineBytes }) => `archive, ${inlineBytes / MiB} MiB of base64 in the body`,
    what: "s until stored", better: "less", goals: { twin: { goal: 1, far: 3 } },
  }],
  sides: ["hookvault", "twin"],
  async turn({ generator, size, ids, turn }, side) {
    const given = { url: side.url, side: side.name, first: ids(1), bytes: size(turn).inlineBytes };
    const { seconds } = await generator.archiveInline(given);
    await emptied(side);
    return { "inline.seconds": seconds };
  },
};

async function stored({ generator, origin, ids }, side, { jobs, ...file }) {
  const first = ids(jobs);
  const given = { url: side.url, side: side.name, origin: origin.url, first, jobs, file };
  const { seconds } = await generator.archive(given);
  if (jobs > 1) await emptied(side);
  return { speed: (jobs * file.bytes) / 1e6 / seconds, first };
}

async function downloaded({ generator }, side, id, bytes) {
  const url = side.name === "floor" ? `${side.url}/file/${id}` : (await side.vault.get(`/jobs/${id}?wait=0`)
    .then((response) => response.json())).files[0].url;
  const { seconds } = await generator.download({ url, bytes });
  return bytes / 1e6 / seconds;
}

/** Storage is memory here: what has been measured goes. */
async function emptied({ vault, pid }) {
  const bucket = await vault.bucket();
  const { objects } = await bucket.list();
  await bucket.delete(objects.map(({ key }) => key));
  await quiet(pid);
}

export const files = [small, large, inline];
