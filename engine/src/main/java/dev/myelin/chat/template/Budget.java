package dev.myelin.chat.template;

/**
 * What one rendering may do, in time and in memory. Templates come out of files: a unit of work is
 * paid for each expression, statement and item, and for every eight characters read or made; a unit
 * of memory for each character made, and eight for each item. Nothing is given back, so that what
 * is held at one time is never more.
 */
final class Budget {
  private static final String TOO_MUCH = "the template does too much work; it may never end";
  private static final String TOO_LARGE = "the template takes too much memory; it may never end";

  private static final long WORK = 4_000_000; // some 0.2 s
  private static final long MEMORY = 64_000_000;
  private static final long ITEM = 8; // characters
  static final int STRING = 80; // characters that a string counts for, beside its own
  private static final int DEEPEST = 1000; // nested nodes, over all calls of macros

  private long work;
  private long memory;
  private int depth;

  /**
   * @param input size of the variables, in characters: long conversations earn more
   */
  Budget(long input) {
    work = WORK + 256 * Math.min(input, 1 << 16) + 32 * input;
    memory = MEMORY + 64 * input;
  }

  void step() {
    if (--work < 0) {
      throw new Failure(TOO_MUCH);
    }
  }

  void spend(long units) {
    work -= units;
    if (work < 0 || units < 0) {
      throw new Failure(TOO_MUCH);
    }
  }

  /** Pays for characters that are only read. */
  void read(long characters) {
    spend(1 + (characters >> 3));
  }

  /** Pays for characters that are about to be made. */
  void make(long characters) {
    spend(1 + (characters >> 3));
    hold(characters);
  }

  /** Pays for the memory of objects, as so many characters. */
  void hold(long characters) {
    memory -= characters;
    if (memory < 0) {
      throw new Failure(TOO_LARGE);
    }
  }

  /** Pays for items of lists or maps that are about to be made. */
  void items(long count) {
    spend(count);
    if (count > (memory / ITEM)) {
      throw new Failure(TOO_LARGE);
    }
    memory -= count * ITEM;
  }

  /** Fails if so many copies of so many characters cannot be paid for. */
  void check(long characters, long times) {
    if (characters > 0 && times > memory / characters) {
      throw new Failure(TOO_LARGE);
    }
  }

  /** Enters a call whose code is nested so deeply. */
  void enter(int levels) {
    depth += levels;
    if (depth > DEEPEST) {
      throw new Failure("tags, macros or values are nested too deeply");
    }
  }

  void leave(int levels) {
    depth -= levels;
  }
}
