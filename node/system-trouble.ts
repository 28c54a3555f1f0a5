/** What the system says of files, for people: a disk that is full or cannot be written, a place that is not this user's. */

/** Whether one may go on once the disk is put right, or another user or place is needed. */
export interface SystemTrouble {
  readonly code: string;
  readonly kind: "unusable" | "refused";
  /** In a sentence, without its end. */
  readonly message: string;
}

const onDisk = (what: string, advice: string) => ({ kind: "unusable", what, advice }) as const;
const ofPath = (what: string, advice: string) => ({ kind: "refused", what, advice }) as const;
const otherUser = ofPath("this user may not", "expected a user who may read and write it");

const troubles: Readonly<Record<string, ReturnType<typeof onDisk> | ReturnType<typeof ofPath>>> = {
  ENOSPC: onDisk("no space is left on its disk", "make room, and try again"),
  EDQUOT: onDisk("this user may take no more space on its disk", "make room, and try again"),
  EFBIG: onDisk("no file there may grow so large", "raise the limit (ulimit -f), and try again"),
  EROFS: onDisk("its disk is read-only", "expected one that can be written: look at how it is mounted"),
  EIO: onDisk("its disk fails", "look at its health"),
  EACCES: otherUser,
  EPERM: otherUser,
  ELOOP: ofPath("its links lead in a circle", "expected a path that leads somewhere"),
  ENAMETOOLONG: ofPath("its name is too long", "expected a shorter one"),
};

/** Null for what is no trouble with a file, or may be a mistake of ours. */
export function systemTrouble(error: unknown): SystemTrouble | null {
  if (!(error instanceof Error)) return null;
  const { code = "", path } = error as NodeJS.ErrnoException;
  const trouble = troubles[code];
  if (trouble === undefined || path === undefined) return null;
  const { kind, what, advice } = trouble;
  return { code, kind, message: `${path} cannot be read or written (${what}): ${advice}` };
}
