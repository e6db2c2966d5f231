// All that is measured, in the table's order. A group has
// - `metrics`: their rows and goals; a row's name may be a function of the sizes
// - `sides` that take part, if not all; `isAlone`: it starts what it needs itself
// - `turns`, if not as many as usual, and the `seconds` that those beyond the least may take in all;
//   `warmUps`: how many come first that do not count; one as a rule
// - `prepare(context, side)` and `turn(context, side)`, which resolves to a value a metric; a `busy`
//   besides is the generator's share of a core
import { bodies } from "./groups/bodies.mjs";
import { bundle } from "./groups/bundle.mjs";
import { files } from "./groups/files.mjs";
import { ingest } from "./groups/ingest.mjs";
import { lookUp } from "./groups/look-up.mjs";
import { memory } from "./groups/memory.mjs";
import { startUp } from "./groups/start-up.mjs";

export const GROUPS = [ingest, lookUp, ...files, bundle, startUp, memory, bodies];
