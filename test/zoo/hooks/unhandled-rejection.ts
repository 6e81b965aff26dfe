export default function hook(ctx) {
  Promise.reject(new Error("nobody waits for me"));
  return new Promise((resolve) => setTimeout(resolve, 100));
}
