// Stops everything that a test has started, even if one part fails to stop.

/** Stops each part in order. `undefined` is a part that never started. */
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
