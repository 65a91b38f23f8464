package dev.myelin.chat.template;

/** Filters of strings: their signatures, and their implementations. */
final class TextFilters {
  private TextFilters() {}

  static String signature(String name) {
    return switch (name) {
      case "capitalize", "e", "escape", "forceescape", "lower", "safe" -> "";
      case "string", "striptags", "title", "upper", "wordcount" -> "";
      case "center" -> "[width]";
      case "format" -> "* **";
      case "indent" -> "[width] [first] [blank]";
      case "replace" -> "old new [count]";
      case "tojson" -> "[ensure_ascii] [indent] [separators] [sort_keys]";
      case "trim" -> "[chars]";
      case "truncate" -> "[length] [killwords] [end] [leeway]";
      case "urlencode" -> "";
      case "wordwrap" -> "[width] [break_long_words] [wrapstring] [break_on_hyphens]";
      case "xmlattr" -> "[autospace]";
      default -> null;
    };
  }

  /**
   * @param a values of the parameters, null if omitted
   */
  static Object apply(
      String name, Object value, Object[] a, CallArguments args, RenderContext context) {
    Budget budget = context.budget;
    return switch (name) {
      case "capitalize" -> CaseMapping.capitalize(toStr(value, context), budget);
      case "center" ->
          StrOperations.pad(toStr(value, context), orDefault(a[0], 80L), null, '^', budget);
      case "e", "escape" -> Html.escape(value, context);
      case "forceescape" -> Html.forceEscape(toStr(value, context), context);
      case "format" -> format(toStr(value, context), args, context);
      case "indent" -> TextLayout.indent(value, a, context);
      case "lower" -> CaseMapping.toLower(toStr(value, context), budget);
      case "replace" -> replace(toStr(value, context), a, context);
      case "safe" -> safe(toStr(value, context), budget);
      case "string" -> toStr(value, context);
      case "striptags" -> Html.striptags(toStr(value, context), context);
      case "title" -> CaseMapping.titleFilter(toStr(value, context), budget);
      case "tojson" -> JsonWriter.dumps(value, a, budget);
      case "trim" -> StrOperations.strip(toStr(value, context), a[0], true, true, budget);
      case "truncate" -> TextLayout.truncate(toStr(value, context), a, context);
      case "upper" -> CaseMapping.toUpper(toStr(value, context), budget);
      case "urlencode" -> UrlEncoding.encode(value, context);
      case "wordcount" -> TextLayout.wordCount(toStr(value, context), budget);
      case "wordwrap" -> TextLayout.wordWrap(toStr(value, context), a, context);
      case "xmlattr" -> xmlAttributes(value, a[0] == null || Values.isTruthy(a[0]), context);
      default -> throw new AssertionError(name);
    };
  }

  static Str toStr(Object value, RenderContext context) {
    return Repr.str(value, context.budget);
  }

  static Object orDefault(Object argument, Object defaultValue) {
    return argument == null ? defaultValue : argument;
  }

  private static Str safe(Str text, Budget budget) {
    budget.chargeRead(text.units()); // its characters will be counted again
    return text.markup(true);
  }

  private static Str format(Str format, CallArguments args, RenderContext context) {
    if (args.keywords().isEmpty()) {
      Object values = PyTuple.of(args.positional().toArray());
      return PercentFormat.format(format, values, context);
    }
    if (!args.positional().isEmpty()) {
      throw new TemplateError("format: both positional and keyword arguments");
    }
    return PercentFormat.format(format, args.keywordDict(context.budget), context);
  }

  private static Str replace(Str s, Object[] a, RenderContext context) {
    long maxCount =
        a[2] == null || a[2] == None.NONE ? -1 : Numbers.clampToLong(a[2], "replace: count");
    Str old = toStr(a[0], context);
    Str replacement = toStr(a[1], context);
    if (context.autoescape) {
      return StrOperations.replace(
          Html.escape(s, context),
          old,
          Html.escape(replacement, context),
          maxCount,
          context.budget);
    }
    return StrOperations.replace(s.markup(false), old, replacement, maxCount, context.budget);
  }

  private static Str xmlAttributes(Object value, boolean space, RenderContext context) {
    if (!(Values.requireDefined(value) instanceof PyDict dict)) {
      throw new TemplateError("xmlattr: expected a dict, not '" + Values.typeName(value) + "'");
    }
    return Html.xmlAttributes(dict, space, context);
  }
}
