export default function hook(ctx) {
  process.kill(process.pid, "SIGKILL");
  return new Promise(() => {});
}
