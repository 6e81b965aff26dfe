export default function hook(ctx) {
  process.chdir("/tmp");
  return { fire: false };
}
