export default function hook(ctx) {
  process.umask(0);
  return { fire: false };
}
