package dev.myelin.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Parses the cases of llama.cpp's tests/test-jinja.cpp, which are calls {@code test_template(t,
 * name, template, variables, expected)} with JSON in braces.
 */
final class TestJinjaCpp {
  record Case(String name, String template, Map<String, Object> variables, String expected) {
    @Override
    public String toString() {
      return name;
    }
  }

  /** A braced list that is not an object. */
  private record Braced(List<Object> items) {}

  private static final Pattern CALL =
      Pattern.compile("^ *test_template\\(t,(?=\\s*\")", Pattern.MULTILINE);
  // White space and comments, then a raw string, a string, a word or number, or punctuation.
  private static final Pattern TOKEN =
      Pattern.compile(
          "(?:\\s|//[^\\n"
              + "]*+)*+(?:R\"\\((?<raw>(?s:.*?))\\)\"|\"(?<string>(?:[^\"\\\\]|\\\\(?s:.))*+)\""
              + "|(?<word>[\\w:.+-]+)|(?<mark>[{}(),]))");

  private final Matcher matcher;
  private String raw;
  private String quoted;
  private String word;
  private String mark;

  private TestJinjaCpp(String text, int at) {
    matcher = TOKEN.matcher(text).region(at, text.length());
    next();
  }

  static List<Case> cases(String text) {
    List<Case> cases = new ArrayList<>();
    Matcher call = CALL.matcher(text);
    while (call.find()) {
      List<Object> arguments = new TestJinjaCpp(text, call.end()).items(")");
      cases.add(
          new Case(
              (String) arguments.get(0),
              (String) arguments.get(1),
              object(unwrap(arguments.get(2))),
              (String) arguments.get(3)));
    }
    return cases;
  }

  private void next() {
    if (!matcher.lookingAt()) {
      throw new IllegalArgumentException("test-jinja.cpp: at " + matcher.regionStart());
    }
    raw = matcher.group("raw");
    quoted = matcher.group("string");
    word = matcher.group("word");
    mark = matcher.group("mark");
    matcher.region(matcher.end(), matcher.regionEnd());
  }

  /** The value of the current token if it is a string, else null. */
  private String string() {
    return quoted == null ? raw : unescape(quoted);
  }

  private boolean at(String expected) {
    return expected.equals(mark);
  }

  /** Items up to the closing punctuation. */
  private List<Object> items(String closing) {
    List<Object> items = new ArrayList<>();
    while (!at(closing)) {
      items.add(value());
      if (at(",")) {
        next();
      }
    }
    return items;
  }

  private List<Object> group(String opening, String closing) {
    if (!at(opening)) {
      throw new IllegalArgumentException("test-jinja.cpp: expected " + opening);
    }
    next();
    List<Object> items = items(closing);
    next();
    return items;
  }

  private Object value() {
    if (at("{")) {
      return braced(group("{", "}"));
    }
    String string = string();
    if (string != null) {
      StringBuilder text = new StringBuilder();
      for (; string != null; string = string()) { // adjacent strings are concatenated
        text.append(string);
        next();
      }
      return text.toString();
    }
    String name = word;
    next();
    return switch (name) {
      case "true" -> true;
      case "false" -> false;
      case "nullptr" -> null;
      case "json::array" -> {
        List<Object> inside = group("(", ")");
        yield inside.isEmpty() ? List.of() : unbraced(inside.getFirst());
      }
      case "json::object" -> {
        List<Object> inside = group("(", ")");
        yield inside.isEmpty() ? Map.of() : inside.getFirst();
      }
      case "std::string", "json" -> group("(", ")").getFirst();
      default -> name.contains(".") ? (Object) Double.valueOf(name) : Long.valueOf(name);
    };
  }

  /** An object if all items are pairs that start with a string, as in nlohmann's JSON. */
  private static Object braced(List<Object> items) {
    Map<String, Object> object = new LinkedHashMap<>();
    for (Object item : items) {
      if (item instanceof Braced(List<Object> pair)
          && pair.size() == 2
          && pair.getFirst() instanceof String key) {
        object.put(key, pair.getLast());
      } else {
        return new Braced(items);
      }
    }
    return items.isEmpty() ? new Braced(items) : object;
  }

  private static List<Object> unbraced(Object value) {
    if (value instanceof Map<?, ?> map) {
      List<Object> pairs = new ArrayList<>();
      map.forEach((key, item) -> pairs.add(new Braced(List.of(key, item))));
      return pairs;
    }
    return ((Braced) value).items();
  }

  private static Object unwrap(Object value) {
    return switch (value) {
      case Braced(List<Object> items) -> unwrap(items);
      case List<?> items -> {
        List<Object> result = new ArrayList<>();
        items.forEach(item -> result.add(unwrap(item)));
        yield result;
      }
      case Map<?, ?> map -> {
        Map<Object, Object> result = new LinkedHashMap<>();
        map.forEach((key, item) -> result.put(key, unwrap(item)));
        yield result;
      }
      case null, default -> value;
    };
  }

  private static String unescape(String text) {
    return Pattern.compile("\\\\(u[0-9a-fA-F]{4}|(?s:.))")
        .matcher(text)
        .replaceAll(
            found -> {
              String code = found.group(1);
              String plain =
                  switch (code) {
                    case "n" -> "\n";
                    case "t" -> "\t";
                    case "r" -> "\r";
                    case "f" -> "\f";
                    case "0" -> "\0";
                    case "\n" -> "";
                    default ->
                        code.length() == 1
                            ? code
                            : String.valueOf((char) Integer.parseInt(code.substring(1), 16));
                  };
              return Matcher.quoteReplacement(plain);
            });
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> object(Object value) {
    return value instanceof Map ? (Map<String, Object>) value : Map.of();
  }
}
