// Keeps the memory of each instance that the built Worker makes of its wasm, and counts the events of objects that
// are at work at the same time: its glue hides both.
export const memories = [];
/** The most questions and alarms of objects that were ever at work at the same time. */
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
