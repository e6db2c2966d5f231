// Copies files into the bucket and reads them: many small ones at once, a large one, and one inside a body.
import { median } from "../report/figures.mjs";
import { forgetPeak, peakBytes, residentBytes } from "../../workerd/process.mjs";
import { quiet } from "../process.mjs";
import { complaints, startSide } from "../sides.mjs";

const MiB = 1024 * 1024;
const speed = (goals) => ({ what: "MB/s", better: "more", goals });
const SMALL = { conventional: { goal: 1.1, far: 0.4 }, "same-design": {}, floor: {} };
const LARGE = { conventional: {}, floor: { goal: 0.95, far: 0.3 } };
/** A short run takes a tenth of a second, in which much else may happen: so `far` is generous. */
const READ = { conventional: {}, floor: { goal: 1, far: 0.25 } };
/** Only one twin takes part, because both copy and read files with the same code. */
const ONE_TWIN = ["hookvault", "conventional", "floor"];
const PEAK = {
  what: "peak memory over idle, MiB", better: "less", by: "difference", goals: { floor: { goal: 16, far: 64 } },
};

const small = {
  seconds: 60,
  metrics: [{ id: "small.speed", row: ({ small: { jobs } }) => `archive, 1 MiB × ${jobs}`, ...speed(SMALL) }],
  async turn(context, side) {
    const { jobs, bytes } = context.size(context.turn).small;
    const { speed: perSecond } = await stored(context, side, { jobs, bytes, isKnown: true });
    await emptied(side);
    return { "small.speed": perSecond };
  },
};

const nameOf = ({ large: { bytes } }) => (bytes >= 1024 * MiB ? `${bytes / MiB / 1024} GiB` : `${bytes / MiB} MiB`);
const KINDS = [{ id: "known", isKnown: true, text: "" }, { id: "unknown", isKnown: false, text: ", unknown length" }];

/** A smaller file is read again until this much was read, and the median counts: one read would be too short. */
const READ_BYTES = 1024 * MiB;

/** Each turn has a new process, because a process's memory depends on what it did before. */
const large = {
  isAlone: true,
  sides: ONE_TWIN,
  warmUps: () => 0,
  turns: ({ large: { turns } }) => turns,
  seconds: 180,
  metrics: [
    ...KINDS.flatMap(({ id, text }) => [
      { id: `${id}.speed`, row: (size) => `archive, ${nameOf(size)} × 1${text}`, ...speed(LARGE) },
      { id: `${id}.peak`, row: (size) => `archive, ${nameOf(size)} × 1${text}`, ...PEAK },
    ]),
    { id: "download.speed", row: (size) => `download, ${nameOf(size)}`, ...speed(READ) },
  ],
  async turn(context, { name }) {
    const figures = {};
    for (const kind of KINDS) {
      const side = await startSide(name, { dir: context.dir, sources: context.origin.url });
      try {
        Object.assign(figures, await largeOne(context, side, kind));
        context.warnings.push(...complaints(side));
      } finally {
        await side.vault.end();
      }
    }
    return figures;
  },
};

async function largeOne(context, side, { id, isKnown }) {
  const { bytes } = context.size(context.turn).large;
  // Copies a small file first: what the first copy loads into memory does not belong to a large one.
  await stored(context, side, { jobs: 1, bytes: MiB, isKnown });
  await quiet(side.pid);
  forgetPeak(side.pid);
  const idle = residentBytes(side.pid);
  const { speed: perSecond, first } = await stored(context, side, { jobs: 1, bytes, isKnown });
  const figures = { [`${id}.speed`]: perSecond, [`${id}.peak`]: (peakBytes(side.pid) - idle) / MiB };
  return isKnown ? { ...figures, "download.speed": await downloaded(context, side, first, bytes) } : figures;
}

const inline = {
  seconds: 20,
  metrics: [{
    id: "inline.seconds", row: ({ inlineBytes }) => `archive, ${inlineBytes / MiB} MiB of base64 in the body`,
    what: "s until stored", better: "less", goals: { conventional: { goal: 1, far: 4 } },
  }],
  sides: ["hookvault", "conventional"],
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
  return { speed: (jobs * file.bytes) / 1e6 / seconds, first };
}

async function downloaded({ generator }, side, id, bytes) {
  const url = side.name === "floor" ? `${side.url}/file/${id}` : (await side.vault.get(`/jobs/${id}?wait=0`)
    .then((response) => response.json())).files[0].url;
  const times = Math.ceil(READ_BYTES / bytes);
  const seconds = [];
  for (let n = 0; n < times; n += 1) seconds.push((await generator.download({ url, bytes })).seconds);
  return bytes / 1e6 / median(seconds);
}

/** Deletes what was measured, because the storage lies in memory. */
async function emptied({ vault, pid }) {
  const bucket = await vault.bucket();
  const { objects } = await bucket.list();
  await bucket.delete(objects.map(({ key }) => key));
  await quiet(pid);
}

export const files = [small, large, inline];
