// Formats numbers and times for people.
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** Formats a size: `1.4 MiB`. */
export function bytes(count) {
  if (count === null || count === undefined) return "–";
  const power = Math.min(Math.floor(Math.log2(Math.max(count, 1)) / 10), UNITS.length - 1);
  const value = count / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
}

const STEPS = [[86_400, "d"], [3_600, "h"], [60, "min"], [1, "s"]];

/** Formats milliseconds with their two greatest units: `2 h 5 min`. */
export function duration(ms) {
  if (ms < 1_000) return ms > 0 ? `${Math.round(ms)} ms` : "0 s";
  let rest = Math.round(ms / 1_000);
  const first = STEPS.findIndex(([size]) => rest >= size);
  const parts = STEPS.slice(first, first + 2).map(([size, unit]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count > 0 ? `${count} ${unit}` : "";
  });
  return parts.filter(Boolean).join(" ");
}

/** Formats how long ago something was, with one unit: `4 min`. */
export function age(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const [size, unit] = STEPS.find(([step]) => seconds >= step) ?? STEPS.at(-1);
  return seconds === 0 ? "now" : `${Math.floor(seconds / size)} ${unit}`;
}

/** Formats a countdown: `1:05`. */
export function clock(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const two = (number) => String(number).padStart(2, "0");
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
}

const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** Formats a full time in the reader's own locale. */
export const when = (ms) => (ms ? WHEN.format(ms) : "–");

export const count = (number) => (number ?? 0).toLocaleString();
