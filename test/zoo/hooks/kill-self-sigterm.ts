export default function hook(ctx) {
  process.kill(process.pid, "SIGTERM");
  return { fire: false };
}
