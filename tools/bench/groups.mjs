// All that is measured, in the table's order. A group has:
// - `metrics`: their rows and goals; a row's name may be a function of the sizes
// - `sides`: those that take part, if not all; `isAlone`: it starts what it needs itself
// - `turns`: if not as many as usual; `seconds`: the most that turns beyond the least may take together
// - `warmUps`: how many turns come first that do not count; one by default
// - `prepare(context, side)` and `turn(context, side)`, which resolves to a value for each metric; it may add `busy`,
//   the generator's share of a core
import { bodies } from "./groups/bodies.mjs";
import { bundle } from "./groups/bundle.mjs";
import { files } from "./groups/files.mjs";
import { ingest } from "./groups/ingest.mjs";
import { lookUp } from "./groups/look-up.mjs";
import { memory } from "./groups/memory.mjs";
import { startUp } from "./groups/start-up.mjs";

export const GROUPS = [ingest, lookUp, ...files, bundle, startUp, memory, bodies];
