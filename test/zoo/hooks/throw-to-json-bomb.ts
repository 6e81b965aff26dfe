export default function hook(ctx) {
  throw { toJSON() { throw new Error("bomb"); } };
}
