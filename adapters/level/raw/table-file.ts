/**
 * LevelDB's tables, read without LevelDB: data blocks, a filter, what says where that is, an index, and a footer with
 * no checksum of its own. The index is believed where its checksum and all it says agree with each other; otherwise
 * blocks are found by their checksums. What is not what was written is left out.
 *
 * 1. Nothing is given whose checksum does not hold.
 * 2. A block is left out for damage of its own alone, not for damage of the index, the footer or another block.
 */

import { contentOf, entriesIn, isBefore, openBlock, pairsIn, type RawEntry, trailerBytes } from "./block.ts";
import { type BlockPlace, findBlocks } from "./find-blocks.ts";
import { readVarint } from "./varint.ts";

/** A data block that can be read. */
export interface TableBlock extends BlockPlace {
  readonly entries: readonly RawEntry[];
  /** Could all that it says be told apart? */
  readonly isWhole: boolean;
}

export interface Table {
  readonly blocks: readonly TableBlock[];
  /** For the end of a sentence; null where every byte of the file is what was written. */
  readonly damage: string | null;
}

const footerBytes = 48;
const magic = Buffer.from("57fb808b247547db", "hex");

/** O(bytes). */
export function readTable(file: Buffer): Table {
  const footer = readFooter(file);
  const places = footer === null ? null : readIndex(file, footer.index);
  if (footer === null || places === null) {
    const damage = footer === null ? "its footer cannot be read" : "its index cannot be read";
    return { blocks: findBlocks(file, isDataBlock(file)).map(blockAt(file)), damage };
  }
  const opened = places.filter((place) => openBlock(storedAt(file, place)) !== null);
  const blocks = opened.map(blockAt(file));
  if (opened.length < places.length) {
    const lost = places.length - opened.length;
    return { blocks, damage: `${lost} of its ${places.length} blocks cannot be read` };
  }
  if (!isInOrder(blocks)) return { blocks, damage: "its entries are not in their order" };
  const isRestWhole = isWholeBehind(file, places, footer);
  return { blocks, damage: isRestWhole ? null : "what stands behind its blocks cannot be read" };
}

interface Footer {
  readonly meta: BlockPlace;
  readonly index: BlockPlace;
}

function readFooter(file: Buffer): Footer | null {
  const at = file.length - footerBytes;
  if (at < 0 || !file.subarray(-magic.length).equals(magic)) return null;
  const footer = file.subarray(at);
  const meta = readPlace(footer, 0);
  const index = meta && readPlace(footer, meta.end);
  if (meta === null || index === null) return null;
  const isPadded = footer.subarray(index.end, -magic.length).every((byte) => byte === 0);
  return isPadded ? { meta, index } : null;
}

function readPlace(bytes: Buffer, at: number): (BlockPlace & { readonly end: number }) | null {
  const offset = readVarint(bytes, at);
  const size = offset && readVarint(bytes, offset[1]);
  return size ? { offset: offset[0], bytes: size[0], end: size[1] } : null;
}

/** Where the data blocks are; null where the index is not one that was written. */
function readIndex(file: Buffer, place: BlockPlace): readonly BlockPlace[] | null {
  if (behind(place) > file.length) return null;
  const content = openBlock(storedAt(file, place));
  return content === null ? null : placesIn(content, place.offset);
}

/** An index says of each block that it begins where the one before ends. Null: this is none. */
function placesIn(content: Buffer, indexAt: number): readonly BlockPlace[] | null {
  const { pairs, isWhole } = pairsIn(content);
  const places: BlockPlace[] = [];
  let at = 0;
  for (const { valueAt, valueBytes } of pairs) {
    const place = readPlace(content, valueAt);
    if (place?.offset !== at || place.end !== valueAt + valueBytes) return null;
    at = behind(place);
    places.push({ offset: place.offset, bytes: place.bytes });
  }
  return isWhole && places.length > 0 && at <= indexAt ? places : null;
}

/** Of what has a checksum that holds: is it a data block? An index would read as one that says something else. */
function isDataBlock(file: Buffer): (place: BlockPlace) => boolean {
  return (place) => {
    const content = contentOf(storedAt(file, place));
    if (content === null || placesIn(content, place.offset) !== null) return false;
    const { entries, isWhole } = entriesIn(content);
    return isWhole && entries.length > 0;
  };
}

function blockAt(file: Buffer): (place: BlockPlace) => TableBlock {
  return (place) => {
    const content = contentOf(storedAt(file, place));
    return { ...place, ...(content === null ? { entries: [], isWhole: false } : entriesIn(content)) };
  };
}

function isInOrder(blocks: readonly TableBlock[]): boolean {
  let last: RawEntry | undefined;
  return blocks.every(({ entries, isWhole }) => {
    const [first] = entries;
    const isBehind = first !== undefined && (last === undefined || isBefore(last, first));
    last = entries.at(-1);
    return isWhole && isBehind;
  });
}

/** LevelDB looks into the filter before it reads a block, so a damaged one hides what is there. */
function isWholeBehind(file: Buffer, places: readonly BlockPlace[], { meta, index }: Footer): boolean {
  const dataEnd = places.reduce((_, place) => behind(place), 0);
  const filter = { offset: dataEnd, bytes: meta.offset - dataEnd - trailerBytes };
  const rest = meta.offset === dataEnd ? [meta] : [filter, meta];
  return (
    behind(meta) === index.offset &&
    behind(index) === file.length - footerBytes &&
    rest.every((place) => place.bytes >= 0 && openBlock(storedAt(file, place)) !== null)
  );
}

/** With its trailer. */
function storedAt(file: Buffer, place: BlockPlace): Buffer {
  return file.subarray(place.offset, behind(place));
}

function behind({ offset, bytes }: BlockPlace): number {
  return offset + bytes + trailerBytes;
}
