export default async function hook(ctx) {
  await new Promise(() => {
    const turn = () => queueMicrotask(turn);
    turn();
  });
}
