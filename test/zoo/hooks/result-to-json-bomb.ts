export default function hook(ctx) {
  return { fire: true, toJSON() {
    throw new Error("bomb");
  } };
}
