// The command line of the fault table. It runs against the Worker that was built last.
import { parseArgs } from "node:util";
import { Failure, main } from "../setup/run.mjs";
import { play } from "./play.mjs";
import { ROWS, SHORT } from "./rows.mjs";
import { sabotage } from "./sabotage.mjs";
import { head, legend, line, remarks } from "./table.mjs";

const USAGE = `npm run faults -- [options]
  --rows TEXT,…   only rows whose name holds one of these
  --short         only the rows of \`npm test\`
  --jobs N        jobs a row (100)
  --limit S       seconds after which a row counts as quiet (90); only a broken one needs them
  --sabotage      takes the Worker's guards away, one after the other: each must turn its rows red;
                  --rows selects by the guards' names then
  --json          a line of JSON a row instead of the table
  --help`;

const OPTIONS = {
  rows: { type: "string", default: "" },
  short: { type: "boolean", default: false },
  jobs: { type: "string", default: "100" },
  limit: { type: "string", default: "90" },
  sabotage: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
};

/** Returns the rows whose names contain a part of `text`; all for an empty text. */
function chosen(rows, text) {
  const parts = text.split(",").filter((part) => part !== "");
  const found = rows.filter(({ name }) =>
    parts.length === 0 || parts.some((part) => name.includes(part)));
  if (found.length > 0) return found;
  throw new Failure(`No name holds "${text}":\n${rows.map(({ name }) => name).join("\n")}`);
}

function whole(values, name) {
  if (/^[1-9]\d*$/.test(values[name])) return Number(values[name]);
  throw new Failure(`--${name} must be a whole number, not "${values[name]}"`);
}

/** Plays the rows one after the other, and returns how many are red. */
async function table(rows, options, { json }) {
  if (!json) console.log(head());
  let red = 0;
  for (const row of rows) {
    const played = await play(row, options);
    console.log(json ? JSON.stringify(played) : line(played));
    if (played.isRed) red += 1;
    if (!json && played.notes.length > 0) console.error(remarks(played));
  }
  if (!json) console.log(legend());
  return red;
}

await main(async () => {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return console.log(USAGE);
  if (values.sabotage) return sabotage((guards) => chosen(guards, values.rows));
  const options = { jobs: whole(values, "jobs"), limitMs: whole(values, "limit") * 1_000 };
  const rows = chosen(values.short ? SHORT : ROWS, values.rows);
  const red = await table(rows, options, values);
  if (red > 0) throw new Failure(`${red} of ${rows.length} rows are red.`);
});
