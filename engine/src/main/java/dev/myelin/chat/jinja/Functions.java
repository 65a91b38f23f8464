package dev.myelin.chat.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The register of functions every template can call, one line each. */
final class Functions {
  private static final long LONGEST_RANGE = 100_000; // as Jinja2's sandbox

  static final Map<String, Callable> ALL =
      Map.of(
          "dict", (arguments, render) -> map(arguments),
          "namespace", (arguments, render) -> namespace(arguments),
          "raise_exception", (arguments, render) -> raise(arguments, render),
          "range", Functions::range,
          "strftime_now",
              (arguments, render) -> Strftime.format(render.now(), arguments.string(0, "format")));

  private Functions() {}

  private static Map<Object, Object> map(Arguments arguments) {
    Map<Object, Object> map = new LinkedHashMap<>();
    if (arguments.get(0, "", Map.of()) instanceof Map<?, ?> entries) {
      map.putAll(entries);
    }
    map.putAll(arguments.named());
    return map;
  }

  private static Object namespace(Arguments arguments) {
    Map<String, Object> parts = new LinkedHashMap<>();
    if (arguments.get(0, "", Map.of()) instanceof Map<?, ?> entries) {
      entries.forEach((name, value) -> parts.put(Values.string(name, "name"), value));
    }
    parts.putAll(arguments.named());
    return new Namespace(parts);
  }

  private static Object raise(Arguments arguments, Render render) {
    throw new RenderFailure(Text.of(arguments.required(0, "message"), render), true);
  }

  private static Object range(Arguments arguments, Render render) {
    int given = arguments.positional().size();
    long start = given < 2 ? 0 : Values.integer(arguments.positional().get(0), "range start");
    Object end = arguments.required(given < 2 ? 0 : 1, "stop");
    long stop = Values.integer(end, "range stop");
    long step = given < 3 ? 1 : Values.integer(arguments.positional().get(2), "range step");
    if (step == 0) {
      throw new RenderFailure("range step = 0: expected another number");
    }
    double count = Math.ceil(((double) stop - start) / step);
    if (count > LONGEST_RANGE) {
      throw new RenderFailure(
          "a range of " + (long) count + " numbers: at most " + LONGEST_RANGE + " are allowed");
    }
    render.spend((long) Math.max(count, 0));
    List<Object> numbers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      numbers.add(start + i * step);
    }
    return numbers;
  }
}
