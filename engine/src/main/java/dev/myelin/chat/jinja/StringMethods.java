package dev.myelin.chat.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;

/** The register of a string's methods, one line each. */
final class StringMethods {
  @FunctionalInterface
  private interface Method {
    Object call(String self, Arguments arguments, Render render);
  }

  private static final Map<String, Method> ALL =
      Map.ofEntries(
          Map.entry("capitalize", (s, a, render) -> capitalize(s)),
          Map.entry("casefold", (s, a, render) -> s.toLowerCase(Locale.ROOT)),
          Map.entry("count", (s, a, render) -> (long) occurrences(s, a.string(0, "sub"), -1)),
          Map.entry("endswith", (s, a, render) -> anyOf(a.required(0, "suffix"), s::endsWith)),
          Map.entry("find", (s, a, render) -> characters(s, s.indexOf(a.string(0, "sub")))),
          Map.entry("format", (s, a, render) -> Formats.braces(s, a, render)),
          Map.entry("isalnum", (s, a, render) -> all(s, Character::isLetterOrDigit)),
          Map.entry("isalpha", (s, a, render) -> all(s, Character::isLetter)),
          Map.entry("isdigit", (s, a, render) -> all(s, Character::isDigit)),
          Map.entry("islower", (s, a, render) -> Tests.isLower(s)),
          Map.entry("isspace", (s, a, render) -> all(s, StringMethods::isSpace)),
          Map.entry("isupper", (s, a, render) -> Tests.isUpper(s)),
          Map.entry("join", (s, a, render) -> join(s, a.required(0, "iterable"), render)),
          Map.entry("lower", (s, a, render) -> s.toLowerCase(Locale.ROOT)),
          Map.entry("lstrip", (s, a, render) -> strip(s, a, true, false)),
          Map.entry("partition", (s, a, render) -> partition(s, a.string(0, "sep"))),
          Map.entry("removeprefix", (s, a, render) -> removePrefix(s, a.string(0, "prefix"))),
          Map.entry("removesuffix", (s, a, render) -> removeSuffix(s, a.string(0, "suffix"))),
          Map.entry("replace", StringMethods::replace),
          Map.entry("rfind", (s, a, render) -> characters(s, s.lastIndexOf(a.string(0, "sub")))),
          Map.entry("rsplit", (s, a, render) -> split(s, a, true)),
          Map.entry("rstrip", (s, a, render) -> strip(s, a, false, true)),
          Map.entry("split", (s, a, render) -> split(s, a, false)),
          Map.entry("splitlines", (s, a, render) -> new ArrayList<Object>(s.lines().toList())),
          Map.entry("startswith", (s, a, render) -> anyOf(a.required(0, "prefix"), s::startsWith)),
          Map.entry("strip", (s, a, render) -> strip(s, a, true, true)),
          Map.entry("title", (s, a, render) -> title(s)),
          Map.entry("upper", (s, a, render) -> s.toUpperCase(Locale.ROOT)));

  private StringMethods() {}

  /** The method of this string, or null where strings have none of this name. */
  static Callable bind(String self, String name) {
    Method method = ALL.get(name);
    if (method == null) {
      return null;
    }
    return (arguments, render) -> {
      render.spendText(self.length());
      return method.call(self, arguments, render);
    };
  }

  private static boolean isSpace(int c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85;
  }

  private static boolean all(String s, IntPredicate kind) {
    return !s.isEmpty() && s.codePoints().allMatch(kind);
  }

  /** A position in chars as one in characters; -1 stays. */
  private static long characters(String s, int index) {
    return index < 0 ? index : s.codePointCount(0, index);
  }

  private static boolean anyOf(Object choices, java.util.function.Predicate<String> matches) {
    if (choices instanceof List<?> list) {
      return list.stream().anyMatch(each -> matches.test(Values.string(each, "argument")));
    }
    return matches.test(Values.string(choices, "argument"));
  }

  private static String strip(String s, Arguments arguments, boolean left, boolean right) {
    Object set = arguments.get(0, "chars", None.NONE);
    String characters = set == None.NONE ? null : Values.string(set, "argument 'chars'");
    IntPredicate stripped =
        characters == null ? StringMethods::isSpace : c -> characters.indexOf(c) >= 0;
    int start = 0;
    int end = s.length();
    while (left && start < end && stripped.test(s.codePointAt(start))) {
      start += Character.charCount(s.codePointAt(start));
    }
    while (right && end > start && stripped.test(s.codePointBefore(end))) {
      end -= Character.charCount(s.codePointBefore(end));
    }
    return s.substring(start, end);
  }

  private static List<Object> split(String s, Arguments arguments, boolean fromRight) {
    int limit = arguments.integer(1, "maxsplit", -1);
    Object separator = arguments.get(0, "sep", None.NONE);
    if (separator == None.NONE) {
      if (fromRight && limit >= 0) {
        throw new RenderFailure("rsplit with a limit needs a separator");
      }
      return words(s, limit);
    }
    String by = Values.string(separator, "argument 'sep'");
    if (by.isEmpty()) {
      throw new RenderFailure("split: the separator is empty");
    }
    int most = limit < 0 ? Integer.MAX_VALUE : limit;
    return fromRight ? splitFromRight(s, by, most) : splitFromLeft(s, by, most);
  }

  private static List<Object> splitFromLeft(String s, String by, int most) {
    List<Object> parts = new ArrayList<>();
    int from = 0;
    for (int i = s.indexOf(by); i >= 0 && parts.size() < most; i = s.indexOf(by, from)) {
      parts.add(s.substring(from, i));
      from = i + by.length();
    }
    parts.add(s.substring(from));
    return parts;
  }

  private static List<Object> splitFromRight(String s, String by, int most) {
    List<Object> parts = new ArrayList<>();
    int to = s.length();
    int i = s.lastIndexOf(by);
    while (i >= 0 && parts.size() < most) {
      parts.add(s.substring(i + by.length(), to));
      to = i;
      i = s.lastIndexOf(by, i - by.length());
    }
    parts.add(s.substring(0, to));
    Collections.reverse(parts);
    return parts;
  }

  /** Splits at runs of white space; what is left after {@code limit} splits stays whole. */
  static List<Object> words(String s, int limit) {
    List<Object> words = new ArrayList<>();
    int i = 0;
    while (true) {
      while (i < s.length() && isSpace(s.charAt(i))) {
        i++;
      }
      if (i == s.length()) {
        return words;
      }
      if (limit >= 0 && words.size() == limit) {
        words.add(s.substring(i));
        return words;
      }
      int start = i;
      while (i < s.length() && !isSpace(s.charAt(i))) {
        i++;
      }
      words.add(s.substring(start, i));
    }
  }

  private static String join(String separator, Object items, Render render) {
    List<Object> texts = Values.items(items, render);
    texts.forEach(text -> Values.string(text, "what join is given"));
    return Sequences.joined(texts, separator, render);
  }

  private static Object replace(String s, Arguments arguments, Render render) {
    String old = arguments.string(0, "old");
    String with = arguments.string(1, "new");
    int limit = arguments.integer(2, "count", -1);
    int count = occurrences(s, old, limit);
    render.spendText((long) count * with.length());
    StringBuilder replaced = new StringBuilder();
    int from = 0;
    for (int i = 0; i < count; i++) {
      int at = old.isEmpty() ? i : s.indexOf(old, from);
      replaced.append(s, from, at).append(with);
      from = at + old.length();
    }
    return replaced.append(s, from, s.length()).toString();
  }

  /** How often {@code part} occurs without overlap; the empty one, around every char. */
  private static int occurrences(String s, String part, int limit) {
    int most = limit < 0 ? Integer.MAX_VALUE : limit;
    if (part.isEmpty()) {
      return Math.min(most, s.length() + 1);
    }
    int count = 0;
    for (int i = s.indexOf(part); i >= 0 && count < most; i = s.indexOf(part, i + part.length())) {
      count++;
    }
    return count;
  }

  private static List<Object> partition(String s, String separator) {
    int at = s.indexOf(separator);
    return at < 0
        ? List.of(s, "", "")
        : List.of(s.substring(0, at), separator, s.substring(at + separator.length()));
  }

  private static String removePrefix(String s, String prefix) {
    return s.startsWith(prefix) ? s.substring(prefix.length()) : s;
  }

  private static String removeSuffix(String s, String suffix) {
    return s.endsWith(suffix) ? s.substring(0, s.length() - suffix.length()) : s;
  }

  private static String capitalize(String s) {
    if (s.isEmpty()) {
      return s;
    }
    int first = s.offsetByCodePoints(0, 1);
    return s.substring(0, first).toUpperCase(Locale.ROOT)
        + s.substring(first).toLowerCase(Locale.ROOT);
  }

  private static String title(String s) {
    StringBuilder title = new StringBuilder(s.length());
    boolean inWord = false;
    for (int c : s.codePoints().toArray()) {
      title.appendCodePoint(inWord ? Character.toLowerCase(c) : Character.toTitleCase(c));
      inWord = Character.isLetter(c);
    }
    return title.toString();
  }
}
