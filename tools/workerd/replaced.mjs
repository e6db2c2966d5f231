// Runs inside of workerd, for Workers whose bindings are watched or spoilt.

/** The target itself but for these properties. Its own methods insist on being called on itself. */
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
