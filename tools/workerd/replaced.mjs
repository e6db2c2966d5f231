// Runs inside workerd, for Workers whose bindings are watched or made to fail.

/**
 * Returns the target with these properties replaced. Its other methods stay bound to it, because they work on nothing
 * else.
 */
export function replaced(target, properties) {
  return new Proxy(target, {
    get(_, name) {
      if (Object.hasOwn(properties, name)) return properties[name];
      const value = target[name];
      const isMethod = typeof value === "function" && name !== "constructor";
      return isMethod ? value.bind(target) : value;
    },
  });
}
