export default function hook(ctx) {
  process.kill(process.pid, "SIGSTOP");
  return new Promise(() => {});
}
