// Runs the groups. The sides take turns, A B C A B C …, so that anything else on the machine disturbs all of them. Only
// one side is under load at any time.
import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { assess } from "./report/figures.mjs";
import { empty } from "./groups/start-up.mjs";
import { countSides } from "./counts.mjs";
import { GROUPS } from "./groups.mjs";
import { startGenerator, startOrigin } from "./helpers.mjs";
import { complaints, modulesOf, SIDES, startSide } from "./sides.mjs";
import { isWanted, QUICK } from "./sizes.mjs";

/** The generator's share of a core from which it, and not the side, may set the pace. */
const BUSY = 0.9;

/** Returns the groups with the metrics whose row contains `only`. */
export function chosen(only, sizes) {
  const named = GROUPS.map((group) => ({
    ...group,
    metrics: group.metrics.map((metric) => ({ ...metric, row: typeof metric.row === "string" ? metric.row : metric.row(sizes) })),
  }));
  const kept = named.map((group) => ({ ...group, metrics: group.metrics.filter(({ row }) => row.includes(only)) }));
  return kept.filter(({ metrics }) => metrics.length > 0);
}

/**
 * @param {{ sizes: object, groups: object[], sides: string[], storage: string, isCounted: boolean, tell: (line: string) => void }} options
 * @returns {Promise<{ counts?: object, figures: object[], warnings: string[] }>}
 */
export async function run({ sizes, groups, sides: names, storage, isCounted, tell }) {
  const dir = await mkdtemp(join(storage, "hookvault-bench-"));
  const leave = leaving(dir);
  const [origin, generator] = [await startOrigin(), startGenerator()];
  const sides = [];
  try {
    if (isCounted) tell("counts …");
    const counts = isCounted ? await countSides(names, dir) : undefined;
    const isNeeded = groups.some(({ isAlone }) => !isAlone);
    for (const name of names) {
      const started = isNeeded ? await startSide(name, { dir, sources: origin.url }) : { name };
      sides.push({ ...started, modules: await modulesOf(name, dir) });
    }
    const context = contextOf({ dir, origin, generator, sizes, warnings: [] });
    const figures = [];
    for (const group of groups) figures.push(...await runGroup(group, sides, context, tell));
    if (isNeeded) context.warnings.push(...sides.flatMap(complaints));
    return { counts, figures, warnings: [...new Set(context.warnings)] };
  } catch (error) {
    // Prints the log of the sides, which says why one failed.
    for (const line of sides.filter(({ vault }) => vault).flatMap(complaints)) tell(line);
    throw error;
  } finally {
    for (const { vault } of sides) await vault?.end();
    await generator.end();
    await origin.end();
    await rm(dir, { recursive: true, force: true });
    leave.stop();
  }
}

/** Deletes the storage when a run is interrupted, because it lies in memory. */
function leaving(dir) {
  const signals = ["SIGINT", "SIGTERM"];
  const leave = () => {
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    process.exit(1);
  };
  for (const signal of signals) process.once(signal, leave);
  return { stop: () => signals.forEach((signal) => process.off(signal, leave)) };
}

function contextOf({ sizes, ...parts }) {
  let next = 100_000_000;
  return {
    ...parts,
    begun: Date.now(),
    /** Returns the first of `count` job ids that no side has seen. */
    ids: (count) => (next += count) - count,
    /** Returns the sizes of a turn. A turn below 0 warms up, so it is small, unless the group needs the full size. */
    size: (turn) => (turn < 0 ? QUICK : sizes),
    sizes,
  };
}

async function runGroup(group, sides, context, tell) {
  const taking = [empty, ...sides].filter(({ name }) => (group.sides ?? SIDES).includes(name));
  const turns = group.turns?.(context.sizes) ?? context.sizes.turns;
  const rows = [...new Set(group.metrics.map(({ row }) => row))].join("; ");
  tell(`${rows} …`);
  const samples = {};
  let busiest = 0;
  for (const side of taking) await group.prepare?.(context, side);
  let begun;
  const passed = () => (Date.now() - begun) / 1_000;
  let turn = -(group.warmUps?.(context.sizes) ?? 1);
  for (; isWanted(turn, turns, group.seconds, passed()); turn += 1) {
    if (turn <= 0) begun = Date.now();
    for (const side of taking) {
      const { busy = 0, ...values } = await group.turn({ ...context, turn }, side);
      if (turn < 0) continue;
      busiest = Math.max(busiest, busy);
      for (const [id, value] of Object.entries(values)) ((samples[id] ??= {})[side.name] ??= []).push(value);
    }
  }
  tell(`  ${turn} ${turn === 1 ? "turn" : "turns"}, ${Math.round(passed())} s`);
  if (busiest > BUSY) context.warnings.push(`${rows}: the generator took ${(busiest * 100).toFixed(0)} % of a core, which may hide differences`);
  return group.metrics.filter(({ id }) => samples[id]).map((metric) => assess(metric, samples[metric.id]));
}
