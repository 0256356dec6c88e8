/** How long a test waits for an event before it gives up, unless it says otherwise. Milliseconds. */
export const DEFAULT_DEADLINE_MS = 10_000;

/**
 * Waits for an event, but not for ever.
 *
 * @param what what is waited for, named in the error
 * @param context called when the time is up: what was seen instead
 */
export async function within<T>(
  promise: Promise<T>,
  what: string,
  ms: number = DEFAULT_DEADLINE_MS,
  context: () => string = () => '',
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no ${what} within ${ms} ms. ${context()}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
