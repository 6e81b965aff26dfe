throw new Error("not today");
export default function hook(ctx) {
  return { fire: false };
}
