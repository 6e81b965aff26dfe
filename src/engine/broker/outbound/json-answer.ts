import type { z } from "zod";
import type { Place } from "./adapter.ts";
import { failure, type Failure } from "./failure.ts";
import type { Answer } from "./post.ts";

/** The answer's body in the service's shape; undefined when it is another, no JSON, or too long to have been read. */
export function jsonAnswer<Shape extends z.ZodType>(answer: Answer, shape: Shape): z.output<Shape> | undefined {
  if (!answer.whole) return undefined;
  try {
    return shape.safeParse(JSON.parse(answer.text)).data;
  } catch {
    return undefined;
  }
}

/** For a status that says yes with a body that the service does not write: a proxy or a captive portal answered. */
export function strangeAnswer(place: Place, answer: Answer): Failure {
  return failure("OUTBOUND_UNREACHABLE", `${place.name}: the answer (status ${answer.status}) is not the service's; whether the message arrived is not known`);
}
