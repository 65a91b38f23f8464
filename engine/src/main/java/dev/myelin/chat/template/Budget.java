package dev.myelin.chat.template;

/**
 * Limits the work and the memory of one rendering, because templates are untrusted. One unit of
 * work is charged for each expression, statement and item, and for every eight characters read or
 * written; one unit of memory for each character written, and eight for each item. Memory is never
 * released to the budget, so the live memory is at most what was charged.
 */
final class Budget {
  private static final String WORK_EXCEEDED = "the template does too much work; it may never end";
  private static final String MEMORY_EXCEEDED =
      "the template takes too much memory; it may never end";

  private static final long BASE_WORK = 4_000_000; // about 0.2 s
  private static final long BASE_MEMORY = 64_000_000;
  private static final long ITEM_CHARACTERS = 8; // characters
  static final int STRING_OVERHEAD = 80; // in characters, in addition to its length
  private static final int MAX_DEPTH = 1000; // nested nodes, over all macro calls

  private long work;
  private long memory;
  private int depth;

  /**
   * @param inputSize size of the variables in characters; a larger input gets a larger budget
   */
  Budget(long inputSize) {
    work = BASE_WORK + 256 * Math.min(inputSize, 1 << 16) + 32 * inputSize;
    memory = BASE_MEMORY + 64 * inputSize;
  }

  void step() {
    if (--work < 0) {
      throw new TemplateError(WORK_EXCEEDED);
    }
  }

  void chargeWork(long units) {
    work -= units;
    if (work < 0 || units < 0) {
      throw new TemplateError(WORK_EXCEEDED);
    }
  }

  /** Charges for characters that are only read. */
  void chargeRead(long characters) {
    chargeWork(1 + (characters >> 3));
  }

  /** Charges for characters before they are written. */
  void chargeWrite(long characters) {
    chargeWork(1 + (characters >> 3));
    chargeMemory(characters);
  }

  /** Charges memory, in characters. */
  void chargeMemory(long characters) {
    memory -= characters;
    if (memory < 0) {
      throw new TemplateError(MEMORY_EXCEEDED);
    }
  }

  /** Charges for items of lists or dicts before they are created. */
  void chargeItems(long count) {
    chargeWork(count);
    if (count > (memory / ITEM_CHARACTERS)) {
      throw new TemplateError(MEMORY_EXCEEDED);
    }
    memory -= count * ITEM_CHARACTERS;
  }

  /** Fails if this many copies of these characters exceed the memory. */
  void requireCopies(long characters, long copies) {
    if (characters > 0 && copies > memory / characters) {
      throw new TemplateError(MEMORY_EXCEEDED);
    }
  }

  /** Enters a call with this depth of nested nodes. */
  void enter(int levels) {
    depth += levels;
    if (depth > MAX_DEPTH) {
      throw new TemplateError("tags, macros or values are nested too deeply");
    }
  }

  void leave(int levels) {
    depth -= levels;
  }
}
