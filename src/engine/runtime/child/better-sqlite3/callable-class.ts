/** Lets a class be called without `new`, as better-sqlite3's own constructors can be; `instanceof` and `extends` still work. */
export function callableClass<Arguments extends unknown[], Instance extends object>(
  constructable: new (...args: Arguments) => Instance,
): (new (...args: Arguments) => Instance) & ((...args: Arguments) => Instance) {
  const callable = new Proxy(constructable, {
    apply: (target, _receiver, args: Arguments) => new target(...args),
  });
  Reflect.defineProperty(constructable.prototype as object, "constructor", {
    value: callable,
    writable: true,
    configurable: true,
  });
  return callable as typeof callable & ((...args: Arguments) => Instance);
}
