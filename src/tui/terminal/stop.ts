/** A process whose shell has no job control is not stopped by SIGTSTP; then the dashboard is back after this. */
const NOT_STOPPED_MS = 200;

/** Stops this process group as Ctrl+Z does everywhere, and resolves once the shell has continued it. The terminal was given back before. */
export async function stopUntilContinued(): Promise<void> {
  const continued = Promise.withResolvers<void>();
  const timer = setTimeout(continued.resolve, NOT_STOPPED_MS);
  process.once("SIGCONT", continued.resolve);
  process.kill(0, "SIGTSTP");
  await continued.promise;
  clearTimeout(timer);
  process.removeListener("SIGCONT", continued.resolve);
}
