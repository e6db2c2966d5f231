// Shows how far a long work is: on a terminal a line that changes, else a line now and then.

const [OFTEN_MS, SELDOM_MS] = [200, 10_000];
const CLEAR = "\r\u001b[K";

/** Shows what `words` returns, until `stop` is called. @param {() => string} words */
export function progress(words, stream = process.stderr) {
  const write = () => stream.write(stream.isTTY ? CLEAR + words() : `${words()}\n`);
  const timer = setInterval(write, stream.isTTY ? OFTEN_MS : SELDOM_MS);
  // It must not keep the program alive.
  timer.unref();
  return {
    stop() {
      clearInterval(timer);
      if (stream.isTTY) stream.write(CLEAR);
    },
  };
}
