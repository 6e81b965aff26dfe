export default function hook(ctx) {
  Map.prototype.set = () => {
    throw new Error("no maps");
  };
  return { fire: false };
}
