// Ends what a test has started, all of it, also when one fails to end well.

/** Stops each in order; what was never started is `undefined`. */
export async function stopAll(...started) {
  const failures = [];
  for (const part of started.filter(Boolean)) {
    try {
      await part.stop();
    } catch (failure) {
      failures.push(failure);
    }
  }
  if (failures.length > 0) throw failures[0];
}
