// Keeps the memory of each instance that the built Worker makes of its wasm, and counts the alarms that
// are at work at the same time: its glue hides both.
export const memories = [];
/** The most jobs' alarms that were ever at work at the same time. */
export const alarms = { most: 0 };

let atWork = 0;

const { Instance } = WebAssembly;
WebAssembly.Instance = new Proxy(Instance, {
  construct(target, args) {
    const { exports } = Reflect.construct(target, args);
    memories.push(exports.memory);
    return { exports: { ...exports, job_alarm: counted(exports.job_alarm) } };
  },
});

function counted(alarm) {
  return (...args) => {
    const end = alarm(...args);
    alarms.most = Math.max(alarms.most, ++atWork);
    const ended = () => atWork--;
    end.then(ended, ended);
    return end;
  };
}
