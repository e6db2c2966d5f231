// All that is measured, in the table's order.
import { bundle } from "./groups/bundle.mjs";
import { files } from "./groups/files.mjs";
import { ingest } from "./groups/ingest.mjs";
import { lookUp } from "./groups/look-up.mjs";
import { memory } from "./groups/memory.mjs";
import { startUp } from "./groups/start-up.mjs";

export const GROUPS = [ingest, lookUp, ...files, bundle, startUp, memory];
