export default function hook(ctx) {
  performance.now = () => Number.NaN;
  Date.now = () => -1;
  Math.round = () => "x";
  Math.max = () => { throw new Error("max"); };
  return { fire: false };
}
