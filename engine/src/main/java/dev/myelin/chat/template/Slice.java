package dev.myelin.chat.template;

/** What stands in brackets with colons: numbers or None. */
record Slice(Object start, Object stop, Object step) {
  /** The slice of a string, list, tuple or range; null where the value cannot be sliced. */
  static Object of(Object value, Slice slice, Budget budget) {
    if (value instanceof Str text) {
      return slice.of(text, budget);
    }
    if (!(value instanceof PySeq sequence) || !sequence.indexed()) {
      return null;
    }
    long[] bounds = slice.bounds(sequence.size());
    Object[] items = new Object[(int) bounds[2]];
    budget.items(items.length);
    for (int i = 0; i < items.length; i++) {
      items[i] = sequence.get((int) (bounds[0] + i * bounds[1]));
    }
    if (sequence instanceof PyTuple) {
      return PyTuple.of(items);
    }
    if (sequence instanceof PyRange range) {
      long step = range.step * bounds[1];
      long start = range.start + bounds[0] * range.step;
      return new PyRange(start, start + items.length * step, step);
    }
    return PyList.of(items);
  }

  private Str of(Str text, Budget budget) {
    budget.read(text.units());
    long[] bounds = bounds(text.length());
    if (bounds[1] == 1) {
      int from = text.offset((int) bounds[0]);
      int to = text.offset((int) (bounds[0] + bounds[2]));
      budget.make(to - from);
      return text.cut(from, to);
    }
    StrBuilder made = new StrBuilder(budget);
    budget.spend(bounds[2]);
    if (text.length() == text.units()) {
      for (long i = 0; i < bounds[2]; i++) {
        int at = (int) (bounds[0] + i * bounds[1]);
        made.append(text, at, at + 1);
      }
    } else {
      int[] points = text.text.codePoints().toArray();
      int[] offsets = new int[points.length + 1];
      for (int i = 0; i < points.length; i++) {
        offsets[i + 1] = offsets[i] + Character.charCount(points[i]);
      }
      for (long i = 0; i < bounds[2]; i++) {
        int at = (int) (bounds[0] + i * bounds[1]);
        made.append(text, offsets[at], offsets[at + 1]);
      }
    }
    return made.str().markup(text.markup);
  }

  /** First index, step and number of items, in something of this length. */
  private long[] bounds(int size) {
    long by = step == None.NONE ? 1 : Numbers.clamped(step, "slice step");
    if (by == 0) {
      throw new Failure("slice step = 0: expected another number");
    }
    long low = by > 0 ? 0 : -1;
    long high = by > 0 ? size : size - 1;
    long from = bound(start, by > 0 ? low : high, size, low, high);
    long to = bound(stop, by > 0 ? high : low, size, low, high);
    long distance = by > 0 ? to - from : from - to;
    long absolute = by == Long.MIN_VALUE ? Long.MAX_VALUE : Math.abs(by);
    return new long[] {from, by, distance <= 0 ? 0 : (distance - 1) / absolute + 1};
  }

  private static long bound(Object value, long missing, int size, long low, long high) {
    if (value == None.NONE) {
      return missing;
    }
    long index = Numbers.clamped(value, "slice index");
    return Math.clamp(index < 0 ? index + size : index, low, high);
  }
}
