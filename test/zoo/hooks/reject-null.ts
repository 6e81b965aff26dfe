export default function hook(ctx) {
  return Promise.reject(null);
}
