package dev.myelin.chat.template;

/** Python's range; its numbers are not stored. */
final class PyRange extends PySequence {
  private static final int MAX_SIZE = 100_000; // Jinja2's own limit

  final long start;
  final long stop;
  final long step;
  private final int size;

  PyRange(long start, long stop, long step) {
    if (step == 0) {
      throw new TemplateError("range step = 0: expected a nonzero number");
    }
    this.start = start;
    this.stop = stop;
    this.step = step;
    boolean empty = step > 0 ? start >= stop : start <= stop;
    // unsigned: the distance of two longs may be 2^64 - 1, a step 2^63
    long distance = step > 0 ? stop - start : start - stop;
    long count = empty ? 0 : Long.divideUnsigned(distance - 1, step > 0 ? step : -step) + 1;
    if (count < 0 || count > MAX_SIZE) {
      throw new TemplateError(
          "range of " + Long.toUnsignedString(count) + " numbers: at most " + MAX_SIZE);
    }
    this.size = (int) count;
  }

  @Override
  int size() {
    return size;
  }

  @Override
  Object get(int index) {
    return start + index * step;
  }

  @Override
  String typeName() {
    return "range";
  }
}
