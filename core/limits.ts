/** Bounds that decide what is valid. Constants of the protocol's version, never configuration: replicas must agree on them. */

export const deltaVersion = 1;
export const wireVersion = 1;

export const parentsMax = 64;
/** An encoded delta, events included. */
export const deltaBytesMax = 1_048_576;
/** A gossip message: a delta and its envelope. */
export const gossipBytesMax = deltaBytesMax + 4_096;
/** An entity's value as encoded. */
export const valueBytesMax = 960 * 1_024;
export const frameBytesMax = 8 * 1_048_576;
/** Values in one frame, nested ones included: more than any message has, and few enough to decode at once. */
export const frameItemsMax = 8_192;
/** Nesting of anything decoded. */
export const depthMax = 64;
export const keyCharactersMax = 1_024;
/** The same in a sorted collection, where a key's length bounds how deep its entity may lie in the state tree. */
export const sortedKeyCharactersMax = 128;
/** A collection as a path: a field and the keys of the maps it is nested in. */
export const collectionCharactersMax = 4_096;
export const nameCharactersMax = 128;
/** Who may write one shared entity. */
export const writersMax = 64;
export const actionsMax = 100_000;
export const eventsMax = 100;

/** What a blob is cut into; its last chunk may be shorter. */
export const chunkBytes = 1_048_576;
/** What a chunk is cut into as it travels, so that there is progress to see on slow links. */
export const partBytes = 131_072;
export const blobChunksMax = 500;
export const blobBytesMax = blobChunksMax * chunkBytes;

/** In one message. */
export const idsMax = 4_096;
export const headsMax = 256;

/** In one turn of the core: one atomic commit. What is left stays ready. */
export const turnDeltasMax = 256;
export const turnBytesMax = 4 * 1_048_576;

/** Stamps follow a delta's own clock at most this far above its parents. */
export const stampLeadMaxMs = 24 * 3_600_000;
export const hlcMsMax = 0xffff_ffff_ffff;
export const hlcCounterMax = 0xffff;
