// Keeps the memory of each instance that the built Worker makes of its wasm: its glue hides them.
export const memories = [];

const { Instance } = WebAssembly;
WebAssembly.Instance = new Proxy(Instance, {
  construct(target, args) {
    const instance = Reflect.construct(target, args);
    memories.push(instance.exports.memory);
    return instance;
  },
});
