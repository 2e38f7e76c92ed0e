/** Waits until `holds` gives something true, up to a bound, and returns it. */
export const eventually = async <T>(holds: () => T | Promise<T>, withinMs = 10_000): Promise<NonNullable<T>> => {
  for (const until = Date.now() + withinMs; ;) {
    const value = await holds();
    if (value) return value;
    if (Date.now() > until) throw new Error(`not so within ${withinMs} ms: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
