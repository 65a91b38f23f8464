package dev.myelin.chat.template;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The methods of Python's strings: their signatures, and their implementations. */
final class StrMethods {
  private StrMethods() {}

  static String signature(String name) {
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
   * @param a values of the parameters, null if omitted
   */
  static Object call(Str s, String name, Object[] a, CallArguments args, RenderContext context) {
    return switch (name) {
      case "capitalize" -> CaseMapping.capitalize(s, context.budget);
      case "casefold" -> CaseMapping.casefold(s, context.budget);
      case "lower" -> CaseMapping.toLower(s, context.budget);
      case "swapcase" -> CaseMapping.swapcase(s, context.budget);
      case "title" -> CaseMapping.title(s, context.budget);
      case "upper" -> CaseMapping.toUpper(s, context.budget);
      case "center" -> StrOperations.pad(s, a[0], a[1], '^', context.budget);
      case "ljust" -> StrOperations.pad(s, a[0], a[1], '<', context.budget);
      case "rjust" -> StrOperations.pad(s, a[0], a[1], '>', context.budget);
      case "count" -> StrOperations.count(s, a, context.budget);
      case "find" -> StrOperations.find(s, a, false, context.budget);
      case "rfind" -> StrOperations.find(s, a, true, context.budget);
      case "index" ->
          StrOperations.requireFound(StrOperations.find(s, a, false, context.budget), a[0]);
      case "rindex" ->
          StrOperations.requireFound(StrOperations.find(s, a, true, context.budget), a[0]);
      case "startswith" -> StrOperations.startsOrEndsWith(s, a, false, context.budget);
      case "endswith" -> StrOperations.startsOrEndsWith(s, a, true, context.budget);
      case "expandtabs" -> StrOperations.expandTabs(s, a[0], context.budget);
      case "format" -> BraceFormat.format(s, args, context);
      case "format_map" -> BraceFormat.format(s, mapping(a[0]), context);
      case "join" -> join(s, a[0], context);
      case "lstrip" -> StrOperations.strip(s, a[0], true, false, context.budget);
      case "rstrip" -> StrOperations.strip(s, a[0], false, true, context.budget);
      case "strip" -> StrOperations.strip(s, a[0], true, true, context.budget);
      case "partition" -> StrSplit.partition(s, requireStr(a[0], name), false, context.budget);
      case "rpartition" -> StrSplit.partition(s, requireStr(a[0], name), true, context.budget);
      case "removeprefix" ->
          StrOperations.removeAffix(s, requireStr(a[0], name), false, context.budget);
      case "removesuffix" ->
          StrOperations.removeAffix(s, requireStr(a[0], name), true, context.budget);
      case "replace" -> replace(s, a, context);
      case "split" -> StrSplit.split(s, a, false, context.budget);
      case "rsplit" -> StrSplit.split(s, a, true, context.budget);
      case "splitlines" ->
          StrSplit.splitLines(s, a[0] != null && Values.isTruthy(a[0]), context.budget);
      case "zfill" ->
          StrOperations.zfill(s, Numbers.clampToInt(a[0], "zfill: width"), context.budget);
      default -> StrPredicates.test(s, name, context.budget);
    };
  }

  static Str requireStr(Object value, String method) {
    if (Values.requireDefined(value) instanceof Str text) {
      return text;
    }
    throw new TemplateError(method + ": expected a string, not '" + Values.typeName(value) + "'");
  }

  private static CallArguments mapping(Object value) {
    if (!(Values.requireDefined(value) instanceof PyDict dict)) {
      throw new TemplateError("format_map: expected a dict, not '" + Values.typeName(value) + "'");
    }
    Map<String, Object> named = new HashMap<>();
    for (PyDict.Entry entry : dict.entries()) {
      if (entry.key instanceof Str key) {
        named.put(key.text, entry.value);
      }
    }
    return new CallArguments(List.of(), named);
  }

  private static Str join(Str separator, Object items, RenderContext context) {
    StrBuilder text = new StrBuilder(context.budget);
    int i = 0;
    for (Object item : Values.items(items, context.budget)) {
      if (i > 0) {
        text.append(separator);
      }
      if (!(item instanceof Str part)) {
        Values.requireDefined(item);
        throw new TemplateError(
            "join: item " + i + " is '" + Values.typeName(item) + "': expected a string");
      }
      context.budget.step();
      text.append(separator.markup ? Html.escape(part, context) : part);
      i++;
    }
    return text.build().markup(separator.markup);
  }

  private static Str replace(Str s, Object[] a, RenderContext context) {
    Str old = requireStr(a[0], "replace");
    Str replacement = requireStr(a[1], "replace");
    long maxCount = a[2] == null ? -1 : Numbers.clampToLong(a[2], "replace: count");
    return StrOperations.replace(
        s,
        old,
        s.markup ? Html.escape(replacement, context) : replacement,
        maxCount,
        context.budget);
  }
}
