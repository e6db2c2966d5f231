// Talks to the terminal: colours where they are wanted, and secrets that stay hidden while they are typed.
import { createInterface } from "node:readline/promises";
import { StringDecoder } from "node:string_decoder";
import { Failure } from "./run.mjs";

const CODES = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 };
const [ENTER, NEWLINE, END, INTERRUPT, DELETE, BACKSPACE] =
  ["\r", "\n", "\u0004", "\u0003", "\u007f", "\b"];

/** Returns `{ red, green, … }`: each colours a text, or leaves it as it is where colours are not wanted. */
export function colours(stream = process.stdout, env = process.env) {
  const wanted = stream.isTTY && !env.NO_COLOR && env.TERM !== "dumb";
  const paint = (code) => (text) => (wanted ? `\u001b[${code}m${text}\u001b[0m` : text);
  return Object.fromEntries(Object.entries(CODES).map(([name, code]) => [name, paint(code)]));
}

/** Returns a foreign text, or what came instead of one, on one line without terminal control characters. */
export const plain = (text) => (typeof text === "object" ? JSON.stringify(text) : String(text)).replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ");

/** Tells whether somebody can answer a question. */
export const isInteractive = (env = process.env) =>
  Boolean(process.stdin.isTTY && process.stdout.isTTY && !env.CI);

/** Asks for a secret, and does not show what is typed. */
export function askSecret(prompt, { input = process.stdin, output = process.stdout } = {}) {
  return new Promise((resolve, reject) => {
    const decoder = new StringDecoder("utf8");
    let typed = "";
    const end = (settle, value) => {
      input.off("data", take);
      input.setRawMode(false);
      input.pause();
      output.write("\n");
      settle(value);
    };
    const take = (chunk) => {
      for (const key of decoder.write(chunk)) {
        if (key === ENTER || key === NEWLINE || key === END) return end(resolve, typed.trim());
        if (key === INTERRUPT) return end(reject, Object.assign(new Failure("Interrupted."), { name: "AbortError" }));
        typed = key === DELETE || key === BACKSPACE ? typed.slice(0, -1) : typed + key;
      }
    };
    // Raw mode comes first: the terminal would show the keys, and somebody may type as soon as the prompt is there.
    input.setRawMode(true);
    output.write(prompt);
    input.on("data", take);
    input.resume();
  });
}

/** Asks a yes-or-no question; Enter answers it with `usual`. */
export async function askWhether(question, usual) {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = (await lines.question(`${question} [${usual ? "Y/n" : "y/N"}] `)).trim().toLowerCase();
    return answer === "" ? usual : answer.startsWith("y");
  } finally {
    lines.close();
  }
}
