/** Parts of a soak that take longer than they may: it ends there and says what it waited for. */

/** The work's result. Ends the process where it fails or takes too long, with how things stand then. */
export async function within<T>(
  what: string,
  limitMs: number,
  work: () => Promise<T>,
  standing: () => Promise<string> = async () => "",
): Promise<T> {
  const giveUp = async (why: string): Promise<never> => {
    process.stdout.write(`FAILED: ${what} ${why}\n${await standing()}\n`);
    process.exit(1);
  };
  const timer = setTimeout(() => giveUp(`did not end within ${limitMs / 1_000} s`), limitMs);
  try {
    return await work();
  } catch (error) {
    return await giveUp(`failed: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    clearTimeout(timer);
  }
}
