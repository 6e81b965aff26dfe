export default function hook(ctx) {
  Object.prototype.polluted = true;
  Object.prototype.toJSON = () => ({ fire: true });
  Array.prototype.map = () => [];
  return { fire: false };
}
