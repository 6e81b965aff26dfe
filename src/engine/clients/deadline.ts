export type Ended<Value> = { readonly ended: "done"; readonly value: Value } | { readonly ended: "timeout" | "aborted" };

/**
 * Runs `work` until it is done, `timeoutMs` have passed or the outer signal aborts, whichever comes first, and then
 * waits for nothing more: the inner signal, which work is to obey, is aborted. Rejects as work does.
 */
export async function withDeadline<Value>(timeoutMs: number, outer: AbortSignal | undefined, work: (inner: AbortSignal) => Promise<Value>): Promise<Ended<Value>> {
  if (outer?.aborted === true) return { ended: "aborted" };
  const controller = new AbortController();
  const cut = Promise.withResolvers<Ended<Value>>();
  const end = (ended: "timeout" | "aborted"): void => {
    cut.resolve({ ended });
    controller.abort();
  };
  const onAbort = (): void => end("aborted");
  const timer = setTimeout(() => end("timeout"), timeoutMs);
  outer?.addEventListener("abort", onAbort, { once: true });
  try {
    const done = work(controller.signal).then((value): Ended<Value> => ({ ended: "done", value }));
    return await Promise.race([cut.promise, done]);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", onAbort);
  }
}
