// Clients wait at the pace of the engine's clock, as `sitecustomize.py` has it: what pauses for seconds between two
// looks does so in the engine's time. Shorter timers, which order events, and longer ones, which give up, stay.
const scale = Number(process.env.TIME_SCALE || 1);
const { setTimeout: wait } = globalThis;
const paced = (callback, milliseconds, ...rest) =>
  wait(callback, milliseconds >= 500 && milliseconds <= 10_000 ? milliseconds / scale : milliseconds, ...rest);
// What `util.promisify` makes of it waits as long as it is told.
Object.defineProperties(paced, Object.getOwnPropertyDescriptors(wait));
globalThis.setTimeout = paced;
