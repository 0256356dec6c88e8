/**
 * A body that cannot be read, or not be said in another format without loss. Thrown from deep within a parser and caught in one place,
 * `transformBody`; it never leaves the transformation.
 */
export class BodyError extends Error {}
