export default function hook(ctx) {
  process.title = "not nexus";
  return { fire: false };
}
