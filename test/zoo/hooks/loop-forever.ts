export default function hook(ctx) {
  for (;;);
}
