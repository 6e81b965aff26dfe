export default function hook(ctx) {
  process.stdout.write("by process.stdout\n");
  process.stderr.write("by process.stderr\n");
  return { fire: false };
}
