process.exit(3);
export default function hook(ctx) {
  return { fire: false };
}
