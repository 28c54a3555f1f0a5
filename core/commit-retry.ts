/** What a driver does when a disk fails: both drivers keep to it. */

/** Commits that could not be made durable are tried again after these times; then the node stops. */
export const commitRetryDelaysMs: readonly number[] = [50, 100, 200, 400, 800];
