export default function hook(ctx) {
  const all = [];
  for (;;) all.push(("x" + all.length).repeat(500_000).split("").join("-"));
}
