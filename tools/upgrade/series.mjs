// Folds lines that differ only in their numbers into one: a timeline has hundreds of them.

const MARK = "~";
/** Fewer lines than this are left as they are. */
const LEAST = 5;
const NUMBER = /\d+/g;

const shape = (line) => line.replace(NUMBER, "#");

/** Returns the text with each series of such lines as one line. */
export function folded(text) {
  const [out, lines] = [[], text.split("\n")];
  for (let from = 0; from < lines.length;) {
    const kind = shape(lines[from]);
    let until = from + 1;
    while (until < lines.length && shape(lines[until]) === kind) until += 1;
    const some = lines.slice(from, until);
    out.push(...(some.length < LEAST ? some : [fold(some)]));
    from = until;
  }
  return out.join("\n");
}

/** Folds lines into a template, with holes where the numbers differ, and the numbers of each line. */
function fold(lines) {
  const numbers = lines.map((line) => line.match(NUMBER) ?? []);
  const differ = numbers[0].map((number, n) => numbers.some((row) => row[n] !== number));
  const between = lines[0].split(NUMBER);
  const template = [between[0]];
  for (const [n, number] of numbers[0].entries()) {
    if (differ[n]) template.push(between[n + 1]);
    else template.push(template.pop() + number + between[n + 1]);
  }
  const rows = numbers.map((row) => row.filter((_, n) => differ[n]).join(" "));
  return MARK + JSON.stringify({ template, rows: rows.join() });
}

export const unfolded = (text) => text.split("\n").flatMap((line) => (line.startsWith(MARK) ? unfold(line) : [line])).join("\n");

function unfold(line) {
  const { template, rows } = JSON.parse(line.slice(MARK.length));
  return rows.split(",").map((row) => {
    const numbers = row === "" ? [] : row.split(" ");
    return template.map((piece, n) => piece + (numbers[n] ?? "")).join("");
  });
}
