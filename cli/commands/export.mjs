// `hookvault export`: every record, or a download list of every file.
import { Option } from "commander";
import { shellWord } from "../../tools/setup/command.mjs";
import { interruption } from "../interrupt.mjs";
import { count, size } from "../print.mjs";
import { progress } from "../progress.mjs";
import { connect, connected } from "../settings.mjs";
import { FORMATS } from "../transfer/formats.mjs";
import { openOutput } from "../transfer/output.mjs";
import { exported, Incomplete } from "../transfer/stream.mjs";

export function define(program) {
  const command = program.command("export").description("write every record, a line of JSON each, in the order of creation")
    .option("--output <file>", "the file, which is there only once it is complete; else the standard output")
    .option("--since <time>", "jobs that were created or changed then or later: 2026-11-29, or milliseconds")
    .option("--tag <tag>", "jobs with this tag")
    .addOption(new Option("--format <format>", "ndjson, or a download list for aria2c -i").choices(Object.keys(FORMATS)).default("ndjson"))
    .option("--cursor <cursor>", "go on behind this place, which an export that broke off has named");
  connected(command).action(save);
}

async function save(options) {
  const { format, since, tag, cursor } = options;
  const { http } = connect(options);
  const signal = interruption();
  const output = await openOutput(options.output);
  let [entries, bytes] = [0, 0];
  const words = () => `${count(entries, FORMATS[format].noun)}, ${size(bytes)}`;
  // On a terminal that shows the records, the count would stand among them.
  const shown = options.output || !process.stdout.isTTY ? progress(words) : undefined;
  try {
    for await (const entry of exported(http, { query: { format, since, tag }, cursor, signal })) {
      await output.write(entry);
      [entries, bytes] = [entries + 1, bytes + entry.length];
    }
    await output.finish();
  } catch (error) {
    await output.drop();
    if (error instanceof Incomplete && error.cursor && !options.output) console.error(`Go on later with: --cursor ${shellWord(error.cursor)}`);
    throw error;
  } finally {
    shown?.stop();
  }
  console.error(`${words()} exported.`);
}
