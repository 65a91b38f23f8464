package dev.myelin.chat.template;

/** A slice {@code start:stop:step}; each part is a number or None. */
record Slice(Object start, Object stop, Object step) {
  /** Slices a string, list, tuple or range; null if the value cannot be sliced. */
  static Object apply(Object value, Slice slice, Budget budget) {
    if (value instanceof Str text) {
      return slice.apply(text, budget);
    }
    if (!(value instanceof PySequence sequence) || !sequence.isIndexed()) {
      return null;
    }
    long[] bounds = slice.indices(sequence.size());
    Object[] items = new Object[(int) bounds[2]];
    budget.chargeItems(items.length);
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

  private Str apply(Str text, Budget budget) {
    budget.chargeRead(text.units());
    long[] bounds = indices(text.length());
    if (bounds[1] == 1) {
      int from = text.offsetOf((int) bounds[0]);
      int to = text.offsetOf((int) (bounds[0] + bounds[2]));
      budget.chargeWrite(to - from);
      return text.substring(from, to);
    }
    StrBuilder made = new StrBuilder(budget);
    budget.chargeWork(bounds[2]);
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
    return made.build().markup(text.markup);
  }

  /** First index, step and number of items, for a sequence of this size. */
  private long[] indices(int size) {
    long stride = step == None.NONE ? 1 : Numbers.clampToLong(step, "slice step");
    if (stride == 0) {
      throw new TemplateError("slice step = 0: expected a nonzero number");
    }
    long low = stride > 0 ? 0 : -1;
    long high = stride > 0 ? size : size - 1;
    long from = clampIndex(start, stride > 0 ? low : high, size, low, high);
    long to = clampIndex(stop, stride > 0 ? high : low, size, low, high);
    long distance = stride > 0 ? to - from : from - to;
    long absolute = stride == Long.MIN_VALUE ? Long.MAX_VALUE : Math.abs(stride);
    return new long[] {from, stride, distance <= 0 ? 0 : (distance - 1) / absolute + 1};
  }

  private static long clampIndex(Object value, long missing, int size, long low, long high) {
    if (value == None.NONE) {
      return missing;
    }
    long index = Numbers.clampToLong(value, "slice index");
    return Math.clamp(index < 0 ? index + size : index, low, high);
  }
}
