package dev.myelin.chat.jinja;

import java.util.ArrayList;
import java.util.List;

/** {@code value[start:stop:step]} of lists and strings, as Python defines it. */
final class Slices {
  private Slices() {}

  /**
   * @param start null for the end the step comes from
   * @param stop null for the end the step goes to; not included
   */
  static Object slice(Object value, Long start, Long stop, long step) {
    return switch (value) {
      case List<?> list -> {
        List<Object> slice = new ArrayList<>();
        for (int i : indices(list.size(), start, stop, step)) {
          slice.add(list.get(i));
        }
        yield slice;
      }
      case String s -> {
        int[] characters = s.codePoints().toArray();
        StringBuilder slice = new StringBuilder();
        for (int i : indices(characters.length, start, stop, step)) {
          slice.appendCodePoint(characters[i]);
        }
        yield slice.toString();
      }
      default -> throw new RenderFailure("'" + Values.typeName(value) + "' cannot be sliced");
    };
  }

  private static int[] indices(int size, Long start, Long stop, long step) {
    if (step == 0) {
      throw new RenderFailure("slice step = 0: expected another number");
    }
    long lowest = step > 0 ? 0 : -1;
    long highest = step > 0 ? size : size - 1L;
    long from = start == null ? (step > 0 ? lowest : highest) : bound(start, size, lowest, highest);
    long to = stop == null ? (step > 0 ? highest : lowest) : bound(stop, size, lowest, highest);
    long distance = step > 0 ? to - from : from - to;
    long stride = step == Long.MIN_VALUE ? Long.MAX_VALUE : Math.abs(step);
    int count = distance <= 0 ? 0 : (int) ((distance - 1) / stride + 1);
    int[] indices = new int[count];
    for (int i = 0; i < count; i++) {
      indices[i] = (int) (from + i * step);
    }
    return indices;
  }

  private static long bound(long index, int size, long lowest, long highest) {
    return Math.clamp(index < 0 ? index + size : index, lowest, highest);
  }
}
