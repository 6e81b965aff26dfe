import type { SimLoop } from "./sim-loop.ts";

/**
 * Puts the loop in the place of the timers and of `performance.now` of the whole process, until the `using` block ends.
 * The engine's core asks for timers by their global names; replaced there, no timer can be forgotten, also none that is
 * written later. Nothing else of this process runs meanwhile: a run never leaves its turn of the real event loop.
 */
export function takeTime(loop: SimLoop): Disposable {
  const { setTimeout, setInterval, clearTimeout, clearInterval, setImmediate } = globalThis;
  const timer = (repeats: boolean) => (callback: () => void, ms = 0) => {
    const id = loop.setTimer(callback, ms, repeats);
    return { id, unref: () => undefined, ref: () => undefined };
  };
  const clear = (handle: { readonly id: number } | undefined): void => {
    if (handle !== undefined) loop.clearTimer(handle.id);
  };
  Object.assign(globalThis, { setTimeout: timer(false), setInterval: timer(true), clearTimeout: clear, clearInterval: clear, setImmediate: loop.later });
  const now = Object.getOwnPropertyDescriptor(performance, "now");
  Object.defineProperty(performance, "now", { value: () => loop.monotonic(), configurable: true, writable: true });
  return {
    [Symbol.dispose]: () => {
      Object.assign(globalThis, { setTimeout, setInterval, clearTimeout, clearInterval, setImmediate });
      if (now === undefined) Reflect.deleteProperty(performance, "now");
      else Object.defineProperty(performance, "now", now);
    },
  };
}
