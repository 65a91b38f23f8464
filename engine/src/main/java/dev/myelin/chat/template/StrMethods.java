package dev.myelin.chat.template;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The methods of Python's strings: a line here says the parameters, a line below what it does. */
final class StrMethods {
  private StrMethods() {}

  static String parameters(String name) {
    return switch (name) {
      case "capitalize", "casefold", "lower", "swapcase", "title", "upper" -> "";
      case "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier" -> "";
      case "islower", "isnumeric", "isprintable", "isspace", "istitle", "isupper" -> "";
      case "center", "ljust", "rjust" -> "width [fillchar]";
      case "count", "find", "index", "rfind", "rindex" -> "sub [start] [end]";
      case "startswith", "endswith" -> "affix [start] [end]";
      case "expandtabs" -> "[tabsize]";
      case "format" -> "* **";
      case "format_map" -> "mapping";
      case "join" -> "iterable";
      case "lstrip", "rstrip", "strip" -> "[chars]";
      case "partition", "rpartition" -> "sep";
      case "removeprefix" -> "prefix";
      case "removesuffix" -> "suffix";
      case "replace" -> "old new [count]";
      case "split", "rsplit" -> "[sep] [maxsplit]";
      case "splitlines" -> "[keepends]";
      case "zfill" -> "width";
      default -> null;
    };
  }

  /**
   * @param a values of the parameters, null where left out
   */
  static Object call(Str s, String name, Object[] a, Args args, Render render) {
    return switch (name) {
      case "capitalize" -> Case.capitalize(s, render.budget);
      case "casefold" -> Case.fold(s, render.budget);
      case "lower" -> Case.lower(s, render.budget);
      case "swapcase" -> Case.swap(s, render.budget);
      case "title" -> Case.title(s, render.budget);
      case "upper" -> Case.upper(s, render.budget);
      case "center" -> Texts.pad(s, a[0], a[1], '^', render.budget);
      case "ljust" -> Texts.pad(s, a[0], a[1], '<', render.budget);
      case "rjust" -> Texts.pad(s, a[0], a[1], '>', render.budget);
      case "count" -> Texts.count(s, a, render.budget);
      case "find" -> Texts.find(s, a, false, render.budget);
      case "rfind" -> Texts.find(s, a, true, render.budget);
      case "index" -> Texts.found(Texts.find(s, a, false, render.budget), a[0]);
      case "rindex" -> Texts.found(Texts.find(s, a, true, render.budget), a[0]);
      case "startswith" -> Texts.begins(s, a, false, render.budget);
      case "endswith" -> Texts.begins(s, a, true, render.budget);
      case "expandtabs" -> Texts.expandTabs(s, a[0], render.budget);
      case "format" -> BraceFormat.format(s, args, render);
      case "format_map" -> BraceFormat.format(s, mapping(a[0]), render);
      case "join" -> join(s, a[0], render);
      case "lstrip" -> Texts.strip(s, a[0], true, false, render.budget);
      case "rstrip" -> Texts.strip(s, a[0], false, true, render.budget);
      case "strip" -> Texts.strip(s, a[0], true, true, render.budget);
      case "partition" -> Splits.partition(s, text(a[0], name), false, render.budget);
      case "rpartition" -> Splits.partition(s, text(a[0], name), true, render.budget);
      case "removeprefix" -> Texts.without(s, text(a[0], name), false, render.budget);
      case "removesuffix" -> Texts.without(s, text(a[0], name), true, render.budget);
      case "replace" -> replace(s, a, render);
      case "split" -> Splits.split(s, a, false, render.budget);
      case "rsplit" -> Splits.split(s, a, true, render.budget);
      case "splitlines" -> Splits.lines(s, a[0] != null && Values.truth(a[0]), render.budget);
      case "zfill" -> Texts.zeros(s, Numbers.count(a[0], "zfill: width"), render.budget);
      default -> CharTests.holds(s, name, render.budget);
    };
  }

  static Str text(Object value, String method) {
    if (Values.defined(value) instanceof Str text) {
      return text;
    }
    throw new Failure(method + ": expected a string, not '" + Values.type(value) + "'");
  }

  private static Args mapping(Object value) {
    if (!(Values.defined(value) instanceof PyDict dict)) {
      throw new Failure("format_map: expected a dict, not '" + Values.type(value) + "'");
    }
    Map<String, Object> named = new HashMap<>();
    for (PyDict.Entry entry : dict.entries()) {
      if (entry.key instanceof Str key) {
        named.put(key.text, entry.value);
      }
    }
    return new Args(List.of(), named);
  }

  private static Str join(Str separator, Object items, Render render) {
    StrBuilder text = new StrBuilder(render.budget);
    int i = 0;
    for (Object item : Values.items(items, render.budget)) {
      if (i > 0) {
        text.append(separator);
      }
      if (!(item instanceof Str part)) {
        Values.defined(item);
        throw new Failure("join: item " + i + " is '" + Values.type(item) + "': expected a string");
      }
      render.budget.step();
      text.append(separator.markup ? Html.escape(part, render) : part);
      i++;
    }
    return text.str().markup(separator.markup);
  }

  private static Str replace(Str s, Object[] a, Render render) {
    Str old = text(a[0], "replace");
    Str by = text(a[1], "replace");
    long most = a[2] == null ? -1 : Numbers.clamped(a[2], "replace: count");
    return Texts.replace(s, old, s.markup ? Html.escape(by, render) : by, most, render.budget);
  }
}
