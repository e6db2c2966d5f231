// Has the runner exit with 1 if anything has failed: by itself it passes over what fails when a suite
// ends, and that is where tests look for what they have left.

/** A reporter of node's test runner, which says nothing. */
export default async function* exit(source) {
  for await (const { type, data } of source) {
    if (type === "test:fail" && !data.todo && !data.skip) process.once("exit", () => (process.exitCode ||= 1));
  }
}
