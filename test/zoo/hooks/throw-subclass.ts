export default function hook(ctx) {
  throw new (class OwnError extends TypeError {})("own");
}
