// Makes the runner exit with 1 if anything failed. By itself, node ignores what fails when a suite ends, which is where
// tests check what they left behind.

/** A reporter for node's test runner, which prints nothing. */
export default async function* exit(source) {
  for await (const { type, data } of source) {
    if (type === "test:fail" && !data.todo && !data.skip) process.once("exit", () => (process.exitCode ||= 1));
  }
}
