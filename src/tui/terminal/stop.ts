/** A process whose shell has no job control is not stopped by SIGTSTP; then the dashboard is back after this. */
const NOT_STOPPED_MS = 200;
const ENDING = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** Stops this process group as Ctrl+Z does everywhere, and resolves once the shell has continued it. The terminal was given back before. */
export async function stopUntilContinued(): Promise<void> {
  const listen = stopListening();
  const continued = Promise.withResolvers<void>();
  const timer = setTimeout(continued.resolve, NOT_STOPPED_MS);
  process.once("SIGCONT", continued.resolve);
  process.kill(0, "SIGTSTP");
  await continued.promise;
  clearTimeout(timer);
  process.removeListener("SIGCONT", continued.resolve);
  listen();
}

/**
 * Ended while it is stopped (`kill %1`), it ends as a program without a terminal does: there is nothing to give back, and what would do so
 * touches the shell's, for which a process in the background is stopped once more.
 */
function stopListening(): () => void {
  const listeners = ENDING.flatMap((signal) => process.listeners(signal).map((listener) => ({ signal, listener })));
  for (const { signal, listener } of listeners) process.removeListener(signal, listener);
  return () => {
    for (const { signal, listener } of listeners) process.on(signal, listener);
  };
}
