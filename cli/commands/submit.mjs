// `hookvault submit`: submits a job through the gateway, and waits for it if asked to.
import { randomUUID } from "node:crypto";
import { isPassing } from "../../client/http.js";
import { plain } from "../../tools/setup/terminal.mjs";
import { milliseconds, objectText } from "../input.mjs";
import { interruption } from "../interrupt.mjs";
import { printJson, printRows, withJson } from "../print.mjs";
import { connect, connected } from "../settings.mjs";
import { waitAndPrint, waited } from "../waiting.mjs";

export function define(program) {
  const command = program.command("submit <app>").description("submit a job")
    .requiredOption("--input <json>", "the job's input, a JSON object; @FILE reads a file, - the standard input")
    .option("--webhook <url>", "your own webhook: hookvault sends it the job's events")
    .option("--idempotency-key <key>", "equal submissions with this key are one job for a day");
  withJson(connected(waited(command))).action(submit);
}

async function submit(app, options) {
  const input = await objectText(options.input);
  milliseconds(options.timeout, "--timeout");
  const { vault } = connect(options);
  const signal = interruption();
  const { id, fileUrl } = await send(vault, app, input, options, signal);
  if (options.wait) {
    console.error(`Job ${plain(id)} is submitted.`);
    await waitAndPrint(vault, id, options, { isKnown: true, signal });
  } else if (options.json) printJson({ id, fileUrl });
  else printRows([["job", id], ...(fileUrl ? [["file", fileUrl]] : [])]);
}

/** Submits the job. If nobody knows whether hookvault got it, says how to submit it again without a second job. */
async function send(vault, app, input, { webhook, idempotencyKey = randomUUID() }, signal) {
  try {
    return await vault.submit(app, input, { webhook, idempotencyKey, signal });
  } catch (error) {
    if (isPassing(error)) console.error(`hookvault may have the job. To submit it again as the same job, add: --idempotency-key ${idempotencyKey}`);
    throw error;
  }
}
