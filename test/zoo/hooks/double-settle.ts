export default function hook(ctx) {
  return { then(resolve, reject) {
    resolve({ fire: true });
    resolve({ fire: false });
    reject(new Error("also"));
  } };
}
