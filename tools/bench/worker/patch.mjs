// Keeps the memory of each instance of the built Worker's wasm, and counts the events of objects that run at the same
// time. The Worker's glue code hides both.
export const memories = [];
/** The most commands and alarms of objects that ever ran at the same time. */
export const events = { most: 0 };

const EVENT = /^(job|catalog)_(ask|alarm)$/;
let atWork = 0;

const { Instance } = WebAssembly;
WebAssembly.Instance = new Proxy(Instance, {
  construct(target, args) {
    const { exports } = Reflect.construct(target, args);
    memories.push(exports.memory);
    const watched = Object.entries(exports).filter(([name]) => EVENT.test(name)).map(([name, event]) => [name, counted(event)]);
    return { exports: { ...exports, ...Object.fromEntries(watched) } };
  },
});

function counted(event) {
  return (...args) => {
    const end = event(...args);
    events.most = Math.max(events.most, ++atWork);
    const ended = () => atWork--;
    end.then(ended, ended);
    return end;
  };
}
