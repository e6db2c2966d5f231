// The command line of `npm run upgrade`.
import { parseArgs } from "node:util";
import { inRoot } from "../setup/project.mjs";
import { Failure, main } from "../setup/run.mjs";
import { buildRelease, modulesOf, named } from "./build.mjs";
import { record } from "./record.mjs";

const USAGE = `npm run upgrade -- COMMIT [options]
  --record FILE   keeps what that release writes and answers, for the tests of the next ones
  --help`;

const OPTIONS = { record: { type: "string" }, help: { type: "boolean", default: false } };

await main(async () => {
  const { values, positionals: [wanted] } = parseArgs({ options: OPTIONS, allowPositionals: true });
  if (values.help) return console.log(USAGE);
  if (wanted === undefined) throw new Failure(USAGE);
  const commit = named(wanted);
  await buildRelease(commit);
  if (values.record) await record({ commit, modules: modulesOf(commit), path: inRoot(values.record) });
});
