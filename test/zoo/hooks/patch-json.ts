export default function hook(ctx) {
  JSON.stringify = () => "{}";
  JSON.parse = () => ({ fire: true });
  return { fire: false };
}
