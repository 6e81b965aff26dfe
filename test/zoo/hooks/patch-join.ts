export default function hook(ctx) {
  Array.prototype.join = () => '[0,0,"forged",{}]';
  return { fire: true };
}
