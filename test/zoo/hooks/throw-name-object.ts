export default function hook(ctx) {
  throw Object.assign(new Error("named"), { name: { toString() { return "Odd"; } } });
}
