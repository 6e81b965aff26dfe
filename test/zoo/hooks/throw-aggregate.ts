export default function hook(ctx) {
  throw new AggregateError([new Error("a")], "many");
}
